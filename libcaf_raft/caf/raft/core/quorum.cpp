#include "caf/raft/core/quorum.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

index_t
majority_index_of(const std::vector<server_id>& voters,
                  const std::function<index_t(server_id)>& match_index) {
  std::vector<index_t> xs;
  xs.reserve(voters.size());
  for (auto id : voters)
    xs.push_back(match_index(id));
  return majority_index(std::move(xs));
}

bool is_majority(const std::vector<server_id>& voters,
                 const std::function<bool(server_id)>& has) {
  auto n = std::count_if(voters.begin(), voters.end(), has);
  return static_cast<size_t>(n) > voters.size() / 2;
}

} // namespace

index_t majority_index(std::vector<index_t> match_indexes) {
  CAF_RAFT_ASSERT(!match_indexes.empty());
  // In falling order, the place behind the smaller half: one more than half of
  // all, rounded down, stand there or before.
  auto place = match_indexes.begin()
               + static_cast<std::ptrdiff_t>(match_indexes.size() / 2);
  std::nth_element(match_indexes.begin(), place, match_indexes.end(),
                   std::greater<index_t>{});
  return *place;
}

index_t quorum_index(const configuration& conf,
                     const std::function<index_t(server_id)>& match_index) {
  if (conf.voters.empty())
    return index_t{};
  auto result = majority_index_of(conf.voters, match_index);
  if (conf.outgoing.empty())
    return result;
  return std::min(result, majority_index_of(conf.outgoing, match_index));
}

bool is_quorum(const configuration& conf,
               const std::function<bool(server_id)>& has) {
  return is_majority(conf.voters, has)
         && (conf.outgoing.empty() || is_majority(conf.outgoing, has));
}

tally_result tally(const configuration& conf,
                   const std::map<server_id, bool>& votes) {
  auto said = [&](server_id id, bool what) {
    auto i = votes.find(id);
    return i != votes.end() && i->second == what;
  };
  if (is_quorum(conf, [&](server_id id) { return said(id, true); }))
    return tally_result::won;
  if (!is_quorum(conf, [&](server_id id) { return !said(id, false); }))
    return tally_result::lost;
  return tally_result::pending;
}

} // namespace caf::raft::core

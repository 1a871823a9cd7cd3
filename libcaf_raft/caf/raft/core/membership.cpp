#include "caf/raft/core/membership.hpp"

#include "caf/raft/assert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace caf::raft::core {

namespace {

using id_list = std::vector<server_id>;

bool contains(const id_list& xs, server_id id) {
  return std::binary_search(xs.begin(), xs.end(), id);
}

id_list union_of(const id_list& xs, const id_list& ys) {
  id_list result;
  std::set_union(xs.begin(), xs.end(), ys.begin(), ys.end(),
                 std::back_inserter(result));
  return result;
}

/// Whether the ids are in order, none is zero and none is there twice.
bool in_order(const id_list& xs) {
  auto not_ascending = [](server_id x, server_id y) { return x >= y; };
  return (xs.empty() || xs.front())
         && std::adjacent_find(xs.begin(), xs.end(), not_ascending) == xs.end();
}

id_list ids_of(const std::vector<member>& xs) {
  id_list result;
  result.reserve(xs.size());
  for (auto& x : xs)
    result.push_back(x.id);
  return result;
}

failure bad(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

/// What is wrong with these voters; empty where nothing is.
std::string check_voters(const configuration& conf, const id_list& voters,
                         const char* what) {
  if (!in_order(voters))
    return fmt::format("the {} are not in order", what);
  for (auto id : voters) {
    auto* ptr = find_member(conf, id);
    if (ptr == nullptr)
      return fmt::format("member {} is among the {}, but is no member",
                         id.value, what);
    if (!ptr->incarnation)
      return fmt::format("member {} is among the {} before it was ever started",
                         id.value, what);
  }
  return {};
}

} // namespace

const member* find_member(const configuration& conf, server_id id) {
  auto less = [](const member& x, server_id y) { return x.id < y; };
  auto i = std::lower_bound(conf.members.begin(), conf.members.end(), id, less);
  return i != conf.members.end() && i->id == id ? &*i : nullptr;
}

bool is_voter(const configuration& conf, server_id id) {
  return contains(conf.voters, id) || contains(conf.outgoing, id);
}

bool is_learner(const configuration& conf, server_id id) {
  return find_member(conf, id) != nullptr && !is_voter(conf, id);
}

bool is_removed(const configuration& conf, server_id id) {
  return contains(conf.removed, id) && find_member(conf, id) == nullptr;
}

bool is_joint(const configuration& conf) {
  return !conf.outgoing.empty();
}

bool names(const configuration& conf, const sender& who) {
  auto* ptr = find_member(conf, who.id);
  return ptr != nullptr && ptr->incarnation
         && ptr->incarnation == who.incarnation;
}

std::vector<server_id> others(const configuration& conf, server_id self) {
  auto result = ids_of(conf.members);
  std::erase(result, self);
  return result;
}

configuration founding_configuration(std::vector<member> members) {
  auto less = [](const member& x, const member& y) { return x.id < y.id; };
  std::sort(members.begin(), members.end(), less);
  configuration result;
  result.members = std::move(members);
  result.voters = ids_of(result.members);
  return result;
}

configuration joint(const configuration& from, const configuration& to) {
  CAF_RAFT_ASSERT(!is_joint(from));
  CAF_RAFT_ASSERT(!is_joint(to));
  configuration result;
  auto less = [](const member& x, const member& y) { return x.id < y.id; };
  // Of those that both have, set_union takes the first one's.
  std::set_union(to.members.begin(), to.members.end(), from.members.begin(),
                 from.members.end(), std::back_inserter(result.members), less);
  result.voters = to.voters;
  result.outgoing = from.voters;
  result.removed = union_of(from.removed, to.removed);
  id_list leaving;
  for (auto& x : result.members) {
    if (contains(from.voters, x.id))
      x.incarnation = find_member(from, x.id)->incarnation;
    if (find_member(to, x.id) == nullptr)
      leaving.push_back(x.id);
  }
  result.removed = union_of(result.removed, leaving);
  return result;
}

configuration leave_joint(const configuration& conf) {
  CAF_RAFT_ASSERT(is_joint(conf));
  configuration result;
  for (auto& x : conf.members)
    if (!contains(conf.removed, x.id))
      result.members.push_back(x);
  result.voters = conf.voters;
  result.removed = conf.removed;
  return result;
}

result_of<done> validate(const configuration& conf) {
  if (!in_order(ids_of(conf.members)))
    return bad("the members are not in the order of their ids");
  if (!in_order(conf.removed))
    return bad("the removed members are not in order");
  if (conf.voters.empty())
    return bad("there is no voter");
  for (auto text : {check_voters(conf, conf.voters, "voters"),
                    check_voters(conf, conf.outgoing, "outgoing voters")})
    if (!text.empty())
      return bad(std::move(text));
  for (auto id : conf.removed) {
    auto leaving = is_joint(conf) && !contains(conf.voters, id);
    if (find_member(conf, id) != nullptr && !leaving)
      return bad(fmt::format("member {} was removed, and ids are never used "
                             "again: give the new member another id",
                             id.value));
  }
  return done{};
}

result_of<done> may_change(index_t newest_configuration, index_t commit_index,
                           bool own_term_committed) {
  if (newest_configuration > commit_index)
    return failure{errc::rejected,
                   fmt::format("another change is under way: the configuration "
                               "at index {} is not committed yet",
                               newest_configuration.value)};
  if (!own_term_committed)
    return failure{errc::rejected,
                   "the leader is new and has not committed an entry of its "
                   "own term yet; try again"};
  return done{};
}

} // namespace caf::raft::core

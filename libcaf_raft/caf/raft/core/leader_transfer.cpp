#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/membership.hpp"

#include <utility>

// Leadership transfer (§3.10).

namespace caf::raft::core {

namespace {

bool was_heard_lately(const progress& x, time_point now, const settings& cfg) {
  return now - x.last_heard() < cfg.election_timeout;
}

/// The voter that is furthest ahead among those that were heard lately, of equal
/// ones the one that was heard last; none of those who are on their way out.
server_id best_successor(const leader& self, time_point now,
                         const settings& cfg) {
  server_id result;
  std::pair<index_t, time_point> best;
  for (auto id : self.self.members().voters) {
    auto i = self.peers.find(id);
    if (i == self.peers.end())
      continue;
    auto& x = i->second;
    std::pair rank{x.match_index(), x.last_heard()};
    if (was_heard_lately(x, now, cfg) && (!result || rank > best)) {
      result = id;
      best = rank;
    }
  }
  return result;
}

result_of<server_id> check_successor(const leader& self, server_id to,
                                     time_point now, const settings& cfg) {
  auto name = "member " + to_string(to);
  if (to == self.self.self.id)
    return failure{errc::rejected, name + " leads already"};
  auto& conf = self.self.members();
  if (find_member(conf, to) == nullptr)
    return failure{errc::invalid_argument, "there is no " + name};
  if (!is_voter(conf, to))
    return failure{errc::rejected, name + " is a learner and cannot lead"};
  auto i = self.peers.find(to);
  if (i == self.peers.end() || !was_heard_lately(i->second, now, cfg))
    return failure{errc::rejected, name + " was not heard lately"};
  return to;
}

} // namespace

result_of<server_id> begin_transfer(leader& self, server_id to, time_point now,
                                    const settings& cfg) {
  if (self.handing_over)
    return failure{errc::rejected, "leadership is being handed over to member "
                                     + to_string(self.handing_over->to)};
  if (!to)
    to = best_successor(self, now, cfg);
  if (!to)
    return failure{errc::rejected,
                   "there is no other voter that was heard lately"};
  auto result = check_successor(self, to, now, cfg);
  if (result)
    self.handing_over = leader::transfer{to, now + cfg.election_timeout};
  return result;
}

std::optional<timeout_now> ready_to_transfer(leader& self) {
  if (!self.handing_over || self.handing_over->told)
    return std::nullopt;
  auto i = self.peers.find(self.handing_over->to);
  if (i == self.peers.end()
      || i->second.match_index() != self.self.log.last_index())
    return std::nullopt;
  self.handing_over->told = true;
  return timeout_now{self.self.self, self.self.term, self.self.number};
}

bool abandon_transfer(leader& self, time_point now) {
  if (!self.handing_over || now < self.handing_over->deadline)
    return false;
  self.handing_over.reset();
  return true;
}

} // namespace caf::raft::core

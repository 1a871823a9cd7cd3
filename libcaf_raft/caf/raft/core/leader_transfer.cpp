#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/membership.hpp"

// Leadership transfer (§3.10).

namespace caf::raft::core {

namespace {

/// The voter that is furthest ahead among those that were heard lately.
server_id best_successor(const leader& self, time_point now,
                         const settings& cfg) {
  server_id result;
  index_t best;
  for (auto& [id, x] : self.peers) {
    if (!is_voter(self.self.members(), id)
        || now - x.last_heard() >= cfg.election_timeout)
      continue;
    if (!result || x.match_index() > best) {
      result = id;
      best = x.match_index();
    }
  }
  return result;
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
    return failure{errc::rejected, "there is no other voter that could lead"};
  if (to == self.self.self.id)
    return failure{errc::rejected,
                   "member " + to_string(to) + " leads already"};
  if (find_member(self.self.members(), to) == nullptr)
    return failure{errc::invalid_argument,
                   "there is no member " + to_string(to)};
  if (!is_voter(self.self.members(), to))
    return failure{errc::rejected,
                   "member " + to_string(to) + " is a learner and cannot lead"};
  self.handing_over = leader::transfer{to, now + cfg.election_timeout, false};
  return to;
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

#include "caf/raft/assert.hpp"
#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/membership.hpp"

#include <algorithm>

// Heartbeats, and the reads that they confirm (§6.4).

namespace caf::raft::core {

namespace {

read_queue::confirmed_reads confirm_underway(leader& self) {
  auto round = self.reads.underway();
  if (!round)
    return {};
  auto has_answered = [&](server_id id) {
    auto i = self.answered.find(id);
    return i != self.answered.end() && i->second >= *round;
  };
  if (!is_quorum_with_self(self, has_answered))
    return {};
  return self.reads.confirm(*round);
}

} // namespace

bool wants_round(const leader& self) {
  return self.self.commit_index >= self.first_own && self.reads.wants_round();
}

void start_round(leader& self) {
  ++self.round;
  if (wants_round(self))
    self.reads.start(self.round, self.self.commit_index);
}

heartbeat heartbeat_for(const leader& self, server_id peer) {
  heartbeat result{self.self.self, self.self.term, self.self.number, self.round,
                   commit_for(self, peer)};
  auto i = self.peers.find(peer);
  auto* known = find_member(self.self.members(), peer);
  if (i != self.peers.end() && known != nullptr) {
    result.acknowledged = i->second.match_index();
    result.life = known->incarnation;
  }
  return result;
}

read_queue::confirmed_reads
on_heartbeat_result(leader& self, const heartbeat_result& msg, time_point now) {
  CAF_RAFT_ASSERT(msg.term == self.self.term);
  CAF_RAFT_ASSERT(msg.tenure == self.self.number);
  CAF_RAFT_ASSERT(msg.round <= self.round);
  auto* from = find_counted(self, msg.from);
  if (from == nullptr)
    return {};
  from->heard(now);
  auto& answered = self.answered[msg.from.id];
  answered = std::max(answered, msg.round);
  return confirm_underway(self);
}

read_queue::confirmed_reads confirm_alone(leader& self) {
  return confirm_underway(self);
}

} // namespace caf::raft::core

#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"

// Heartbeats and read-index rounds (§6.4).

namespace caf::raft::core {

namespace {

bool knows_what_is_committed(const leader& self) {
  return self.self.commit_index >= self.first_own;
}

bool answered_by_quorum(const leader& self, round_t round) {
  return is_quorum(self.self.members(), [&](server_id id) {
    if (id == self.self.self.id)
      return true;
    auto i = self.answered.find(id);
    return i != self.answered.end() && i->second >= round;
  });
}

/// The newest round that a quorum has answered, or none.
round_t confirmed_round(const leader& self) {
  round_t result;
  for (auto& [id, round] : self.answered)
    if (round > result && answered_by_quorum(self, round))
      result = round;
  return result;
}

} // namespace

bool wants_round(const leader& self) {
  return knows_what_is_committed(self) && self.reads.wants_round();
}

void start_round(leader& self) {
  ++self.round;
  if (wants_round(self))
    self.reads.start(self.round, self.self.commit_index);
}

index_t commit_for(const leader& self, server_id peer) {
  auto i = self.peers.find(peer);
  if (i == self.peers.end())
    return index_t{};
  return std::min(self.self.commit_index, i->second.match_index());
}

heartbeat heartbeat_for(const leader& self, server_id peer) {
  return {self.self.self, self.self.term, self.self.number, self.round,
          commit_for(self, peer)};
}

read_queue::confirmed_reads
on_heartbeat_result(leader& self, const heartbeat_result& msg, time_point now) {
  if (!names(self.self.members(), msg.from))
    return {};
  if (auto i = self.peers.find(msg.from.id); i != self.peers.end())
    i->second.heard(now);
  auto& answered = self.answered[msg.from.id];
  answered = std::max(answered, msg.round);
  return self.reads.confirm(confirmed_round(self));
}

read_queue::confirmed_reads confirm_alone(leader& self) {
  auto alone = is_quorum(self.self.members(),
                         [&](server_id id) { return id == self.self.self.id; });
  return alone ? self.reads.confirm(self.round) : read_queue::confirmed_reads{};
}

} // namespace caf::raft::core

#include "caf/raft/assert.hpp"
#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"

#include <algorithm>

// What to send to whom, and what is committed (§3.5, §3.6.2, §10.2.1).

namespace caf::raft::core {

namespace {

/// What one message can carry from `first` on.
struct load {
  index_t last;
  size_t bytes = 0;
};

load load_from(const log_tail& log, index_t first, const settings& cfg) {
  auto last = std::min(log.last_index() + 1, first + cfg.max_append_entries);
  if (first >= last)
    return {first, 0};
  if (auto found = log.extent_of(first, last, cfg.max_append_bytes))
    return {first + found->count, found->bytes};
  // Not in memory: the reader cuts it.
  return {last, cfg.max_append_bytes};
}

index_t match_index_of(const leader& self, server_id id) {
  auto& own = self.self.self;
  if (id == own.id)
    return names(self.self.members(), own) ? self.self.log.durable_index()
                                           : index_t{};
  auto i = self.peers.find(id);
  return i == self.peers.end() ? index_t{} : i->second.match_index();
}

} // namespace

// -- sending ------------------------------------------------------------------

std::optional<append_order> next_append(leader& self, server_id peer,
                                        time_point now, const settings& cfg) {
  auto i = self.peers.find(peer);
  if (i == self.peers.end())
    return std::nullopt;
  auto& to = i->second;
  auto& log = self.self.log;
  if (!to.has_window(cfg))
    return std::nullopt;
  auto first = to.next_index();
  // Where there is nothing to send, it may still be unknown whether the logs
  // meet.
  if (first > log.last_index() && to.meets())
    return std::nullopt;
  auto prev_term = log.term_at(first - 1);
  if (!prev_term) {
    to.needs_snapshot();
    return std::nullopt;
  }
  auto next = load_from(log, first, cfg);
  if (!to.may_send(next.last - first, next.bytes, now, cfg))
    return std::nullopt;
  to.sent(next.last, next.bytes, now);
  return append_order{{*prev_term, first - 1}, first, next.last};
}

void sent_less(leader& self, server_id peer, const append_order& order,
               index_t last) {
  if (auto i = self.peers.find(peer); i != self.peers.end())
    i->second.sent_less(order.first, order.last, last);
}

void on_peer_reset(leader& self, server_id peer) {
  if (auto i = self.peers.find(peer); i != self.peers.end())
    i->second.reset();
}

void reset_stalled(leader& self, time_point now, const settings& cfg) {
  for (auto& [id, x] : self.peers)
    if (x.stalled(now, cfg.election_timeout))
      x.reset();
}

// -- answers ------------------------------------------------------------------

bool on_append_result(leader& self, const append_result& msg, time_point now) {
  CAF_RAFT_ASSERT(msg.term == self.self.term);
  CAF_RAFT_ASSERT(msg.tenure == self.self.number);
  auto* from = find_counted(self, msg.from);
  if (from == nullptr)
    return false;
  auto& log = self.self.log;
  if (msg.success) {
    CAF_RAFT_ASSERT(msg.index <= log.last_index());
    return from->acknowledged(msg.index, now);
  }
  from->heard(now);
  // Neither what is behind the hint there nor what is behind this here can be
  // where the logs meet: so each term that conflicts costs one round trip.
  from->refused(msg.index, log.last_not_above(msg.hint).index + 1);
  return false;
}

void on_stored(leader& self, const durable<write_id>& stored) {
  self.self.log.stored(stored);
}

// -- commit -------------------------------------------------------------------

bool update_commit(leader& self) {
  auto index = quorum_index(self.self.members(), [&](server_id id) {
    return match_index_of(self, id);
  });
  // An entry of an older term may be on a quorum and still be replaced: it is
  // committed by the first own one behind it (Figure 3.7).
  return index >= self.first_own && advance_commit(self.self, index);
}

index_t commit_for(const leader& self, server_id peer) {
  auto i = self.peers.find(peer);
  if (i == self.peers.end())
    return index_t{};
  return std::min(self.self.commit_index, i->second.match_index());
}

} // namespace caf::raft::core

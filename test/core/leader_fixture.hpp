#pragma once

#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/membership.hpp"

#include "core/fixture.hpp"

// Short words for the tests of leaders.

namespace caf::raft::core::test {

/// Member `id` begins to lead a term with this log.
inline leader lead(uint64_t term, log_tail log, uint64_t id = 1) {
  return become_leader(tenure_of(id, term, std::move(log)), t0);
}

/// The own disk has stored all that was appended so far.
inline void store_all(leader& self) {
  take_write(self);
  on_stored(self, stored(self.self.log.newest_write()));
}

inline void propose_many(leader& self, size_t n, size_t size = 8) {
  std::string command(size, 'x');
  for (size_t i = 0; i < n; ++i)
    propose(self, as_bytes(command));
}

inline append_result success_of(const leader& self, sender from,
                                uint64_t index) {
  return {from, self.self.term, self.self.number, true, index_t{index}, {}};
}

inline append_result refusal_of(const leader& self, sender from,
                                uint64_t rejected, entry_id hint) {
  return {from,  self.self.term,    self.self.number,
          false, index_t{rejected}, hint};
}

/// Member `id` acknowledges everything up to `index`.
/// @returns Whether the leader was told something new.
inline bool acknowledge_at(leader& self, uint64_t id, uint64_t index,
                           time_point now = t0) {
  return on_append_result(self, success_of(self, member_sender(id), index),
                          now);
}

inline heartbeat_result beat_of(const leader& self, sender from,
                                round_t round) {
  return {from, self.self.term, self.self.number, round};
}

/// Member `id` answers the newest round.
inline read_queue::confirmed_reads answer_round(leader& self, uint64_t id,
                                                time_point now = t0) {
  return on_heartbeat_result(self, beat_of(self, member_sender(id), self.round),
                             now);
}

/// `update_commit`, and where the commit index is then.
inline uint64_t committed(leader& self) {
  update_commit(self);
  return self.self.commit_index.value;
}

/// The first own entry is stored here and at `id`, and committed.
inline void commit_first(leader& self, uint64_t id) {
  store_all(self);
  acknowledge_at(self, id, self.first_own.value);
  REQUIRE(update_commit(self));
}

inline progress& peer(leader& self, uint64_t id) {
  return self.peers.at(server_id{id});
}

inline std::optional<append_order> next_for(leader& self, uint64_t id,
                                            time_point now = t0,
                                            const settings& cfg = {}) {
  return next_append(self, server_id{id}, now, cfg);
}

/// What the leader actor makes of an order.
inline append_entries message_of(const leader& self,
                                 const append_order& order) {
  append_entries result{self.self.self,         self.self.term,
                        self.self.number,       order.prev,
                        self.self.commit_index, {}};
  if (order.first != order.last) {
    auto xs = self.self.log.recent(order.first, order.last, SIZE_MAX, SIZE_MAX);
    REQUIRE(xs.has_value());
    result.entries = std::move(*xs);
  }
  return result;
}

/// An order, as tests write it down.
inline std::string text_of(const std::optional<append_order>& x) {
  if (!x)
    return "nothing";
  return to_string(x->prev) + " [" + to_string(x->first) + ","
         + to_string(x->last) + ")";
}

} // namespace caf::raft::core::test

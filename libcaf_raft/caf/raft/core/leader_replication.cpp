#include "caf/raft/core/leader.hpp"

#include <algorithm>

// What to send to a follower next (§3.5, §10.2.1).

namespace caf::raft::core {

namespace {

/// What one message could carry from `first` on.
struct batch_size {
  index_t last;
  size_t bytes = 0;
};

batch_size next_batch(const log_tail& log, index_t first, const settings& cfg) {
  auto end = log.last_index() + 1;
  auto last = std::min(end, first + cfg.max_append_entries);
  if (first == last)
    return {last, 0};
  auto found = log.extent_of(first, last, cfg.max_append_bytes);
  // Not in memory: whoever reads them stops at the limit (`sent_less`).
  if (!found)
    return {last, cfg.max_append_bytes};
  return {first + found->count, found->bytes};
}

} // namespace

std::optional<append_order> next_append(leader& self, server_id peer,
                                        time_point now, const settings& cfg) {
  auto i = self.peers.find(peer);
  if (i == self.peers.end())
    return std::nullopt;
  auto& x = i->second;
  auto& log = self.self.log;
  auto first = x.next_index();
  auto prev = first - 1;
  auto prev_term = log.term_at(prev);
  if (!prev_term) {
    x.needs_snapshot();
    return std::nullopt;
  }
  auto nothing_new = first > log.last_index();
  if (nothing_new && x.state() != progress::state_t::probe)
    return std::nullopt;
  auto batch = next_batch(log, first, cfg);
  if (!x.may_send(batch.last - first, batch.bytes, now, cfg))
    return std::nullopt;
  x.sent(batch.last, batch.bytes, now);
  return append_order{{*prev_term, prev}, first, batch.last};
}

void sent_less(leader& self, server_id peer, const append_order& order,
               index_t last) {
  if (auto i = self.peers.find(peer); i != self.peers.end())
    i->second.sent_less(order.first, last);
}

} // namespace caf::raft::core

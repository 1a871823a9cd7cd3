#include "caf/raft/core/snapshots.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

/// Whether the log holds all that the snapshot covers, as the leaders had it.
bool covers(const tenure& self, const entry_id& last) {
  return last.index <= self.commit_index || self.log.has(last);
}

uint64_t kept_entries(const settings& cfg) {
  return cfg.snapshot_keep_entries.value_or(cfg.snapshot_entries / 10);
}

log_write replace_log(tenure& self, const snapshot_head_ptr& what) {
  log_write result;
  result.group = self.group;
  result.number = self.log.next_write();
  result.base = log_base{what->last, what->members, what->members_index};
  self.log.reset(*result.base, result.number);
  advance_commit(self, what->last.index);
  self.snapshot = what;
  self.installing = result.number;
  return result;
}

} // namespace

// -- shorter logs (§5.1) ------------------------------------------------------

void snapshot_available(tenure& self, const snapshot_head_ptr& what) {
  CAF_RAFT_ASSERT(what != nullptr);
  if (!self.snapshot || what->last.index > self.snapshot->last.index)
    self.snapshot = what;
}

std::optional<log_write> next_compaction(tenure& self, index_t needed,
                                         const settings& cfg) {
  auto& log = self.log;
  if (!self.snapshot || self.compacting > log.stored_write() || self.installing)
    return std::nullopt;
  auto covered = self.snapshot->last.index;
  auto kept = std::min(kept_entries(cfg), covered.value);
  auto base = log.base().index;
  auto last = std::min(
    {covered - kept, needed, log.durable_index(), base + compaction_slice});
  if (last <= base)
    return std::nullopt;
  log_write result;
  result.group = self.group;
  result.number = log.next_write();
  result.base = log.base_at(last);
  log.compact(last);
  self.compacting = result.number;
  return result;
}

// -- a follower gets a snapshot (§5.2) ----------------------------------------

snapshot_outcome on_snapshot(follower& self, const install_snapshot& msg,
                             time_point now) {
  CAF_RAFT_ASSERT(msg.term == self.self.term);
  hear_leader(self, msg.from, msg.tenure, now);
  auto last = msg.head.last;
  if (!covers(self.self, last))
    return {true, std::nullopt};
  return {false, accept_up_to(self, last.index)};
}

std::optional<log_write> install(follower& self,
                                 const snapshot_head_ptr& what) {
  if (covers(self.self, what->last))
    return std::nullopt;
  self.accepted = std::max(self.accepted, what->last.index);
  return replace_log(self.self, what);
}

std::optional<log_write> install_found(tenure& self,
                                       const snapshot_head_ptr& what) {
  if (!covers(self, what->last))
    return replace_log(self, what);
  advance_commit(self, what->last.index);
  return std::nullopt;
}

snapshot_head_ptr installed(tenure& self) {
  if (!self.installing || self.log.stored_write() < self.installing)
    return nullptr;
  self.installing = write_id{};
  return self.snapshot;
}

} // namespace caf::raft::core

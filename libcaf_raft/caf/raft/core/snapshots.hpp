#pragma once

#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/snapshot.hpp"

#include <optional>

// What a snapshot does to a log (§5.1, §5.2).

namespace caf::raft::core {

// -- shorter logs (§5.1) ------------------------------------------------------

/// How many entries are removed in one write. So little that what is committed
/// beside it does not have to wait.
constexpr uint64_t compaction_slice = 4096;

/// A snapshot is stored here that the state machine has reached: entries that it
/// covers may go, and others may be sent it. An older one than is known already
/// changes nothing.
void snapshot_available(tenure& self, const snapshot_head_ptr& what);

/// Removes the next entries that the snapshot covers and that are not kept for
/// followers that are a little behind; one write at a time, a slice each.
/// @param needed Entries behind this one are still wanted by somebody.
std::optional<log_write> next_compaction(tenure& self, index_t needed,
                                         const settings& cfg);

// -- a follower gets a snapshot (§5.2) ----------------------------------------

/// What follows from a piece of a snapshot.
struct snapshot_outcome {
  /// The piece is to be stored: the log lacks what the snapshot covers.
  bool wanted = false;
  /// Leaves at once: the log has all that already.
  std::optional<append_result> answer;
};

/// Accepts the leader of the term. What it has a snapshot of is committed.
///
/// Where the log has the snapshot's last entry, or what is committed here goes
/// beyond it, the logs are the same up to there, and the snapshot is not wanted;
/// what is behind that entry stays in any case: it may be acknowledged already.
/// @pre `msg.term == self.self.term`.
snapshot_outcome on_snapshot(follower& self, const install_snapshot& msg,
                             time_point now);

/// The snapshot is stored here as a whole: the log begins behind it from now on,
/// and nothing of what it was before is left. It is acknowledged, and the state
/// machine may load it, when the write is stored.
/// @param what As its sender announced it in the present term.
/// @returns Empty where the log has come to have all that meanwhile.
std::optional<log_write> install(follower& self, const snapshot_head_ptr& what);

/// The same for what is found at the start of a process or of a tenure: a snapshot
/// that was received and could not be installed any more. Where the log has all
/// that it covers, that is committed now, and nothing else changes.
std::optional<log_write> install_found(tenure& self,
                                       const snapshot_head_ptr& what);

/// Whether the write that installs a snapshot is stored now: the state machine
/// may load it. Says so only once.
snapshot_head_ptr installed(tenure& self);

} // namespace caf::raft::core

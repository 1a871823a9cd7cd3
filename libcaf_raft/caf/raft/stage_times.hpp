#pragma once

#include "caf/raft/time.hpp"

namespace caf::raft {

/// How long a request was where, by the clock of the member that was asked. What
/// does not apply is zero. `append` runs beside `quorum`, all others one after the
/// other.
struct stage_times {
  /// At this member, until it was handed to the leader. Long where no leader was
  /// known.
  timespan queue{};
  /// Of a command: until the leader had said where in the log it stands. At the
  /// leader itself that is the way to its role.
  timespan forward{};
  /// Of a command: until it was on the disk of this member.
  timespan append{};
  /// Of a command: until it was known here to be committed, and was on this disk.
  /// Of a query: until the leader had confirmed that it leads.
  timespan quorum{};
  /// Until the state machine had answered. Of a query: also for what had to be
  /// applied before.
  timespan apply{};

  timespan total() const {
    return queue + forward + quorum + apply;
  }
};

} // namespace caf::raft

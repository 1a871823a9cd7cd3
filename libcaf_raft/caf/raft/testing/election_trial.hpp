#pragma once

#include "caf/raft/time.hpp"

#include <cstdint>

namespace caf::raft::testing {

/// An election after the death of a leader, set up as in Figure 16 of the Raft
/// paper: five servers whose logs differ in length, so that not all of them can
/// win; the last heartbeat has reached all at the same moment, which invites split
/// votes; the leader dies at any point of the heartbeat interval after that, which
/// is half of the election timeout.
struct election_trial {
  /// Timeouts are drawn from `timeout` to `timeout + jitter`.
  timespan timeout = std::chrono::milliseconds(150);
  timespan jitter = std::chrono::milliseconds(150);
  bool pre_vote = false;
  uint64_t seed = 1;
  /// After so long without a leader the trial ends.
  timespan limit = std::chrono::seconds(20);
};

/// How long bytes are on their way, and how long a disk takes, which has to have a
/// vote before it is answered. By default four servers have answered after 13.5 ms in
/// the mean; the paper's took "roughly 15 ms".
struct broadcast_time {
  timespan min_latency = std::chrono::milliseconds(2);
  timespan max_latency = std::chrono::milliseconds(4);
  timespan min_sync = std::chrono::milliseconds(4);
  timespan max_sync = std::chrono::milliseconds(8);
};

/// Runs a trial.
/// @returns The time from the leader's death to when another one leads; `limit` or
///          more where none did.
timespan downtime(const election_trial& what, const broadcast_time& takes = {});

} // namespace caf::raft::testing

#pragma once

#include "caf/raft/error.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace caf::raft {

/// How one group behaves. The defaults are good for a local network.
struct settings {
  /// An election starts when no leader was heard for a time drawn from
  /// [election_timeout, 2 * election_timeout) (§3.4). Members refuse votes for
  /// election_timeout after they heard a leader (§4.2.3).
  timespan election_timeout = std::chrono::milliseconds(1000);

  /// How much chance adds to election_timeout at most, in place of as much again.
  /// Less makes split votes likely.
  std::optional<timespan> election_jitter;

  /// How often an idle leader is heard; well below election_timeout.
  timespan heartbeat_interval = std::chrono::milliseconds(100);

  /// Ask for pre-votes before entering a new term (§9.6).
  bool pre_vote = true;

  /// A leader that did not hear a majority for election_timeout steps down
  /// (§6.2).
  bool check_quorum = true;

  /// The most bytes of records in one append_entries; a larger entry travels
  /// alone.
  size_t max_append_bytes = 1 << 20;

  /// The most entries in one append_entries.
  size_t max_append_entries = 4096;

  /// A further batch leaves while one is in flight only if it has at least this
  /// many entries or bytes (or the one in flight is unusually old).
  size_t min_pipelined_entries = 32;
  size_t min_pipelined_bytes = 16 << 10;

  /// The most that is sent to one peer and not yet acknowledged.
  size_t max_inflight_messages = 64;
  size_t max_inflight_bytes = 8 << 20;

  /// How many bytes of the newest entries stay in memory.
  size_t recent_log_bytes = 8 << 20;

  /// The largest command.
  size_t max_command_bytes = 4 << 20;

  /// How many client requests may wait at one member, and how many bytes of
  /// commands; above that they are refused as overloaded.
  size_t max_open_requests = 16384;
  size_t max_open_bytes = 64 << 20;

  // -- snapshots (§5.1) --------------------------------------------------------

  /// A snapshot is taken when so many entries were applied since the last one;
  /// zero: however many. Members begin at random places within the last quarter
  /// of it, so that they do not all take theirs at the same time.
  uint64_t snapshot_entries = 100'000;

  /// Or when their records take so many bytes; zero: however many.
  uint64_t snapshot_bytes = 0;

  /// But not before they take so many times what the last snapshot takes, so that
  /// a large state is not written again and again; zero: at once.
  double snapshot_ratio = 0;

  /// Decides in place of these three. Called often; must be a pure function.
  std::function<bool(const log_growth&)> snapshot_policy;

  /// How many entries before a snapshot stay in the log, for followers that are
  /// a little behind; empty: a tenth of `snapshot_entries`.
  std::optional<uint64_t> snapshot_keep_entries;

  /// How many chunks of a snapshot are sent to a follower and not yet stored
  /// there.
  size_t snapshot_window = 4;

  /// How many bytes of a snapshot are sent to a follower in a second; zero: as
  /// many as it takes.
  size_t snapshot_bytes_per_second = 64 << 20;

  /// The most a request may wait if it names no deadline of its own.
  timespan request_timeout = std::chrono::seconds(5);
};

/// Checks the settings for values that cannot work, for example a heartbeat
/// interval that is not below the election timeout.
result_of<done> validate(const settings& xs);

} // namespace caf::raft

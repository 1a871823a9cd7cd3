#pragma once

#include "caf/raft/error.hpp"
#include "caf/raft/sender.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/types.hpp"

// What servers say to each other of snapshots.

namespace caf::raft {

/// A piece of the leader's snapshot, for a follower that needs entries which are
/// gone (§5.2).
struct install_snapshot {
  sender from;
  term_t term;
  tenure_id tenure;
  /// The whole snapshot that it is a piece of.
  snapshot_head head;
  /// Which chunk it is. The same as `head.chunks()`: none, only a question how
  /// many of them are there.
  uint64_t number = 0;
  /// Null for the question.
  chunk_ptr chunk;
};

struct install_result {
  sender from;
  term_t term;
  tenure_id tenure;
  /// Of the snapshot that is meant.
  entry_id last;
  /// The chunks before this one are stored.
  uint64_t next = 0;
  /// `no_space`: it can take no more at present, for lack of room or since it has
  /// a newer one; it is asked again later.
  errc code = errc::none;

  bool operator==(const install_result&) const = default;
};

} // namespace caf::raft

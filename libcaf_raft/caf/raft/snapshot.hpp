#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace caf::raft {

/// How large the pieces are in which snapshots are written, sent and read; only
/// the last one may be smaller.
constexpr size_t snapshot_chunk_bytes = 256 << 10;

/// A snapshot as others refer to it: the state of the machine after `last` was
/// applied, and what must be known of the log before it (§5.1). Two with the same
/// head hold the same bytes, whoever took them, so a transfer that was begun with
/// one can be ended with the other.
struct snapshot_head {
  /// The last entry that the snapshot covers.
  entry_id last;
  /// The newest configuration as of `last`, a joint one too.
  configuration_ptr members;
  /// Where that configuration stands in the log: at or before `last`.
  index_t members_index;
  /// Of the content.
  uint64_t size = 0;
  /// CRC-32C of the whole content.
  uint32_t checksum = 0;

  /// How many chunks the content has.
  uint64_t chunks() const {
    return (size + snapshot_chunk_bytes - 1) / snapshot_chunk_bytes;
  }

  /// Whether it is the same snapshot: whatever has the same place in the log has
  /// the same members.
  bool is_same(const snapshot_head& other) const {
    return last == other.last && size == other.size
           && checksum == other.checksum;
  }
};

using snapshot_head_ptr = std::shared_ptr<const snapshot_head>;

/// A piece of a snapshot on its way; shared, since several may wait for it.
using chunk_ptr = std::shared_ptr<const bytes>;

/// By how much a log has grown since the last snapshot.
struct log_growth {
  /// Entries that were applied.
  uint64_t entries = 0;
  /// Of their records.
  uint64_t bytes = 0;
  /// The size of the last snapshot; zero: there is none.
  uint64_t snapshot_bytes = 0;
};

} // namespace caf::raft

#pragma once

#include "caf/raft/core/log_tail.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/types.hpp"

namespace caf::raft::core {

/// What an append_entries does to a log (§3.5).
struct match_result {
  /// False: `prev` is not in the log, and `hint` says where to try next.
  bool matches = false;
  entry_id hint;
  /// Conflicting entries from here on have to go; zero: none.
  index_t truncate_from;
  /// The entries of the message from here on are new: an offset into
  /// `append_entries::entries`, its size where none is.
  size_t first_new = 0;
};

/// Compares a message with the log; changes nothing. Entries that are there
/// already are never removed: an old or repeated message must not shorten the
/// log (§3.5). What the log's base covers is committed, so every leader has it:
/// it matches without being looked at.
/// @note O(log n) for a message that is all new, O(k log n) for one that
///       repeats k entries.
match_result match(const log_tail& log, const append_entries& msg);

} // namespace caf::raft::core

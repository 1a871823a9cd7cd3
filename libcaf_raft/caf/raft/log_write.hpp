#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/types.hpp"

#include <optional>

namespace caf::raft {

/// What a server must never forget (Figure 3.1, "Persistent state").
struct hard_state {
  term_t term;
  server_id voted_for;

  bool operator==(const hard_state&) const = default;
};

/// Where a log begins: the entry before its first one, and the newest
/// configuration as of that entry.
struct log_base {
  entry_id id;
  configuration_ptr members;
  /// Where that configuration stands: at or before `id`.
  index_t members_index;
};

/// One write of one group: what belongs together and is stored together. Within
/// a write, first the base acts, then the truncation, then the append.
struct log_write {
  group_id group;
  write_id number;
  std::optional<hard_state> state;
  /// All entries from this index on go; zero: none.
  index_t truncate_from;
  entries append;
  /// The log begins behind this entry from now on. Where the log has that very
  /// entry, what is behind it stays (compaction, §5.1); otherwise the whole log
  /// goes (a snapshot is installed, §5.2). Never below the base that is there.
  std::optional<log_base> base{};
};

} // namespace caf::raft

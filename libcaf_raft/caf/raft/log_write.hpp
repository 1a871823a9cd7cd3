#pragma once

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

/// One write of one group: what belongs together and is stored together. Within
/// a write, first the truncation acts, then the append.
struct log_write {
  group_id group;
  write_id number;
  std::optional<hard_state> state;
  /// All entries from this index on go; zero: none.
  index_t truncate_from;
  entries append;
};

} // namespace caf::raft

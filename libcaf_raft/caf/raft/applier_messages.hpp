#pragma once

// What a server and the applier say to each other. Who sends what to whom stands
// in actors.hpp.

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/types.hpp"

#include <vector>

namespace caf::raft {

/// Entries to be applied, in order and without a gap behind what was sent
/// before, except that entries which are not in memory are left out: then the
/// applier reads them first.
struct apply_entries {
  index_t last;
  entries content;
  /// Whether anyone at this member waits for answers.
  bool answers_wanted = false;
};

/// The first of all messages: what the state machine begins with. Queries wait
/// for it.
struct start_applying {
  /// Loaded first; null: none.
  snapshot_head_ptr snapshot;
  /// The entry before the first one that is applied, and the newest configuration
  /// as of it.
  entry_id last;
  placed_configuration members;
};

/// The state is replaced by that of a snapshot; entries behind it follow.
struct load_snapshot {
  snapshot_head_ptr what;
};

/// Begins a snapshot of the state as it is now; the server hears of its end.
struct take_snapshot {};

/// To itself: hand out the next piece of the view.
struct view_more {};

/// The state machine is where the snapshot is.
struct snapshot_loaded {
  snapshot_head_ptr what;
};

struct query_request {
  request_id id;
  bytes payload;
};

struct run_queries {
  std::vector<query_request> queries;
};

struct applied_answer {
  entry_id entry;
  bytes answer;
};

/// The state machine is at this index now. The ids of the applied entries as
/// runs of terms tell what became of each index.
struct entries_applied {
  index_t last;
  /// How many there were since the last report, and what their records take.
  uint64_t count = 0;
  uint64_t bytes = 0;
  /// In order; only where they were wanted: every entry since the last report.
  std::vector<applied_answer> answers;
};

struct query_answer {
  request_id id;
  bytes answer;
};

struct queries_answered {
  std::vector<query_answer> answers;
};

} // namespace caf::raft

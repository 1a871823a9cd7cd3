#pragma once

// What a server and the applier say to each other. Who sends what to whom stands
// in actors.hpp.

#include "caf/raft/bytes.hpp"
#include "caf/raft/entry.hpp"
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

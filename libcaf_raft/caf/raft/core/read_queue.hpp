#pragma once

#include "caf/raft/types.hpp"

#include <optional>
#include <vector>

namespace caf::raft::core {

/// Who waits for a read index: ourselves or a follower.
struct reader {
  server_id member;
  request_id id;

  auto operator<=>(const reader&) const = default;
};

/// Read-index batches, each waiting for a heartbeat round of its own (§6.4). A
/// round confirms only reads that had arrived before its heartbeats were sent;
/// reads that arrive while one is under way share the next one.
class read_queue {
public:
  void add(reader who);

  /// Whether a round should start: reads wait and none is under way.
  bool wants_round() const;

  /// The round that must be confirmed for the reads under way; empty where
  /// there are none.
  std::optional<round_t> underway() const;

  /// The heartbeats of this round are about to be sent.
  /// @param commit The leader's commit index at this moment. It must have
  ///               committed an entry of its own term.
  /// @pre `wants_round()`, and the round is newer than all before.
  void start(round_t round, index_t commit);

  /// A majority answered this round, or a later one.
  /// @returns Those that are confirmed; their reads may be answered once
  ///          `index` (as of the start of the round) is applied.
  struct confirmed_reads {
    index_t index;
    std::vector<reader> readers;
  };

  confirmed_reads confirm(round_t round);

  /// Takes all that wait: the tenure is over.
  std::vector<reader> take_all();

private:
  std::vector<reader> waiting_;
  std::vector<reader> underway_;
  round_t round_;
  index_t index_;
};

} // namespace caf::raft::core

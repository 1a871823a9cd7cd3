#pragma once

#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

namespace caf::raft::core {

/// How a learner catches up before it becomes a voter, in rounds: each ends when
/// it has what the log held when the round began (§4.2.1). It is ready after a
/// round that was shorter than an election timeout, or when it has everything.
class catch_up {
public:
  /// After so many rounds that took longer, it counts as too slow, and begins
  /// anew.
  static constexpr unsigned max_rounds = 10;

  /// @param last The last index of the leader's log.
  catch_up(index_t last, time_point now) : target_(last), begun_(now) {
    // nop
  }

  /// The learner has everything up to `match`, and the leader's log ends at
  /// `last`.
  void progressed(index_t match, index_t last, time_point now, timespan limit);

  bool ready() const {
    return ready_;
  }

  /// Whether the last `max_rounds` rounds were all too long.
  bool too_slow() const {
    return too_slow_;
  }

  unsigned round() const {
    return round_;
  }

private:
  index_t target_;
  time_point begun_;
  unsigned round_ = 1;
  bool ready_ = false;
  bool too_slow_ = false;
};

} // namespace caf::raft::core

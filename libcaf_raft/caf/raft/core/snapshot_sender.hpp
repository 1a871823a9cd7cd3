#pragma once

#include "caf/raft/settings.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/time.hpp"

#include <cstdint>
#include <optional>

namespace caf::raft::core {

/// How far one follower is with a snapshot, as its leader sees it (§5.2). The
/// follower says how many chunks it has; after that chunks are streamed within a
/// window and a rate. When no answer comes it is asked again, and nothing that it
/// has is sent twice: also where an earlier leader, or one before a restart, has
/// sent it.
class snapshot_sender {
public:
  snapshot_sender(snapshot_head_ptr what, time_point now);

  const snapshot_head_ptr& head() const {
    return head_;
  }

  /// Whether to ask now how many chunks are there. Notes it as asked.
  bool wants_to_ask(time_point now, const settings& cfg);

  /// Which chunk may leave now, noted as sent; nothing: none may.
  std::optional<uint64_t> next_chunk(time_point now, const settings& cfg);

  /// When `next_chunk` may give the next one for the sake of the rate; nothing
  /// where it waits for something else.
  std::optional<time_point> due(const settings& cfg) const;

  /// The follower has the chunks before `next`.
  /// @returns Whether that is possible; false: it is another's answer.
  bool on_result(uint64_t next, time_point now);

  /// The follower has no room now: it is asked again later.
  void on_no_room(time_point now);

  /// What is on the way may be lost: ask again.
  void on_reset();

  uint64_t stored_chunks() const {
    return stored_;
  }

  /// When the follower said last that it has something new, or at the beginning.
  time_point last_progress() const {
    return last_progress_;
  }

private:
  snapshot_head_ptr head_;
  /// Whether it is known what the follower has.
  bool known_ = false;
  uint64_t stored_ = 0;
  uint64_t next_ = 0;
  /// When it was asked last; when it was heard last.
  std::optional<time_point> asked_;
  time_point last_sign_;
  time_point last_progress_;
  /// The rate: not before then.
  time_point allowed_;
};

} // namespace caf::raft::core

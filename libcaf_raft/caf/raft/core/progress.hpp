#pragma once

#include "caf/raft/settings.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <deque>

namespace caf::raft::core {

/// How far one follower is, as its leader sees it (§3.5, §10.2.1).
class progress {
public:
  enum class state_t : uint8_t {
    /// Where the logs meet is not known: one message at a time.
    probe,
    /// They meet: entries are streamed, `next_index` runs ahead.
    replicate,
    /// The entries it needs are gone: it needs a snapshot.
    snapshot,
  };

  /// @param next Where to probe first: behind the leader's last entry (§3.5).
  explicit progress(index_t next, time_point now);

  state_t state() const;
  index_t match_index() const;
  index_t next_index() const;
  size_t inflight_messages() const;
  size_t inflight_bytes() const;

  /// When the member was last heard in this tenure.
  time_point last_heard() const;

  void heard(time_point now);

  /// Whether a message may leave now that would carry what is waiting.
  /// Nothing in flight: yes. Otherwise only within the window and only if there
  /// is enough to send, or if the newest in flight is older than twice its
  /// usual time. A probe waits for its answer.
  /// @param entries, bytes What waits behind `next_index`, capped by one
  ///                       message's limits.
  bool may_send(size_t entries, size_t bytes, time_point now,
                const settings& cfg) const;

  /// A message with entries up to (not including) `last` leaves; for an empty
  /// probe `last == next_index()`.
  void sent(index_t last, size_t bytes, time_point now);

  /// The message with entries from `first` on carried only those before `last`:
  /// none of them where `last == first`.
  void sent_less(index_t first, index_t last);

  /// The member has stored everything up to `index`.
  /// @returns Whether `match_index` moved.
  bool acknowledged(index_t index, time_point now);

  /// The member refused; try behind `next - 1` which the hint and our own log
  /// allow. A refusal that is older than what we know is ignored.
  /// @param rejected The `prev.index` that was refused.
  /// @param next     Where to try now.
  void refused(index_t rejected, index_t next);

  /// Messages in flight are lost (the connection broke, or no answer came for
  /// too long): start again behind `match_index`.
  void reset();

  /// The oldest message in flight waits since then; empty queue: never.
  bool stalled(time_point now, timespan limit) const;

  void needs_snapshot();

private:
  struct sent_message {
    index_t last;
    size_t bytes;
    time_point at;
  };

  state_t state_ = state_t::probe;
  index_t match_;
  index_t next_;
  std::deque<sent_message> inflight_;
  size_t inflight_bytes_ = 0;
  /// Smoothed time from sending to acknowledgement.
  timespan usual_{};
  time_point last_heard_;
};

} // namespace caf::raft::core

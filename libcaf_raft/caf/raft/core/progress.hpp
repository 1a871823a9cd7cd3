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
    /// Whether it takes anything, or where the logs meet, is not known: one
    /// message at a time.
    probe,
    /// They meet, and it answers: entries are streamed, `next_index` runs
    /// ahead.
    replicate,
    /// The entries it needs are gone: it needs a snapshot.
    snapshot,
  };

  /// @param next Where to probe first: behind the leader's last entry (§3.5).
  explicit progress(index_t next, time_point now);

  state_t state() const {
    return state_;
  }

  /// What it has acknowledged in this tenure; zero: nothing.
  index_t match_index() const {
    return match_;
  }

  /// Where the next message begins.
  index_t next_index() const {
    return next_;
  }

  size_t inflight_messages() const {
    return inflight_.size();
  }

  size_t inflight_bytes() const {
    return inflight_bytes_;
  }

  /// When the member was last heard in this tenure; before that, when it was
  /// first sent to.
  time_point last_heard() const {
    return last_heard_;
  }

  void heard(time_point now);

  /// Whether it is known that the logs meet right before `next_index`.
  bool meets() const {
    return match_ + 1 >= next_ || state_ == state_t::replicate;
  }

  /// Whether a message may leave now, whatever it carries: a probe waits for
  /// its answer, and there is a window.
  bool has_window(const settings& cfg) const;

  /// Whether a message may leave now that would carry what is waiting. Nothing
  /// in flight: yes. Otherwise only within the window and only if there is
  /// enough to send, or if the newest in flight is older than twice its usual
  /// time.
  /// @param entries, bytes What waits behind `next_index`, capped by one
  ///                       message's limits.
  bool may_send(size_t entries, size_t bytes, time_point now,
                const settings& cfg) const;

  /// A message with entries from `next_index` up to (not including) `last`
  /// leaves; for an empty probe `last == next_index()`.
  void sent(index_t last, size_t bytes, time_point now);

  /// The message with the entries [first, sent_last) carried only those before
  /// `last`; none at all where `last == first`. Ignored where that message is
  /// not the newest in flight (any more).
  void sent_less(index_t first, index_t sent_last, index_t last);

  /// The member has stored everything up to `index`.
  /// @returns Whether `match_index` moved.
  bool acknowledged(index_t index, time_point now);

  /// The member refused a message that began behind `rejected`. Ignored where
  /// no such message is in flight, and where it is known better.
  /// @param next Where to try now, as the hint and our own log allow; it
  ///             becomes lower than before, but never below what matches.
  void refused(index_t rejected, index_t next);

  /// Messages in flight are lost (the connection broke, or no answer came for
  /// too long): start again behind `match_index`.
  void reset();

  /// Whether the oldest message in flight waits for longer than that.
  bool stalled(time_point now, timespan limit) const;

  void needs_snapshot();

private:
  struct sent_message {
    index_t first;
    /// Half-open.
    index_t last;
    size_t bytes;
    time_point at;
  };

  void forget_inflight();

  state_t state_ = state_t::probe;
  index_t match_;
  index_t next_;
  std::deque<sent_message> inflight_;
  size_t inflight_bytes_ = 0;
  /// Smoothed time from sending to acknowledgement; zero: none was seen yet.
  timespan usual_{};
  time_point last_heard_;
};

} // namespace caf::raft::core

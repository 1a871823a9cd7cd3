#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/core/retention.hpp"
#include "caf/raft/settings.hpp"

#include <optional>
#include <vector>

namespace caf::raft {

/// When a server takes snapshots, and who waits for one.
class snapshot_desk {
public:
  /// @param draw A random number.
  snapshot_desk(scheduled_actor* self, const settings& cfg, uint64_t draw)
    : self_(self),
      cfg_(cfg),
      retention_(draw, cfg) {
    // nop
  }

  void add(const request_snapshot& msg, time_point deadline);

  void applied(const entries_applied& msg) {
    retention_.applied(msg.count, msg.bytes);
  }

  /// Whether one should be begun now.
  bool is_due(time_point now) const;

  /// One is begun: whoever waits, waits for this one.
  void begun();

  bool is_under_way() const {
    return under_way_;
  }

  /// It is on disk, or there is none.
  void ended(const result_of<snapshot_head>& how, time_point now);

  /// There is one already that nothing was applied behind.
  void have(const snapshot_head& what);

  /// The state machine begins with this one.
  void begin_behind(const snapshot_head& what) {
    have(what);
    retention_.begun_behind(what.size);
  }

  std::optional<time_point> next_deadline() const;

  void expire(time_point now);

  /// Answers everyone: the member ends.
  void close();

private:
  struct waiter {
    request_id id;
    client_actor reply_to;
    time_point deadline;
  };

  void answer_all(errc code, entry_id entry, const std::string& text);

  scheduled_actor* self_;
  settings cfg_;
  core::retention retention_;
  bool under_way_ = false;
  /// There was no room: not before then again.
  std::optional<time_point> retry_at_;
  std::vector<waiter> waiters_;
};

} // namespace caf::raft

#pragma once

#include "caf/raft/actors.hpp"

#include <map>
#include <vector>

namespace caf::raft {

/// What a server tells of itself: status, pages of the log, events.
class report_desk {
public:
  explicit report_desk(scheduled_actor* self) : self_(self) {
    // nop
  }

  // -- status -----------------------------------------------------------------

  /// Remembers who asked.
  /// @returns The number under which the role is asked.
  request_id ask(const get_status& msg);

  /// All numbers that the role was asked under and has not answered.
  std::vector<request_id> unanswered() const;

  void answer(request_id id, const status& value);

  // -- pages of the log -------------------------------------------------------

  /// Asks the role first for the bounds of the log, the reader then.
  request_id ask(const get_log& msg);

  /// Whether a report was asked for by a page of the log, and which part of the
  /// log is wanted then.
  struct page_order {
    index_t first;
    /// Half-open.
    index_t last;
  };

  /// @returns Null where the number belongs to a status.
  const page_order* page(request_id id, const status& value);

  void answer_page(request_id id, const log_read& content);

  // -- events -----------------------------------------------------------------

  void add(const subscribe& msg, const group_event& now);

  void publish(const group_event& what);

private:
  struct pending_page {
    get_log question;
    status bounds;
    page_order order;
  };

  scheduled_actor* self_;
  request_id last_;
  std::map<request_id, get_status> statuses_;
  std::map<request_id, pending_page> pages_;
  /// Weak: a subscription ends with its subscriber.
  std::vector<weak_actor_ptr> subscribers_;
};

} // namespace caf::raft

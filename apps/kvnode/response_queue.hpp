#pragma once

#include "kvnode/http_message.hpp"
#include "kvnode/routes.hpp"

#include <caf/raft/time.hpp>

#include <deque>
#include <string>
#include <vector>

namespace kvnode {

/// The requests of one connection that are not answered yet. Answers leave in
/// the order of the requests, whatever the order in which they are found.
class response_queue {
public:
  /// Adds a request behind all others.
  raft::request_id open(const reply_plan& plan, const answer_form& form,
                        raft::time_point deadline);

  /// @returns Null for a request that has its answer.
  const reply_plan* find(raft::request_id id) const;

  /// Answers a request; one that has its answer keeps it.
  /// @param out Where the answers go whose turn it is now.
  void settle(raft::request_id id, const http_answer& what, std::string& out);

  /// No request follows: the last answer, if it is still to be found, says that
  /// the connection ends with it.
  void end_with_last();

  /// Returns the requests without an answer whose time is over.
  std::vector<raft::request_id> late(raft::time_point now) const;

  /// Returns when the next request is late; `time_point::max()` if none waits.
  raft::time_point nearest_deadline() const;

  size_t size() const {
    return slots_.size();
  }

  /// Of the answers that wait for their turn.
  size_t held_bytes() const {
    return held_bytes_;
  }

  bool empty() const {
    return slots_.empty();
  }

private:
  struct slot {
    reply_plan plan;
    answer_form form;
    raft::time_point deadline;
    bool settled = false;
    /// Set where the answer waits for its turn.
    std::string text;
  };

  raft::request_id id_of(size_t position) const {
    return first_ + position;
  }

  bool is_open(raft::request_id id) const;

  std::deque<slot> slots_;
  size_t held_bytes_ = 0;
  /// The id of the first slot, or of the next one to come.
  raft::request_id first_{1};
};

} // namespace kvnode

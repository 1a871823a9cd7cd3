#pragma once

#include "caf/raft/actors.hpp"

#include <optional>
#include <vector>

namespace caf::raft {

/// Who waits for a leader: for the end of an election, or for a member to take
/// over.
class leadership_desk {
public:
  explicit leadership_desk(scheduled_actor* self) : self_(self) {
    // nop
  }

  void add(const ask_is_leader& msg, time_point deadline);

  /// @param id The number under which the transfer is asked for.
  void add(const transfer_leadership& msg, request_id id, time_point deadline);

  /// A transfer cannot be: its answer.
  void refuse(request_id id, const failure& why);

  /// The transfer that was asked for goes to this member.
  /// @param leader Who leads now: where it is that member already, its election
  ///               was heard of before this.
  void begun(request_id id, server_id to, server_id leader);

  /// What the leader at another member said.
  void settled(request_id id, errc code, server_id to, server_id leader);

  /// A leader is known: answers all that wait for that.
  void leader_is(server_id leader, server_id self);

  std::optional<time_point> next_deadline() const;

  void expire(time_point now);

  /// Answers everyone: the member ends.
  void close();

private:
  struct waiter {
    /// The client's own number.
    request_id client_id;
    client_actor reply_to;
    time_point deadline;
    /// Ours, for transfers; none: an `ask_is_leader`.
    request_id id;
    server_id to;
  };

  /// The transfer with this number; no number is nobody's.
  std::vector<waiter>::iterator find(request_id id);

  void give_up(const waiter& who, std::string text);

  void answer(const waiter& who, errc code, bytes content, std::string text);

  scheduled_actor* self_;
  std::vector<waiter> waiters_;
};

} // namespace caf::raft

#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/client_desk.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace caf::raft {

/// Who waits for a change of the members: passes it on to whoever leads, and
/// finds out from the log what became of it.
class membership_desk {
public:
  /// @param first A random number: an answer to an earlier life fits nothing.
  membership_desk(scheduled_actor* self, group_id group, sender me,
                  uint64_t first)
    : self_(self),
      group_(group),
      me_(me),
      // (What other members ask for is counted from the top down.)
      last_{first / 2} {
    // nop
  }

  void add(const change_members& msg, time_point deadline);

  /// Passes on what waits. Without a way it goes on waiting.
  void pass_on(const way_to_leader& way);

  /// What the leader said: the own role, or another member.
  /// @param hold Until when not to ask again, where it leads no more.
  void decided(const change_result& msg, time_point hold);

  /// A configuration is committed, and all that are since the last call.
  void committed(const members_known& msg);

  /// The log is committed up to there, configurations included.
  void commit_reached(index_t commit);

  /// A snapshot stands for the log up to there: what it was, nobody can tell.
  void jumped_to(index_t index);

  void tenure_over();

  void connection_lost(server_id member);

  /// What that member was passed up to this term and did not answer it did not
  /// append, and never will.
  void refused_all(server_id member, term_t term);

  std::optional<time_point> next_deadline() const;

  void expire(time_point now);

  bool empty() const {
    return waiters_.empty();
  }

  /// Answers everyone: the member ends.
  void close();

private:
  enum class state_t : uint8_t {
    /// Nobody was asked, or who was asked did nothing.
    waiting,
    asked,
    /// It is in the leader's log.
    appended,
    committed,
  };

  struct waiter {
    change_members order;
    time_point deadline;
    request_id id;
    state_t state = state_t::waiting;
    server_id asked;
    term_t asked_in;
    entry_id entry;
  };

  template <class Predicate>
  void wait_again(Predicate which);
  void settle_all();
  bool settle(waiter& x);
  bool has_voters(const waiter& x) const;
  void answer(const waiter& x, errc code, std::string text);
  void give_up(const waiter& x);

  scheduled_actor* self_;
  group_id group_;
  sender me_;
  std::vector<waiter> waiters_;
  request_id last_;
  std::optional<time_point> hold_until_;
  placed_configuration newest_committed_;
  index_t commit_;
  /// The newest committed configurations: an answer may come behind them.
  std::deque<entry_id> reached_;
};

} // namespace caf::raft

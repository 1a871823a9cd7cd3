#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/core/open_requests.hpp"
#include "caf/raft/core/stage_account.hpp"
#include "caf/raft/settings.hpp"

#include <optional>

namespace caf::raft {

/// How to reach the leader of the present term: the own role, another member,
/// or not at all.
struct way_to_leader {
  server_id leader;
  term_t term;
  role_actor role;
  peer_actor peer;

  explicit operator bool() const {
    return role || peer;
  }
};

/// Keeps what clients wait for (core/open_requests), passes it on to whoever
/// leads, a batch a turn, and answers.
class client_desk {
public:
  client_desk(scheduled_actor* self, group_id group, sender me,
              const settings& cfg, uint64_t first_id);

  // -- from clients -----------------------------------------------------------

  /// @returns Whether there is something to pass on now; otherwise it was
  ///          answered.
  bool add(submit& msg, time_point now);

  void query_locally(submit& msg, const applier_actor& applier);

  // -- to the leader and back -------------------------------------------------

  /// Passes on what waits. Without a way it goes on waiting.
  void pass_on(const way_to_leader& way);

  bool wants_to_pass_on() const;

  void appended(const std::vector<proposal_result>& results);

  void read_confirmed(request_id batch, errc code, index_t index,
                      const applier_actor& applier);

  // -- what happens besides ---------------------------------------------------

  void tenure_over();

  /// Someone leads, who has not refused anything yet.
  void leader_known();

  /// Another member may not have got what it was passed, or its answers were lost.
  void connection_lost(server_id member);

  /// What another member was passed up to this term and did not answer it did not
  /// append, and never will.
  void refused_all(server_id member, term_t term);

  /// Entries are to be applied.
  void released(const entries_released& msg);

  void applied(entries_applied& msg, const applier_actor& applier);

  void answered(queries_answered& msg);

  bool waits_for_answers() const {
    return open_.waits_for_entries();
  }

  bool empty() const {
    return open_.empty();
  }

  /// Where the time of all that was answered went.
  std::vector<stage_status> stages() const;

  /// The nearest deadline, or the time to ask again.
  std::optional<time_point> next_deadline();

  void expire(time_point now);

  /// Answers everyone: the member ends.
  void close();

private:
  struct client {
    request_id id;
    client_actor reply_to;
  };

  using requests = core::open_requests<client>;

  void answer(requests::settled& what);
  void answer(requests::settled_list& all);
  void run(std::vector<requests::ready_query> ready,
           const applier_actor& applier);
  void pass_commands(const way_to_leader& way);
  void pass_reads(const way_to_leader& way);
  void send(const way_to_leader& way, const message& what);

  scheduled_actor* self_;
  group_id group_;
  sender me_;
  settings cfg_;
  requests open_;
  core::stage_account writes_;
  core::stage_account reads_;
  /// The leader refused commands (it hands over, or leads no more and nobody
  /// knows yet): not before then again. The same for reads.
  std::optional<time_point> hold_commands_until_;
  std::optional<time_point> hold_reads_until_;
  /// Reads whose answer may be lost ask anew then.
  std::optional<time_point> ask_reads_at_;
};

} // namespace caf::raft

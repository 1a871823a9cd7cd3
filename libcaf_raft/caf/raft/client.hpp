#pragma once

// What clients of a group and its member say to each other.

#include "caf/raft/client_membership.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/stage_times.hpp"
#include "caf/raft/status.hpp"
#include "caf/raft/types.hpp"

namespace caf::raft {

enum class request_kind : uint8_t {
  /// Changes the state machine.
  command,
  /// Reads it, linearizably.
  query,
  /// Reads this member's copy, which may be behind; never waits.
  local_query,
};

/// What became of a request.
struct outcome {
  /// As the client gave it.
  request_id id;
  errc code = errc::none;
  /// What the state machine answered.
  bytes answer;
  /// Of a command that was applied: its entry.
  entry_id entry;
  /// Why not, for a person; may be empty.
  std::string text;
  /// Of a command or query that was done: where its time went.
  stage_times times{};
};

using client_actor = handle<caf::result<void>(outcome)>;

/// A request of a client, at any member. Exactly one `outcome` goes to
/// `reply_to`.
struct submit {
  /// Chosen by the client, for its own use.
  request_id id;
  request_kind kind = request_kind::command;
  bytes payload;
  /// How long the client waits; zero: `settings::request_timeout`.
  timespan time_left{};
  client_actor reply_to;
};

/// The newest entries of the log, for reading by people.
struct log_page {
  request_id id;
  errc code = errc::none;
  index_t first_index;
  index_t last_index;
  index_t commit_index;
  entries content;
  std::string text;
};

using log_page_receiver = handle<caf::result<void>(log_page)>;

struct get_log {
  request_id id;
  /// Zero: from the first retained one.
  index_t from;
  uint64_t limit = 100;
  log_page_receiver reply_to;
};

struct status_report {
  request_id id;
  status value;
};

using status_receiver = handle<caf::result<void>(status_report)>;

struct get_status {
  request_id id;
  status_receiver reply_to;
};

/// Makes `to` the leader; none: the best of the others. Answered by an outcome
/// when that member leads, whichever member is asked.
struct transfer_leadership {
  request_id id;
  server_id to;
  timespan time_left{};
  client_actor reply_to;
};

/// Answered as soon as an election that is under way has ended, with an
/// outcome whose answer is one byte: whether this member leads.
struct ask_is_leader {
  request_id id;
  timespan time_left{};
  client_actor reply_to;
};

/// Takes a snapshot of this member's state machine now, or waits for the one that
/// is being taken. Answered by an outcome when it is on disk, with its last entry.
/// `rejected` where there can be none, `no_space` where there is no room.
struct request_snapshot {
  request_id id;
  timespan time_left{};
  client_actor reply_to;
};

/// What a subscriber hears.
struct group_event {
  enum class kind_t : uint8_t { role, leader, commit };
  kind_t kind = kind_t::role;
  term_t term;
  role_name role = role_name::follower;
  server_id leader;
  index_t commit_index;
};

using subscriber_actor = handle<caf::result<void>(group_event)>;

/// Events from now on; begins with one of each kind. Ends with the subscriber.
struct subscribe {
  subscriber_actor who;
};

/// Hands leadership over if we lead, answers what was accepted, then ends the
/// member. `stopped` goes to whoever asked.
struct stopped {};

using stop_listener = handle<caf::result<void>(stopped)>;

struct stop_group {
  timespan time_left{};
  stop_listener reply_to;
};

/// What clients of a group see.
using group_actor
  = handle<caf::result<void>(submit), caf::result<void>(get_status),
           caf::result<void>(get_log), caf::result<void>(transfer_leadership),
           caf::result<void>(change_members), caf::result<void>(ask_is_leader),
           caf::result<void>(subscribe), caf::result<void>(request_snapshot),
           caf::result<void>(stop_group)>;

// -- the typed handle (group.hpp) ---------------------------------------------

/// Before a query: answer it from this member's copy, which may be behind, and
/// do not wait.
struct local {};

/// Whether this member leads; waits while an election is under way.
struct is_leader {};

/// This member at one moment.
struct get_state {};

/// Makes another member the leader, none: the best of the others. Answered when
/// it leads.
struct transfer_to {
  server_id member;
};

/// Takes a snapshot of this member's state machine now. Answered with the index of
/// its last entry when it is on disk.
struct make_snapshot {};

/// Ends this member of the group: hands leadership over, answers what was
/// accepted.
struct leave {};

} // namespace caf::raft

#pragma once

// What a server and the role of the day say to each other. Who sends what to
// whom stands in actors.hpp.

#include "caf/raft/client.hpp"
#include "caf/raft/core/read_queue.hpp"
#include "caf/raft/core/room.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/time.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft {

// -- to the role --------------------------------------------------------------

/// One command for the leader.
struct command_to_append {
  request_id id;
  bytes payload;
};

/// Commands for the leader, all that arrived in one turn; from clients of this
/// member or passed on by another.
struct append_commands {
  server_id origin;
  std::vector<command_to_append> commands;
};

/// A read that waits for a read index.
struct confirm_read {
  core::reader who;
};

struct begin_transfer {
  request_id id;
  server_id to;
};

/// A change of the members for the leader: answered by `change_answered`.
struct begin_change {
  request_id id;
  change what;
};

/// A group message arrived. Its sender is who the handshake established.
struct received {
  message body;
  /// The connection that it came by, for messages: a later one of the same sender
  /// has a larger number. None: it may come at any time, as chunks do.
  uint64_t connection = 0;
};

/// Another member has said where it is, or, unformed, that it is there.
struct member_seen {
  sender who;
  std::string address;
  bool unformed = false;
};

struct report_role {
  request_id id;
};

/// A snapshot is stored here, and the state machine has reached it.
struct snapshot_stored {
  snapshot_head_ptr head;
};

/// The server ends the tenure: answered by `tenure_over`. Or it has heard of its
/// end: nothing is to come any more.
struct end_tenure {};

// -- to the server ------------------------------------------------------------

/// What one role hands to the next.
struct baton {
  core::tenure tenure;
  core::room_gauge room;
  /// Up to where entries were released to the applier.
  index_t released;
  /// The members, as the server was told.
  placed_configuration newest{};
  placed_configuration committed{};
};

/// A tenure has ended; the role is gone. By itself, and then it says what
/// should come next, or because it was told to.
struct tenure_over {
  tenure_id number;
  std::shared_ptr<baton> handed_over;
  core::role_kind next = core::role_kind::follower;
  /// A candidacy that the leader asked for.
  bool transfer = false;
  /// A message that the next role must see.
  std::shared_ptr<message> unread;
};

/// The leader has an acknowledgement of this member for entries behind its last
/// one.
struct log_is_too_old {
  index_t last;
  index_t acknowledged;
};

/// The leader appended, or did not: in the order of `append_commands`.
struct commands_appended {
  server_id origin;
  std::vector<proposal_result> results;
};

/// These reads may be answered once `index` is applied.
struct reads_confirmed {
  errc code = errc::none;
  index_t index;
  std::vector<core::reader> readers;
  /// For each reader at another member: the commit index as far as that one
  /// has acknowledged.
  std::map<server_id, index_t> commits;
};

/// A transfer was begun, or why not.
struct transfer_begun {
  request_id id;
  failure why;
  server_id to;
};

/// What the leader did with a change; its `id` is that of `begin_change`.
struct change_answered {
  change_result what;
};

/// The newest configuration of the log, or the newest committed one, is another
/// one now.
struct members_known {
  placed_configuration newest;
  placed_configuration committed;
  /// The configurations that were committed since this was said last.
  std::vector<entry_id> reached;
};

/// Entries up to `last` may be applied. The entries themselves where they are
/// in memory; otherwise the applier reads them.
struct entries_released {
  index_t commit_index;
  index_t last;
  entries content;
  /// When `last` was on this disk.
  time_point stored{};
};

/// The leader of the present term is known.
struct leader_known {
  tenure_id tenure;
  server_id leader;
};

/// The log begins behind this snapshot from now on, durably: the state machine has
/// to load it.
struct snapshot_installed {
  snapshot_head_ptr head;
};

struct role_report {
  request_id id;
  status value;
};

} // namespace caf::raft

#pragma once

// Every actor's typed interface, and who calls whom. Actors meet here only.
//
//   client ──► server ──► role (follower | candidate | leader) ──► log
//                │         │              └──► peer ──► outgoing_connection ~~►
//                │         └──► snapshotter
//                └──► applier ──► log_reader, snapshotter
//   ~~► incoming_connection ──► server           node: identity, formation,
//                                                peers, routes
//
// All messages are local and sent without an answer attached; an actor that
// owes one sends it to the handle it was given. No request timeouts, no
// per-entry messages between threads (docs/architecture.md).

#include "caf/raft/applier_messages.hpp"
#include "caf/raft/client.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/durable.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/role_messages.hpp"
#include "caf/raft/snapshotter_messages.hpp"
#include "caf/raft/status.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/wire/frame.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft {

/// Ends an actor in good order.
struct stop {};

/// A timer. An actor that re-arms knows old ones by their generation.
struct wake {
  uint64_t generation = 0;
};

// -- the log ------------------------------------------------------------------

/// Stores one write behind all that was sent before. Answered cumulatively by
/// `log_stored` to the group's server.
struct store {
  log_write what;
};

/// All writes of the group up to this one are durable. Only the log actor can
/// make it.
struct log_stored {
  durable<write_id> up_to;
};

/// How much room is set aside on the disk for records, in bytes; and what is
/// wrong, for a person.
struct log_room {
  size_t room = 0;
  std::string trouble;
};

struct recovered {
  result_of<storage::recovered_log> log = failure{};
};

/// Configuration zero is durable.
struct cluster_founded {
  cluster_id cluster;
  configuration_ptr zero;
};

using log_client
  = handle<caf::result<void>(recovered), caf::result<void>(log_stored),
           caf::result<void>(log_room)>;

using founding_client = handle<caf::result<void>(cluster_founded)>;

/// Reads what the log of a group holds; from then on `server` is told what
/// becomes durable.
struct recover_group {
  group_id group;
  size_t max_recent_bytes = 0;
  log_client server;
};

/// Makes configuration zero durable.
struct found_cluster {
  cluster_id cluster;
  configuration_ptr zero;
  founding_client reply_to;
};

/// Ends the log actor once everything it was sent is durable.
struct stop_log {
  stop_listener reply_to;
};

/// To itself: commit what is queued; make the last commit durable if nothing
/// else came.
struct drain {};
struct settle {};

using log_actor
  = handle<caf::result<void>(recover_group), caf::result<void>(store),
           caf::result<void>(found_cluster), caf::result<void>(drain),
           caf::result<void>(settle), caf::result<void>(wake),
           caf::result<void>(stop_log)>;

/// Entries that were read from the log for `read_log`.
struct log_read {
  request_id id;
  index_t first;
  result_of<entries> content = failure{};
};

using log_read_receiver = handle<caf::result<void>(log_read)>;

struct read_log {
  request_id id;
  group_id group;
  index_t first;
  /// Half-open.
  index_t last;
  size_t max_bytes = 0;
  log_read_receiver reply_to;
};

using log_reader_actor
  = handle<caf::result<void>(read_log), caf::result<void>(stop)>;

// -- snapshots -------------------------------------------------------------------

using snapshotter_actor = handle<
  caf::result<void>(recover_snapshot), caf::result<void>(begin_snapshot),
  caf::result<void>(write_chunk), caf::result<void>(abandon_snapshot),
  caf::result<void>(receive_chunk), caf::result<void>(read_chunk),
  caf::result<void>(dispose), caf::result<void>(wake), caf::result<void>(stop)>;

// -- peers and connections ------------------------------------------------------

/// Sends a frame to the other node; dropped while there is no connection.
struct send_frame {
  wire::frame_ptr frame;
  lane by = lane::messages;
};

/// The outgoing connection works from now on: after the handshake.
struct link_up {
  sender remote;
  /// None while the other side is unformed.
  cluster_id cluster;
  lane carries = lane::messages;
};

/// The connection is gone, or could not be made, and why.
struct link_down {
  std::string reason;
  /// Set where the other side refused the handshake.
  std::optional<refusal> refused;
  lane carries = lane::messages;
};

/// What we say of ourselves from now on. The connection is made anew with it,
/// unless only `newest_configuration` is another one.
struct new_hello {
  hello content;
};

/// The other node has just said hello to us: if it could not be reached before,
/// it is worth another try at once.
struct peer_seen {};

using peer_actor
  = handle<caf::result<void>(send_frame), caf::result<void>(link_up),
           caf::result<void>(link_down), caf::result<void>(new_hello),
           caf::result<void>(peer_seen), caf::result<void>(wake),
           caf::result<void>(stop)>;

using peer_table = std::map<server_id, peer_actor>;

/// The numeric addresses behind a name.
struct name_resolved {
  result_of<std::vector<std::string>> addresses = failure{};
};

using name_receiver = handle<caf::result<void>(name_resolved)>;

/// Looks a name up; for connections to names.
struct resolve_name {
  /// `HOST:PORT`
  std::string address;
  /// There is no answer after that.
  time_point until;
  name_receiver reply_to;
};

using resolver_actor
  = handle<caf::result<void>(resolve_name), caf::result<void>(stop)>;

/// The connection to a member was made or lost: messages in flight to it may be
/// gone.
struct peer_changed {
  server_id id;
  bool connected = false;
};

/// The peers that exist from now on.
struct new_peers {
  peer_table peers;
};

// -- roles --------------------------------------------------------------------

using role_actor = handle<
  // from other members
  caf::result<void>(request_vote), caf::result<void>(vote_result),
  caf::result<void>(append_entries), caf::result<void>(append_result),
  caf::result<void>(heartbeat), caf::result<void>(heartbeat_result),
  caf::result<void>(commit_notice), caf::result<void>(timeout_now),
  caf::result<void>(install_snapshot), caf::result<void>(install_result),
  // from the server
  caf::result<void>(append_commands), caf::result<void>(confirm_read),
  caf::result<void>(begin_transfer), caf::result<void>(begin_change),
  caf::result<void>(member_seen), caf::result<void>(report_role),
  caf::result<void>(log_stored), caf::result<void>(log_room),
  caf::result<void>(peer_changed), caf::result<void>(new_peers),
  caf::result<void>(snapshot_stored), caf::result<void>(chunk_received),
  caf::result<void>(end_tenure),
  // from the log reader, the snapshotter and from itself
  caf::result<void>(log_read), caf::result<void>(chunk_read),
  caf::result<void>(wake)>;

// -- the applier --------------------------------------------------------------

using applier_actor
  = handle<caf::result<void>(apply_entries), caf::result<void>(run_queries),
           caf::result<void>(log_read), caf::result<void>(wake),
           caf::result<void>(start_applying), caf::result<void>(load_snapshot),
           caf::result<void>(take_snapshot), caf::result<void>(chunk_read),
           caf::result<void>(chunk_written), caf::result<void>(view_more),
           caf::result<void>(stop)>;

// -- the server ---------------------------------------------------------------

/// To itself: pass on what arrived in this turn.
struct flush {};

/// The node is formed: who we are, and whom there is.
struct formed {
  cluster_id cluster;
  configuration_ptr zero;
};

/// The node is not formed yet, or its directory was lost.
struct not_formed {
  std::string waiting_for;
};

using server_actor = handle<
  // from clients: the interface of group_actor
  caf::result<void>(submit), caf::result<void>(get_status),
  caf::result<void>(get_log), caf::result<void>(transfer_leadership),
  caf::result<void>(change_members), caf::result<void>(ask_is_leader),
  caf::result<void>(subscribe), caf::result<void>(request_snapshot),
  caf::result<void>(stop_group),
  // from the node and the connections
  caf::result<void>(formed), caf::result<void>(not_formed),
  caf::result<void>(received), caf::result<void>(peer_changed),
  caf::result<void>(new_peers), caf::result<void>(member_seen),
  // from the log and its reader
  caf::result<void>(recovered), caf::result<void>(log_stored),
  caf::result<void>(log_room), caf::result<void>(log_read),
  // from the snapshotter
  caf::result<void>(snapshot_recovered), caf::result<void>(snapshot_taken),
  caf::result<void>(chunk_received),
  // from the role
  caf::result<void>(tenure_over), caf::result<void>(log_is_too_old),
  caf::result<void>(commands_appended), caf::result<void>(reads_confirmed),
  caf::result<void>(transfer_begun), caf::result<void>(change_answered),
  caf::result<void>(members_known), caf::result<void>(entries_released),
  caf::result<void>(leader_known), caf::result<void>(role_report),
  caf::result<void>(snapshot_installed),
  // from the applier
  caf::result<void>(entries_applied), caf::result<void>(queries_answered),
  caf::result<void>(snapshot_loaded),
  // from itself
  caf::result<void>(flush), caf::result<void>(wake)>;

/// Which server takes the messages of which group, and how large their frames
/// may be (`wire::max_body_size`).
struct route_table {
  std::map<group_id, server_actor> servers;
  size_t max_body_size = 0;
};

using route_table_ptr = std::shared_ptr<const route_table>;

// -- the node -----------------------------------------------------------------

/// To the connection: it is let in, and where its messages go.
struct admitted {
  /// Null where only messages between nodes are taken: one of the two sides is
  /// unformed.
  route_table_ptr routes;
  welcome answer;
  /// Later ones have larger numbers; none for chunks.
  uint64_t number = 0;
};

/// To the connection, also later on: it must end.
struct not_admitted {
  refusal why;
};

using incoming_connection_actor
  = handle<caf::result<void>(admitted), caf::result<void>(not_admitted),
           caf::result<void>(route_table_ptr), caf::result<void>(wake),
           caf::result<void>(stop)>;

/// Someone opened a connection and said hello.
struct hello_received {
  hello content;
  incoming_connection_actor connection;
  /// From where, for people; may be empty.
  std::string origin;
};

/// A message between nodes on an admitted connection.
struct node_message_received {
  sender from;
  /// As the handshake of the connection had it: none where the sender was
  /// unformed.
  cluster_id cluster;
  node_message body;
};

struct incoming_closed {
  /// None where it ended before the hello.
  sender from;
  incoming_connection_actor connection;
  std::string origin;
  std::string reason;
  /// Set where we refused it, at the handshake or later.
  std::optional<refusal> refused;
};

/// A peer's outgoing connection was made, was lost or could not be made.
struct peer_link_changed {
  server_id id;
  peer_actor peer;
  bool connected = false;
  /// Whom we found there.
  sender remote;
  cluster_id cluster;
  /// Why there is none.
  std::string reason;
  std::optional<refusal> refused;
  /// `bulk`: that there is none is all that is told of it.
  lane carries = lane::messages;
};

/// A group runs on this node from now on, or no more.
struct add_group {
  group_id group;
  server_actor server;
  /// `wire::max_body_size` of the group's settings.
  size_t max_body_size = 0;
};

struct remove_group {
  group_id group;
};

/// The newest committed configuration that a group of this node knows; the
/// handshake goes by it.
struct configuration_known {
  group_id group;
  placed_configuration newest;
  placed_configuration committed;
};

using node_actor = handle<
  caf::result<void>(hello_received), caf::result<void>(node_message_received),
  caf::result<void>(incoming_closed), caf::result<void>(peer_link_changed),
  caf::result<void>(add_group), caf::result<void>(remove_group),
  caf::result<void>(configuration_known), caf::result<void>(cluster_founded),
  caf::result<void>(wake), caf::result<void>(stop)>;

} // namespace caf::raft

#include "caf/raft/actors_types.hpp"

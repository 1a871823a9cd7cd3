#pragma once

// The actors of kvnode's HTTP server and their messages.
//
//   http_acceptor ──► http_connection ──► the group
//
// They run with the I/O. An acceptor gives each connection a broker of its own,
// which ends with it.

#include "kvnode/http_parser.hpp"
#include "kvnode/json_views.hpp"
#include "kvnode/routes.hpp"

#include <caf/raft/node.hpp>

#include <caf/io/system_messages.hpp>

#include <chrono>
#include <future>
#include <memory>

namespace kvnode {

/// Answer what has arrived, take nothing more and end. The second one: end at
/// once.
struct finish {};

/// A timer; old ones are known by their generation.
struct alarm {
  uint64_t generation = 0;
};

/// To itself: send the answers that were found in this turn.
struct send_answers {};

/// To itself: read on.
struct read_on {};

/// A connection was told to finish, and has passed on what it takes.
struct nothing_new {
  uint64_t number = 0;
};

/// A connection has ended.
struct connection_over {
  uint64_t number = 0;
};

/// What is asked of the group; any member does.
using group_front = raft::handle<
  caf::result<void>(raft::submit), caf::result<void>(raft::get_status),
  caf::result<void>(raft::get_log), caf::result<void>(raft::change_members),
  caf::result<void>(raft::transfer_leadership),
  caf::result<void>(raft::request_snapshot)>;

using http_connection_actor = raft::handle<
  caf::result<void>(raft::outcome), caf::result<void>(raft::status_report),
  caf::result<void>(raft::log_page), caf::result<void>(raft::members_changed),
  caf::result<void>(alarm), caf::result<void>(send_answers),
  caf::result<void>(read_on), caf::result<void>(finish),
  caf::result<void>(caf::io::new_data_msg),
  caf::result<void>(caf::io::data_transferred_msg),
  caf::result<void>(caf::io::connection_closed_msg)>;

using http_acceptor_actor
  = raft::handle<caf::result<void>(nothing_new),
                 caf::result<void>(connection_over), caf::result<void>(finish),
                 caf::result<void>(caf::io::new_connection_msg),
                 caf::result<void>(caf::io::acceptor_closed_msg)>;

struct http_settings {
  http_parser::limits limits;
  route_options routes;

  /// Every request is answered within this time after its last byte.
  raft::timespan request_timeout = std::chrono::seconds(5);

  /// As above, for what only this member is asked.
  raft::timespan status_timeout = std::chrono::milliseconds(350);

  /// From the first byte of a request to its last.
  raft::timespan receive_timeout = std::chrono::seconds(30);

  /// How long a connection may be silent between requests.
  raft::timespan idle_timeout = std::chrono::seconds(120);

  /// How long a client may read nothing of what is there for it.
  raft::timespan stall_timeout = std::chrono::seconds(30);

  /// As above, where it sends more and more requests meanwhile.
  raft::timespan push_timeout = std::chrono::seconds(5);

  /// How long a client may take to close after we have.
  raft::timespan linger = std::chrono::seconds(2);

  size_t max_connections = 20'000;

  /// Requests of one connection that may be under way; more have to wait.
  size_t max_open_requests = 64;

  /// While a client has not read so many bytes, its requests have to wait.
  size_t max_unread_bytes = 1 << 20;

  /// While all clients together have not taken so many bytes, what may have a
  /// large answer is refused.
  size_t max_held_bytes = 256 << 20;

  /// While waiting requests are larger, nothing is read.
  size_t max_waiting_bytes = 256 << 10;
};

/// What all connections share.
struct http_environment {
  http_settings cfg;
  group_front group;
  http_counters counters;
  /// Of the answers that clients have not taken; for the server's thread.
  size_t held_bytes = 0;
  /// Fulfilled when the server was told to finish, and the group has all that
  /// it takes.
  std::promise<void> taken;
  /// Fulfilled when the acceptor and all connections have ended.
  std::promise<void> ended;
};

/// One part of a sum, taken off when it ends.
class share {
public:
  explicit share(size_t& sum) : sum_(sum) {
    // nop
  }

  share(const share&) = delete;
  share& operator=(const share&) = delete;

  ~share() {
    set(0);
  }

  void set(size_t part) {
    sum_ = sum_ - part_ + part;
    part_ = part;
  }

private:
  size_t& sum_;
  size_t part_ = 0;
};

using http_environment_ptr = std::shared_ptr<http_environment>;

} // namespace kvnode

CAF_BEGIN_TYPE_ID_BLOCK(kvnode, caf::raft::first_application_type_id)
CAF_ADD_TYPE_ID(kvnode, (kvnode::finish))
CAF_ADD_TYPE_ID(kvnode, (kvnode::alarm))
CAF_ADD_TYPE_ID(kvnode, (kvnode::send_answers))
CAF_ADD_TYPE_ID(kvnode, (kvnode::read_on))
CAF_ADD_TYPE_ID(kvnode, (kvnode::nothing_new))
CAF_ADD_TYPE_ID(kvnode, (kvnode::connection_over))
CAF_END_TYPE_ID_BLOCK(kvnode)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kvnode::finish)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kvnode::alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kvnode::send_answers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kvnode::read_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kvnode::nothing_new)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kvnode::connection_over)

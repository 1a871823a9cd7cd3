#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/incoming_connection.hpp"
#include "caf/raft/outgoing_connection.hpp"
#include "caf/raft/tcp_stream.hpp"

#include <caf/io/system_messages.hpp>

#include <deque>
#include <memory>
#include <string>

// The brokers of TCP connections, one for each: it ends with its connection, so
// that nothing that was meant for one connection ever reaches another one.

namespace caf::raft {

/// What a connection and all of them may take.
struct tcp_limits {
  /// How many connections are accepted: many for a cluster, few for the limit of
  /// open files.
  size_t max_incoming = 256;
  /// See `handshake_timeout`; looking a name up is a part of it.
  timespan handshake = handshake_timeout;
};

using tcp_outgoing_actor
  = handle<caf::result<void>(send_frame), caf::result<void>(wake),
           caf::result<void>(stop), caf::result<void>(name_resolved),
           caf::result<void>(io::new_data_msg),
           caf::result<void>(io::data_transferred_msg),
           caf::result<void>(io::connection_closed_msg)>;

/// A connection that we open: tries the addresses behind a name in turn.
class tcp_outgoing_state {
public:
  using handle = tcp_outgoing_actor;
  static constexpr const char* name = "raft.outgoing";

  tcp_outgoing_state(scheduled_actor* self, const std::string& address,
                     const hello& me, peer_actor owner,
                     const resolver_actor& resolver, timespan handshake);

  handle::behavior_type make_behavior();

private:
  void on(const name_resolved& msg);
  void on(const io::connection_closed_msg& msg);

  void try_next();
  void end_if_closed();

  scheduled_actor* self_;
  std::deque<std::string> addresses_;
  /// Why the last address that was tried did not do.
  std::string trouble_;
  tcp_stream stream_;
  outgoing_connection connection_;
};

using tcp_incoming_actor
  = handle<caf::result<void>(admitted), caf::result<void>(not_admitted),
           caf::result<void>(route_table_ptr), caf::result<void>(wake),
           caf::result<void>(stop), caf::result<void>(io::new_data_msg),
           caf::result<void>(io::data_transferred_msg),
           caf::result<void>(io::connection_closed_msg)>;

/// The place of one incoming connection, which holds it; on the thread of the
/// middleman.
struct seat {
  /// The node knows whose connection this is, and it has not ended.
  bool let_in = false;
};

/// A connection that we accepted.
class tcp_incoming_state {
public:
  using handle = tcp_incoming_actor;
  static constexpr const char* name = "raft.incoming";

  /// @param place Held until the connection is gone.
  tcp_incoming_state(scheduled_actor* self, const io::scribe_ptr& connection,
                     node_actor owner, std::shared_ptr<seat> place,
                     timespan handshake);

  handle::behavior_type make_behavior();

private:
  void on(wake msg);
  void on(const io::connection_closed_msg& msg);

  void end_if_closed();

  scheduled_actor* self_;
  std::shared_ptr<seat> place_;
  tcp_stream stream_;
  incoming_connection connection_;
};

} // namespace caf::raft

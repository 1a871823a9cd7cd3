#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/incoming_link.hpp"
#include "caf/raft/transport.hpp"

#include <optional>
#include <string>

namespace caf::raft {

/// An incoming connection but for what carries its bytes: a link, and the way
/// of its messages to servers and node. A host (a broker, or an actor of the
/// simulated network) owns one and passes on to it all that
/// `incoming_connection_actor` takes, and what its stream says.
class incoming_connection : private incoming_link::listener {
public:
  /// @param origin Where the connection comes from, for people.
  incoming_connection(scheduled_actor* self, byte_stream& stream,
                      node_actor owner, std::string origin = {});

  /// Sees to the deadline of the handshake by a `wake{}`. Once.
  void start(timespan limit = handshake_timeout);

  void on(const admitted& msg);
  void on(const not_admitted& msg);
  void on(const route_table_ptr& msg);

  /// Takes generation 0, leaves others to the host.
  void on(wake msg);

  /// The link goes down; the host ends when its stream has.
  void on(stop);

  void on_bytes(bytes_view arrived);

  void on_closed(const std::string& reason);

private:
  void on_hello(const hello& msg) override;
  void on_message(envelope& msg) override;
  void on_message(node_message& msg) override;
  void on_down(const std::string& reason,
               const std::optional<refusal>& refused) override;

  incoming_connection_actor me() const;

  scheduled_actor* self_;
  node_actor owner_;
  std::string origin_;
  incoming_link link_;
  /// As the hello had it.
  cluster_id cluster_;
  route_table_ptr routes_;
  uint64_t number_ = 0;
};

} // namespace caf::raft

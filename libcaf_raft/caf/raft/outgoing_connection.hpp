#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/outgoing_link.hpp"
#include "caf/raft/transport.hpp"

#include <string>

namespace caf::raft {

/// An outgoing connection but for what carries its bytes: a link, and what its
/// peer says and hears. A host (a broker, or an actor of the simulated network)
/// owns one and passes on to it all that `outgoing_connection_actor` takes, and
/// what its stream says.
class outgoing_connection : private outgoing_link::listener {
public:
  outgoing_connection(scheduled_actor* self, byte_stream& stream,
                      const hello& me, peer_actor owner);

  /// Says hello, and sees to the deadline of the handshake by a `wake{}`. Once.
  void start(timespan limit = handshake_timeout);

  void on(const send_frame& msg);

  /// Takes generation 0, leaves others to the host.
  void on(wake msg);

  /// The link goes down; the host ends when its stream has.
  void on(stop);

  void on_bytes(bytes_view arrived);

  /// @param reason Such as "connection refused".
  void on_closed(const std::string& reason);

private:
  void on_up(const welcome& remote) override;
  void on_down(const link_down& why) override;

  scheduled_actor* self_;
  lane carries_;
  peer_actor owner_;
  outgoing_link link_;
};

} // namespace caf::raft

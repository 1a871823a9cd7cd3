#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/wire/frame.hpp"

#include <chrono>
#include <string>

namespace caf::raft {

/// From the opening of a connection to the answer to its hello, on both sides.
inline constexpr timespan handshake_timeout = std::chrono::seconds(2);

/// The seam under a connection: TCP has one implementation, the simulated
/// network another. Whoever owns the stream calls the link's `on_bytes`.
class byte_stream {
public:
  virtual ~byte_stream();

  /// Queues bytes; never blocks.
  virtual void out(const wire::frame_ptr& what) = 0;

  /// How many bytes were queued and not yet taken by the other side or by the
  /// kernel. A link above its limit is closed (docs/wire.md).
  virtual size_t outstanding() const = 0;

  /// Closes once everything that was queued is written, within reason.
  virtual void close() = 0;
};

/// A connection that we opened, in the place of the real one: frames go out.
/// Says `link_up` and `link_down` to its owner; ends with `link_down`.
using outgoing_connection_actor
  = handle<caf::result<void>(send_frame), caf::result<void>(wake),
           caf::result<void>(stop)>;

/// Makes connections: TCP, or the simulated network.
class transport {
public:
  virtual ~transport();

  /// Opens a connection. Never blocks and never throws: what goes wrong becomes
  /// a `link_down`.
  /// @param address `HOST:PORT`, IPv6 in brackets.
  /// @param me      Said first; `me.to` is whom we expect to find there.
  virtual outgoing_connection_actor
  connect(const std::string& address, const hello& me, peer_actor owner)
    = 0;

  /// Accepts connections from now on and tells `owner` of each that says hello.
  /// @returns The address where we listen, with the port that was chosen if 0
  ///          was asked for.
  virtual result_of<std::string>
  listen(const std::string& address, node_actor owner) = 0;

  /// Accepts no more connections.
  virtual void stop_listening() = 0;
};

} // namespace caf::raft

#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/tcp_connection_actor.hpp"

#include <caf/io/abstract_broker.hpp>
#include <caf/io/system_messages.hpp>

#include <memory>

namespace caf::raft {

using acceptor_actor
  = handle<caf::result<void>(io::new_connection_msg),
           caf::result<void>(io::acceptor_closed_msg), caf::result<void>(stop)>;

/// The listening socket: gives each connection to a broker of its own.
class acceptor_state {
public:
  using handle = acceptor_actor;
  static constexpr const char* name = "raft.acceptor";

  /// @param listener A listening socket, which the acceptor closes.
  /// @param limits   `max_incoming`: above that connections are refused at once.
  ///                 Well below the limit of open files, where accepting fails
  ///                 again and again.
  acceptor_state(scheduled_actor* self, int listener, node_actor owner,
                 tcp_limits limits);

  handle::behavior_type make_behavior();

private:
  void on(const io::new_connection_msg& msg);

  void turn_away(io::connection_handle connection);

  scheduled_actor* self_;
  io::abstract_broker* broker_;
  node_actor owner_;
  tcp_limits limits_;
  /// Every connection holds a copy.
  std::shared_ptr<const void> permit_;
};

} // namespace caf::raft

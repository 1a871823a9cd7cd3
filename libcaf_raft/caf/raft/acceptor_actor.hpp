#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/tcp_connection_actor.hpp"

#include <caf/io/abstract_broker.hpp>
#include <caf/io/system_messages.hpp>

#include <memory>
#include <vector>

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
  /// @param limits   `max_incoming`: above that the connection ends that waits
  ///                 for longest to be let in, and where all were let in the new
  ///                 one is refused. Well below the limit of open files, where
  ///                 accepting fails again and again.
  acceptor_state(scheduled_actor* self, int listener, node_actor owner,
                 tcp_limits limits);

  handle::behavior_type make_behavior();

private:
  struct incoming {
    std::weak_ptr<seat> place;
    tcp_incoming_actor connection;
  };

  void on(const io::new_connection_msg& msg);

  bool make_way();

  void turn_away(io::connection_handle connection);

  scheduled_actor* self_;
  io::abstract_broker* broker_;
  node_actor owner_;
  tcp_limits limits_;
  /// In the order in which they came; some of them may be gone.
  std::vector<incoming> connections_;
};

} // namespace caf::raft

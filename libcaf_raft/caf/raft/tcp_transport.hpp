#pragma once

#include "caf/raft/acceptor_actor.hpp"
#include "caf/raft/actors.hpp"
#include "caf/raft/transport.hpp"

#include <string>

namespace caf::raft {

/// Connections over TCP, on the thread of the middleman.
class tcp_transport : public transport {
public:
  /// @param sys Has the middleman loaded.
  explicit tcp_transport(actor_system& sys, tcp_limits limits = {});

  /// Accepts no more; connections end with their owners.
  ~tcp_transport() override;

  tcp_transport(const tcp_transport&) = delete;
  tcp_transport& operator=(const tcp_transport&) = delete;

  outgoing_connection_actor connect(const std::string& address, const hello& me,
                                    peer_actor owner) override;

  /// Blocks while the name of the host is looked up, if it is one.
  result_of<std::string> listen(const std::string& address,
                                node_actor owner) override;

  void stop_listening() override;

private:
  actor_system& sys_;
  tcp_limits limits_;
  resolver_actor resolver_;
  acceptor_actor acceptor_;
};

} // namespace caf::raft

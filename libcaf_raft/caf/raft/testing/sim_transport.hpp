#pragma once

#include "caf/raft/testing/sim_network.hpp"
#include "caf/raft/testing/sim_system.hpp"
#include "caf/raft/transport.hpp"

#include <memory>
#include <string>

namespace caf::raft::testing {

/// The simulated network as the actors of one life of a member's process see
/// it. The real links and connections run on it; only the sockets are replaced.
class sim_transport : public transport {
public:
  sim_transport(sim_network& net, sim_system& sys, server_id member);

  outgoing_connection_actor connect(const std::string& address, const hello& me,
                                    peer_actor owner) override;

  result_of<std::string> listen(const std::string& address,
                                node_actor owner) override;

  void stop_listening() override;

  /// The process is gone: nothing more comes from it.
  void end() {
    ended_ = true;
  }

private:
  sim_network& net_;
  sim_system& sys_;
  server_id member_;
  bool ended_ = false;
};

} // namespace caf::raft::testing

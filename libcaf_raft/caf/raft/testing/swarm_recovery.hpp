#pragma once

#include "caf/raft/testing/sim_cluster.hpp"
#include "caf/raft/testing/swarm_clients.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace caf::raft::testing {

/// The second half of a swarm run: everything works again, so the cluster must,
/// too.
class swarm_recovery {
public:
  /// @param sound The members that have their disk and their vote.
  swarm_recovery(sim_cluster& sim, std::vector<server_id> sound);

  /// Demands that all groups get a leader, do new writes at every sound member,
  /// that all requests are answered, that the logs of the sound members are the
  /// same in the end, and that nothing acknowledged is missing from them.
  /// @throws swarm_failure, invariant_violated
  void run(std::deque<swarm_clients>& clients);

private:
  void demand(const std::function<bool()>& what, const std::string& text);
  void write_at(server_id id, group_id group);
  bool logs_are_equal(group_id group) const;
  std::string state_of(group_id group) const;

  sim_cluster& sim_;
  std::vector<server_id> sound_;
};

} // namespace caf::raft::testing

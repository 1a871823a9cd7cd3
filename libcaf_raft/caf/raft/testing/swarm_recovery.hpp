#pragma once

#include "caf/raft/testing/sim_cluster.hpp"
#include "caf/raft/testing/swarm_clients.hpp"

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace caf::raft::testing {

/// The second half of a swarm run: everything works again, so the cluster must,
/// too.
class swarm_recovery {
public:
  /// @param rotten Those whose disks are damaged.
  swarm_recovery(sim_cluster& sim, std::set<server_id> rotten);

  /// Demands that all groups get a leader; that no change of the members is under
  /// way any more, and whoever was removed has ended; that they do new writes at
  /// every member, and answer all requests; that the logs of the members are the
  /// same in the end, and that nothing acknowledged is missing from them.
  /// @throws swarm_failure, invariant_violated
  void run(std::deque<swarm_clients>& clients);

private:
  void demand(const std::function<bool()>& what, const std::string& text);
  bool members_are_settled(group_id group);
  bool removed_have_ended(group_id group);
  configuration members_of(group_id group);
  void write_at(server_id id, group_id group);
  bool logs_are_equal(group_id group) const;
  std::string state_of(group_id group) const;

  sim_cluster& sim_;
  std::set<server_id> rotten_;
  /// The members of the group that it is about, but for the rotten.
  std::vector<server_id> sound_;
};

} // namespace caf::raft::testing

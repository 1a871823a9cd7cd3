#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/applier_actor.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/storage/snapshot_store.hpp"
#include "caf/raft/transport.hpp"

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace caf::raft {

/// Where the actors of a node run. In the simulation all are scheduled.
struct placements {
  /// Servers, roles, peers, connections, and appliers of quick state machines.
  placement front = placement::scheduled;
  placement log = placement::scheduled;
  placement log_reader = placement::scheduled;
  placement applier = placement::scheduled;
  placement snapshotter = placement::scheduled;
};

struct assembly_settings {
  /// Addresses of the initial members in order of id.
  std::vector<std::string> initial_members;
  /// The own address, as others are told.
  std::string address;
  /// Whether an unformed member joins a cluster that runs.
  bool join = false;
  /// Checked against peers where it is given.
  cluster_id expected_cluster;
  uint64_t seed = 0;
  placements where;
  logger log;
  fatal_handler fatal;
  /// This member was removed from a group, and has ended there.
  std::function<void(group_id)> removed;
};

/// What a group on this node needs besides.
struct group_settings {
  group_id group{1};
  settings cfg;
  applier_state::machine_factory make;
  /// Whether the machine says that it is quick.
  bool quick = false;
};

/// The actors of one node put together, over any store and any transport: the
/// real node and the simulated one are this.
class assembly {
public:
  /// Spawns log, log reader, snapshotter and node actor. The peers begin to be dialled; the
  /// owner makes the transport listen.
  assembly(actor_system& sys, std::shared_ptr<storage::log_store> store,
           std::shared_ptr<storage::snapshot_store> snapshots,
           std::shared_ptr<transport> net, assembly_settings cfg);

  /// Spawns this node's member of a group.
  server_actor add_group(const group_settings& cfg);

  const log_actor& log() const {
    return log_;
  }

  const log_reader_actor& log_reader() const {
    return reader_;
  }

  const snapshotter_actor& snapshotter() const {
    return snapshotter_;
  }

  const node_actor& node() const {
    return node_;
  }

private:
  actor_system& sys_;
  std::shared_ptr<storage::log_store> store_;
  std::shared_ptr<transport> net_;
  assembly_settings cfg_;
  std::mt19937_64 rng_;
  log_actor log_;
  log_reader_actor reader_;
  snapshotter_actor snapshotter_;
  node_actor node_;
};

} // namespace caf::raft

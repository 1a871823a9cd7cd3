#include "caf/raft/testing/election_trial.hpp"

#include "caf/raft/testing/sim_cluster.hpp"

#include <fmt/format.h>

namespace caf::raft::testing {

namespace {

constexpr size_t servers = 5;
constexpr server_id dead{servers};
constexpr group_id group{1};
constexpr term_t term{1};

/// Neither network nor disks take time.
cluster_settings settings_of(const election_trial& what) {
  cluster_settings result;
  result.members = servers;
  result.seed = what.seed;
  result.group.election_timeout = what.timeout;
  result.group.election_jitter = what.jitter;
  result.group.heartbeat_interval = what.timeout / 2;
  result.group.pre_vote = what.pre_vote;
  result.network.min_latency = timespan::zero();
  result.network.max_latency = timespan::zero();
  result.min_sync = timespan::zero();
  result.max_sync = timespan::zero();
  return result;
}

entries log_of(size_t length) {
  entries result;
  for (size_t i = 1; i <= length; ++i)
    result.push_back(entry::make(index_t{i}, term, entry_kind::command,
                                 as_bytes(fmt::format("put k{} v", i))));
  return result;
}

} // namespace

timespan downtime(const election_trial& what, const broadcast_time& takes) {
  sim_cluster sim{settings_of(what)};
  // Of the four that are left, each with its own length, the two longest can get
  // three votes.
  for (auto id : sim.ids())
    sim.disk(id).put(group, {term, dead}, log_of(id.value));
  sim.rules().assume_committed(sim.disk(dead), group, index_t{1});
  auto since_heartbeat = timespan{static_cast<timespan::rep>(
    sim.rng()() % static_cast<uint64_t>((what.timeout / 2).count()))};
  // Whoever starts waits as if it had just heard its leader. All read their logs
  // and connect in no time: else they would not begin to wait at the same moment.
  for (auto id : sim.ids())
    if (id != dead)
      sim.start(id);
  sim.settle();
  sim.network().conditions().min_latency = takes.min_latency;
  sim.network().conditions().max_latency = takes.max_latency;
  sim.set_sync_time(takes.min_sync, takes.max_sync);
  auto start = sim.now();
  sim.run_until([&] { return bool{sim.leader()}; },
                what.limit + since_heartbeat);
  return sim.now() - start - since_heartbeat;
}

} // namespace caf::raft::testing

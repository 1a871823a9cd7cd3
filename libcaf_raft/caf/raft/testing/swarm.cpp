#include "caf/raft/testing/swarm.hpp"

#include "caf/raft/testing/linearizability.hpp"
#include "caf/raft/testing/swarm_clients.hpp"
#include "caf/raft/testing/swarm_faults.hpp"
#include "caf/raft/testing/swarm_recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace caf::raft::testing {

namespace {

using std::chrono::seconds;

constexpr size_t max_check_steps = 1'000'000;

void check_history(const history& xs, swarm_report& report) {
  auto is_done = [](auto& x) {
    return x.result != op_result::unknown && x.result != op_result::failed;
  };
  report.operations += xs.size();
  report.done += std::count_if(xs.begin(), xs.end(), is_done);
  auto checked = check_linearizability(xs, max_check_steps);
  if (checked.result == verdict::undecided)
    ++report.undecided;
  if (checked.result == verdict::violated)
    throw swarm_failure(fmt::format("the history of key {} is not "
                                    "linearizable: {}",
                                    checked.key, checked.explanation));
}

cluster_settings settings_of(const swarm_plan& plan, const swarm_options& how) {
  auto result = plan.cluster;
  result.events = how.events;
  result.log = how.log;
  return result;
}

/// The whole run, in a cluster that is there.
swarm_report run_in(sim_cluster& sim, const swarm_plan& plan,
                    timespan duration) {
  auto begin = sim.now();
  std::deque<swarm_clients> clients;
  for (auto group : sim.groups())
    clients.emplace_back(sim, group, plan.workload);
  swarm_faults faults{sim, plan.faults};
  sim.start_all();
  for (auto& x : clients)
    x.start();
  faults.start();
  sim.run_for(duration);
  faults.stop();
  sim.run_for(seconds(2));
  for (auto& x : clients)
    x.stop();
  auto can_recover = faults.can_recover();
  if (can_recover)
    swarm_recovery{sim, faults.rotten()}.run(clients);
  swarm_report result;
  result.trace_hash = sim.trace_hash();
  result.messages = sim.messages_handled();
  result.passed = sim.now() - begin;
  result.lost = can_recover ? 0 : 1;
  result.faults = faults.count();
  for (size_t i = 0; i < fault_kinds; ++i)
    result.faults_by_kind[i] = faults.count(static_cast<fault_kind>(i));
  for (auto& x : clients)
    check_history(x.operations(), result);
  return result;
}

} // namespace

swarm_report run_swarm(const swarm_plan& plan, const swarm_options& how) {
  sim_cluster sim{settings_of(plan, how)};
  try {
    return run_in(sim, plan, how.duration);
  } catch (const std::exception& x) {
    sim.tell(run_failed{x.what()});
    throw;
  }
}

} // namespace caf::raft::testing

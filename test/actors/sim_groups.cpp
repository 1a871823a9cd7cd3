#include "caf/raft/testing/linearizability.hpp"
#include "caf/raft/testing/sim_cluster.hpp"
#include "caf/raft/testing/swarm_clients.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id groups[] = {group_id{1}, group_id{2}, group_id{3}};

bool all_have_leaders(const sim_cluster& sim) {
  return sim.leader(groups[0]) && sim.leader(groups[1])
         && sim.leader(groups[2]);
}

/// Asks until it is done.
void lead(sim_cluster& sim, group_id group, server_id who) {
  auto is_done = [&] { return sim.leader(group) == who; };
  for (auto tries = 0; tries < 20 && !is_done(); ++tries) {
    sim.transfer(sim.leader(group), group, who, 2s, [](const outcome&) {});
    sim.run_until(is_done, 3s);
  }
  REQUIRE(is_done());
}

} // namespace

TEST_CASE("three groups share nodes and disks; one loses its leader and the "
          "others do not notice") {
  cluster_settings cfg;
  cfg.seed = 11;
  cfg.groups = {groups[0], groups[1], groups[2]};
  sim_cluster sim{cfg};
  sim.start_all();
  REQUIRE(sim.run_until([&] { return all_have_leaders(sim); }, 30s));
  // The leader of the first group leads no other.
  lead(sim, groups[0], server_id{1});
  lead(sim, groups[1], server_id{2});
  lead(sim, groups[2], server_id{3});
  auto term = [&](size_t i) { return sim.view(server_id{3}, groups[i]).term; };
  term_t before[] = {term(0), term(1), term(2)};
  workload_plan work;
  work.clients = 3;
  work.keys = 2;
  work.usual_pause = 10ms;
  work.timeout = 2s;
  std::deque<swarm_clients> clients;
  for (auto group : groups) {
    clients.emplace_back(sim, group, work);
    clients.back().start();
  }
  sim.run_for(2s);
  sim.crash(server_id{1}, crash_kind::power);
  sim.run_for(6s);
  CHECK(term(0) > before[0]);
  CHECK(term(1) == before[1]);
  CHECK(term(2) == before[2]);
  CHECK(sim.leader(groups[1]) == server_id{2});
  CHECK(sim.leader(groups[2]) == server_id{3});
  sim.start(server_id{1});
  sim.run_for(3s);
  for (auto& x : clients)
    x.stop();
  sim.run_for(5s);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(sim.rules().committed_entries(groups[i]) > 50);
    auto checked = check_linearizability(clients[i].operations());
    INFO(checked.explanation);
    CHECK(checked.result == verdict::linearizable);
  }
  for (auto id : sim.ids())
    sim.rules().check_complete(sim.disk(id));
  CHECK(!sim.rules().violation());
  CHECK(sim.open_requests() == 0);
}

#include "caf/raft/testing/sim_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id one{1};

/// What became of many requests at one member.
struct answers {
  std::map<errc, size_t> by_code;
  std::vector<size_t> of_each;

  void ask(sim_cluster& sim, server_id at, request_kind kind,
           const std::string& text) {
    auto number = of_each.size();
    of_each.push_back(0);
    sim.submit(at, one, kind, to_bytes(text), 20s,
               [this, number](const outcome& x) {
                 ++by_code[x.code];
                 ++of_each[number];
               });
  }

  size_t count(size_t times) const {
    return static_cast<size_t>(
      std::count(of_each.begin(), of_each.end(), times));
  }
};

} // namespace

TEST_CASE("a leader that steps down with thousands of requests open answers "
          "each once") {
  cluster_settings cfg;
  cfg.seed = 34;
  sim_cluster sim{cfg};
  sim.start_all();
  REQUIRE(sim.run_until([&] { return bool{sim.leader()}; }, 30s));
  auto old_leader = sim.leader();
  sim.run_for(1s);
  // What it appends from now on reaches nobody.
  for (auto id : sim.ids())
    if (id != old_leader)
      sim.network().cut(old_leader, id);
  answers found;
  for (int i = 0; i < 6000; ++i) {
    if (i % 3 == 0)
      found.ask(sim, old_leader, request_kind::query, "get a");
    else
      found.ask(sim, old_leader, request_kind::command,
                "put k" + std::to_string(i % 7) + " v");
  }
  // Without a quorum it steps down, and others elect another leader.
  auto replaced = [&] { return sim.leader() && sim.leader() != old_leader; };
  REQUIRE(sim.run_until(replaced, 10s));
  CHECK(found.count(0) == 6000);
  sim.network().mend_all();
  // Its log gets other entries in the places of theirs.
  answers later;
  for (int i = 0; i < 5000; ++i)
    later.ask(sim, sim.leader(), request_kind::command, "put b v");
  REQUIRE(sim.run_until([&] { return sim.open_requests() == 0; }, 30s));
  CHECK(found.count(1) == 6000);
  CHECK(later.count(1) == 5000);
  // Reads ask the new leader; the commands never will be done.
  CHECK(found.by_code[errc::none] == 2000);
  CHECK(found.by_code[errc::no_leader] == 4000);
}

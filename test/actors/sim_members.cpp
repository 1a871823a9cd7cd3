#include "caf/raft/core/membership.hpp"
#include "caf/raft/testing/sim_cluster.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id one{1};

constexpr group_id two{2};

/// A cluster that has a leader, and hears of members that fail.
struct changing_cluster {
  explicit changing_cluster(cluster_settings cfg) : sim(listening(cfg)) {
    sim.start_all();
    for (auto group : sim.groups())
      REQUIRE(sim.run_until([&] { return bool{sim.leader(group)}; }, 30s));
  }

  cluster_settings listening(cluster_settings cfg) {
    cfg.events = [this](const run_event& x) {
      if (auto* y = std::get_if<member_failed>(&x.what))
        failures.push_back(y->why);
    };
    return cfg;
  }

  /// Some member that does not lead.
  server_id follower(group_id group = one) {
    return server_id{sim.leader(group).value % 3 + 1};
  }

  void write(group_id group = one) {
    auto done = false;
    sim.submit(sim.leader(group), group, request_kind::command,
               to_bytes("put a 1"), 2s,
               [&](const outcome& x) { done = x.code == errc::none; });
    REQUIRE(sim.run_until([&] { return done; }, 10s));
  }

  errc ask(server_id at, change what, group_id group = one) {
    std::optional<errc> result;
    sim.change(at, group, std::move(what), true, 10s,
               [&](const members_changed& x) { result = x.code; });
    REQUIRE(sim.run_until([&] { return result.has_value(); }, 20s));
    return *result;
  }

  configuration members(group_id group = one) {
    auto leader = sim.leader(group);
    return leader ? *newest_members(sim.disk(leader), group).value
                  : configuration{};
  }

  /// Whether this very life of its directory is a voter.
  bool votes(server_id id, group_id group = one) {
    auto conf = members(group);
    return core::names(conf, {id, sim.disk(id).who().incarnation})
           && core::is_voter(conf, id) && !core::is_joint(conf);
  }

  std::vector<std::string> failures;
  sim_cluster sim;
};

} // namespace

TEST_CASE("an old copy of a directory is noticed, and its member ends") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    cluster_settings cfg;
    cfg.seed = seed;
    changing_cluster it{cfg};
    auto& sim = it.sim;
    auto id = it.follower();
    it.write();
    sim.run_for(1s);
    auto copy = *sim.disk(id).find(one);
    it.write();
    sim.run_for(1s);
    REQUIRE(sim.disk(id).find(one)->log.size() > copy.log.size());
    sim.crash(id, crash_kind::process);
    sim.disk(id).put(one, copy.state, copy.log);
    sim.start(id);
    REQUIRE(sim.run_until([&] { return !it.failures.empty(); }, 10s));
    CHECK(it.failures.size() == 1);
    CHECK(it.failures.front().find("an old copy of its directory")
          != std::string::npos);
    // As it was told to.
    if (sim.is_up(id))
      sim.crash(id, crash_kind::process);
    sim.wipe(id);
    sim.start(id);
    CHECK(sim.run_until([&] { return it.votes(id); }, 30s));
  }
}

TEST_CASE("a lost directory is taken back by every group") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    cluster_settings cfg;
    cfg.seed = seed;
    cfg.groups = {one, two};
    changing_cluster it{cfg};
    auto& sim = it.sim;
    it.write(one);
    it.write(two);
    server_id id{1 + seed % 3};
    sim.crash(id, crash_kind::power);
    sim.wipe(id);
    sim.start(id);
    CHECK(sim.run_until([&] { return it.votes(id, one) && it.votes(id, two); },
                        60s));
  }
}

TEST_CASE("a removed learner is told, though the leader ends at once") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    cluster_settings cfg;
    cfg.seed = seed;
    changing_cluster it{cfg};
    auto& sim = it.sim;
    it.write();
    server_id four{4};
    sim.add_member(four);
    sim.start(four);
    change add{
      change_kind::add, {{four, sim_cluster::address(four), false}}, {}, false};
    REQUIRE(it.ask(it.follower(), add) == errc::none);
    REQUIRE(sim.run_until(
      [&] { return sim.view(four).commit_index > index_t{}; }, 10s));
    auto leader = sim.leader();
    auto done = false;
    sim.change(leader, one, {change_kind::remove, {{four, ""}}, {}, false},
               false, 5s, [&](const members_changed&) { done = true; });
    REQUIRE(sim.run_until([&] { return done; }, 5s));
    sim.crash(leader, crash_kind::process);
    CHECK(sim.run_until([&] { return sim.has_ended(four); }, 20s));
  }
}

TEST_CASE("changes are answered once where the leader changes all the time") {
  cluster_settings cfg;
  cfg.seed = 3;
  changing_cluster it{cfg};
  auto& sim = it.sim;
  size_t answers = 0;
  size_t asked = 0;
  server_id four{4};
  sim.add_member(four);
  sim.start(four);
  for (int round = 0; round < 40; ++round) {
    auto kind = round % 2 == 0 ? change_kind::add : change_kind::demote;
    for (uint64_t at = 1; at <= 3; ++at) {
      if (!sim.is_up(server_id{at}))
        continue;
      ++asked;
      sim.change(server_id{at}, one,
                 {kind, {{four, sim_cluster::address(four)}}, {}, false},
                 round % 3 == 0, 3s,
                 [&](const members_changed&) { ++answers; });
    }
    sim.run_for(200ms);
    auto leader = sim.leader();
    if (leader && round % 4 == 1) {
      sim.crash(leader, crash_kind::process);
      sim.start(leader);
    } else if (leader && round % 4 == 3) {
      sim.transfer(leader, one, {}, 2s, [](const outcome&) {});
    }
  }
  CHECK(sim.run_until([&] { return answers == asked; }, 20s));
  sim.run_for(5s);
  CHECK(answers == asked);
  CHECK(sim.open_requests() == 0);
}

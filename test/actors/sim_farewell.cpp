// Members that stop while others pass clients' requests on to them.

#include "caf/raft/testing/sim_cluster.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id one{1};

/// Requests at the members that stay, one after the other.
struct steady_clients {
  sim_cluster& sim;
  std::vector<server_id> members;
  std::map<errc, size_t> by_code;
  size_t asked = 0;

  void begin(time_point end) {
    for (auto id : members)
      go_on(id, end);
  }

  void go_on(server_id at, time_point end) {
    auto writes = ++asked % 3 != 0;
    sim.submit(at, one, writes ? request_kind::command : request_kind::query,
               to_bytes(writes ? "put a v" : "get a"), 10s,
               [this](const outcome& x) { ++by_code[x.code]; });
    if (sim.now() < end)
      sim.at(sim.now() + 500us, [this, at, end] { go_on(at, end); });
  }
};

cluster_settings seeded(uint64_t seed) {
  cluster_settings result;
  result.seed = seed;
  // Of two connections one may be far behind the other.
  result.network.max_latency = 20ms;
  return result;
}

server_id led(sim_cluster& sim) {
  sim.start_all();
  REQUIRE(sim.run_until([&] { return bool{sim.leader()}; }, 30s));
  sim.run_for(1s);
  return sim.leader();
}

/// Stops a member as a process does: behind its end the connections close.
void stop_process(sim_cluster& sim, server_id id, bool& stopped) {
  sim.stop(id, one, 6s, [&sim, &stopped, id] {
    stopped = true;
    sim.at(sim.now(), [&sim, id] { sim.crash(id, crash_kind::process); });
  });
}

} // namespace

TEST_CASE("whatever is passed on to a leader that stops is done, once") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    sim_cluster sim{seeded(seed)};
    auto leader = led(sim);
    steady_clients clients{sim, sim.ids(), {}, 0};
    std::erase(clients.members, leader);
    clients.begin(sim.now() + 300ms);
    sim.run_for(100ms);
    auto stopped = false;
    stop_process(sim, leader, stopped);
    REQUIRE(
      sim.run_until([&] { return sim.open_requests() == 0 && stopped; }, 30s));
    CHECK(clients.by_code[errc::none] == clients.asked);
  }
}

TEST_CASE(
  "nothing is done twice where connections break while a leader stops") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    auto cfg = seeded(seed);
    cfg.network.slow_permille = 200;
    cfg.network.slowest = 100ms;
    sim_cluster sim{cfg};
    auto leader = led(sim);
    random_source rng{seed};
    std::vector<server_id> others = sim.ids();
    std::erase(others, leader);
    size_t asked = 0;
    auto begin = sim.now();
    for (timespan t{}; t < 400ms; t += 2ms)
      sim.at(begin + t, [&] {
        for (auto at : others)
          sim.submit(at, one, request_kind::command,
                     to_bytes("put k" + std::to_string(++asked) + " v"), 5s,
                     [](const outcome&) {});
      });
    for (auto to : others)
      for (int i = 0; i < 3; ++i)
        sim.at(begin + std::chrono::milliseconds(rng() % 250),
               [&sim, leader, to] {
                 sim.network().break_connections_from(leader, to);
               });
    sim.run_for(200ms + std::chrono::milliseconds(rng() % 100));
    auto stopped = false;
    stop_process(sim, leader, stopped);
    REQUIRE(
      sim.run_until([&] { return sim.open_requests() == 0 && stopped; }, 30s));
    sim.run_for(1s);
    auto& log = sim.disk(sim.leader()).find(one)->log;
    std::map<std::string, size_t> times;
    for (auto& x : log)
      if (x.kind() == entry_kind::command)
        ++times[std::string{as_text(x.payload())}];
    CHECK(times.size() > asked / 4);
    for (auto& x : times)
      CHECK_MESSAGE(x.second == 1, x.first);
  }
}

TEST_CASE("a member that comes to lead while it ends hands over") {
  size_t led_by_it = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    sim_cluster sim{seeded(seed)};
    auto first = led(sim);
    auto who = sim.ids()[first == sim.ids()[0] ? 1 : 0];
    sim.crash(first, crash_kind::process);
    sim.run_for(100ms);
    // For this it stays.
    std::vector<errc> answers;
    sim.submit(who, one, request_kind::command, to_bytes("put a v"), 10s,
               [&](const outcome& x) { answers.push_back(x.code); });
    auto start = sim.now();
    auto stopped = false;
    stop_process(sim, who, stopped);
    // The one that is down is back in time to be led by the other.
    auto leads = [&] { return sim.leader() && sim.leader() != first; };
    REQUIRE(sim.run_until(leads, 6s));
    led_by_it += sim.leader() == who ? 1 : 0;
    sim.start(first);
    REQUIRE(sim.run_until([&] { return stopped; }, 6s));
    auto timeout = seeded(seed).group.election_timeout;
    CHECK(sim.now() - start <= 5 * timeout);
    CHECK(answers == std::vector{errc::none});
  }
  CHECK(led_by_it > 0);
}

TEST_CASE("members that all stop at once come to an end") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    sim_cluster sim{seeded(seed)};
    auto term = sim.view(led(sim)).term;
    steady_clients clients{sim, sim.ids(), {}, 0};
    clients.begin(sim.now() + 300ms);
    sim.run_for(100ms);
    std::map<server_id, bool> stopped;
    for (auto id : sim.ids())
      stop_process(sim, id, stopped[id]);
    term_t last;
    for (auto end = sim.now() + 7s; sim.now() < end;) {
      sim.run_for(10ms);
      for (auto id : sim.ids())
        if (sim.is_up(id))
          last = std::max(last, sim.view(id).term);
    }
    for (auto& [id, has] : stopped)
      CHECK(has);
    CHECK(sim.open_requests() == 0);
    CHECK(last.value <= term.value + 10);
  }
}

TEST_CASE("a leader that stops need not wait for a member that sleeps") {
  // It may be chosen to lead, since it was heard last; then the other one is.
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    sim_cluster sim{seeded(seed)};
    auto leader = led(sim);
    auto sleeper = sim.ids()[leader == sim.ids()[0] ? 1 : 0];
    sim.pause(sleeper);
    auto start = sim.now();
    auto stopped = false;
    stop_process(sim, leader, stopped);
    REQUIRE(sim.run_until([&] { return stopped; }, 6s));
    // Two transfers, and as long as one for the farewell.
    auto timeout = seeded(seed).group.election_timeout;
    CHECK(sim.now() - start <= 3 * timeout + 300ms);
  }
}

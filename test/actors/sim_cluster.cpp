#include "caf/raft/testing/sim_cluster.hpp"

#include <doctest/doctest.h>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id one{1};

/// Three members, one of which leads.
struct led_cluster : sim_cluster {
  led_cluster() : sim_cluster{seeded()} {
    start_all();
    REQUIRE(run_until([this] { return bool{leader()}; }, 30s));
  }

  static cluster_settings seeded() {
    cluster_settings result;
    result.seed = 5;
    return result;
  }
};

outcome do_it(sim_cluster& sim, server_id at, operation x) {
  std::optional<outcome> result;
  sim.submit(at, one, kind_of(x), payload_of(x), 5s,
             [&](const outcome& y) { result = y; });
  sim.run_until([&] { return result.has_value(); }, 10s);
  REQUIRE(result);
  return *result;
}

operation put(const char* key, const char* value) {
  operation x;
  x.kind = op_kind::put;
  x.key = key;
  x.value = value;
  return x;
}

operation get(const char* key) {
  operation x;
  x.key = key;
  return x;
}

} // namespace

TEST_CASE("three members elect a leader, write and read at every member") {
  led_cluster sim;
  for (auto id : sim.ids()) {
    auto done = do_it(sim, id, put("a", "v"));
    CHECK(done.code == errc::none);
    CHECK(as_text(done.answer).starts_with("ok"));
  }
  for (auto id : sim.ids()) {
    auto read = do_it(sim, id, get("a"));
    CHECK(read.code == errc::none);
    CHECK(as_text(read.answer).starts_with("ok v"));
  }
}

// What that costs in CPU is for bench/idle to say.
TEST_CASE("an idle cluster handles no more messages than its heartbeats need") {
  led_cluster sim;
  sim.run_for(5s);
  auto before = sim.messages_handled();
  constexpr auto rounds = 100;
  sim.run_for(rounds * led_cluster::seeded().group.heartbeat_interval);
  MESSAGE("in ", rounds, " rounds: ", sim.messages_handled() - before);
  // A heartbeat takes ten messages to go and come back through both members.
  CHECK(sim.messages_handled() - before < rounds * 2 * 15);
}

// Where requests say that their time went, where the time is known.

#include "caf/raft/testing/sim_cluster.hpp"

#include <doctest/doctest.h>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id group{1};

struct fixture {
  cluster_settings cfg;
  std::unique_ptr<sim_cluster> sim;

  fixture() {
    cfg.seed = 5;
    sim = std::make_unique<sim_cluster>(cfg);
    sim->start_all();
    REQUIRE(sim->run_until([&] { return bool{sim->leader(group)}; }, 30s));
    sim->run_for(1s);
  }

  server_id follower() const {
    auto leader = sim->leader(group);
    return leader == server_id{1} ? server_id{2} : server_id{1};
  }

  /// @param took Gets the virtual time until the answer.
  stage_times ask(server_id at, request_kind kind, timespan& took) {
    std::optional<outcome> answer;
    auto start = sim->now();
    sim->submit(at, group, kind,
                to_bytes(kind == request_kind::command ? "put a 1" : "get a"),
                2s, [&](const outcome& x) { answer = x; });
    REQUIRE(sim->run_until([&] { return answer.has_value(); }, 3s));
    took = sim->now() - start;
    REQUIRE(answer->code == errc::none);
    return answer->times;
  }
};

} // namespace

TEST_CASE("a command at the leader waits for its disk and for a quorum") {
  fixture it;
  auto leader = it.sim->leader(group);
  timespan took{};
  auto times = it.ask(leader, request_kind::command, took);
  CHECK(times.total() > 0ms);
  CHECK(times.total() <= took);
  CHECK(times.queue == 0ms);
  CHECK(times.forward == 0ms);
  CHECK(times.append > 0ms);
  // There and back.
  CHECK(times.quorum >= 200us);
  CHECK(times.append <= times.quorum);
}

TEST_CASE("a command at a follower is passed on") {
  fixture it;
  timespan took{};
  auto times = it.ask(it.follower(), request_kind::command, took);
  CHECK(times.total() <= took);
  CHECK(times.forward >= 200us);
  CHECK(times.quorum > 0ms);
}

TEST_CASE("a query waits for a quorum, a local one does not") {
  fixture it;
  timespan took{};
  auto leader = it.sim->leader(group);
  auto times = it.ask(leader, request_kind::query, took);
  CHECK(times.quorum >= 200us);
  CHECK(times.append == 0ms);
  CHECK(times.total() <= took);
  times = it.ask(leader, request_kind::local_query, took);
  CHECK(times.quorum == 0ms);
}

TEST_CASE("the status sums up where the time of all requests went") {
  fixture it;
  auto at = it.follower();
  timespan took{};
  for (int i = 0; i < 10; ++i)
    it.ask(at, request_kind::command, took);
  it.ask(at, request_kind::query, took);
  std::vector<stage_status> stages;
  it.sim->ask_status(at, group, [&](const status& x) { stages = x.stages; });
  REQUIRE(it.sim->run_until([&] { return !stages.empty(); }, 1s));
  auto count = [&](std::string_view request, std::string_view stage) {
    for (auto& x : stages)
      if (x.request == request && x.stage == stage)
        return x.count;
    return uint64_t{0};
  };
  CHECK(count("write", "forward") == 10);
  CHECK(count("write", "quorum") == 10);
  CHECK(count("write", "total") == 10);
  CHECK(count("read", "quorum") == 1);
  CHECK(count("read", "append") == 0);
}

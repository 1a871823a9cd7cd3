// Bugs that are planted, and found.

#include "caf/raft/testing/linearizability.hpp"
#include "caf/raft/testing/same_everywhere.hpp"
#include "caf/raft/testing/sim_cluster.hpp"
#include "caf/raft/testing/swarm_clients.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

/// Counts, and tells how far it is; but not from zero on, so what it answers
/// does not depend on its commands alone.
class sloppy_counter : public state_machine {
public:
  explicit sloppy_counter(uint64_t begin) : count_(begin) {
    // nop
  }

  bytes apply(index_t, bytes_view) override {
    return to_bytes(std::to_string(++count_));
  }

  bytes query(bytes_view) override {
    return to_bytes(std::to_string(count_));
  }

private:
  uint64_t count_;
};

/// @param skew How much each further machine begins above the one before it.
/// @returns What was found wrong, if anything.
std::string run_counters(uint64_t skew) {
  cluster_settings cfg;
  uint64_t begin = 0;
  cfg.make_machine = [&] {
    return std::make_unique<sloppy_counter>(begin += skew);
  };
  sim_cluster sim{cfg};
  sim.start_all();
  size_t done = 0;
  auto count = [&](const outcome& x) { done += x.code == errc::none ? 1 : 0; };
  try {
    sim.run_until([&] { return bool{sim.leader()}; }, 30s);
    for (auto i = 0; i < 10; ++i)
      sim.submit(sim.leader(), group_id{1}, request_kind::command, {}, 5s,
                 count);
    sim.run_for(5s);
  } catch (const invariant_violated& x) {
    return x.what();
  }
  CHECK(done == 10);
  return {};
}

/// Answers queries from what it was a while ago.
class stale_store : public sample_store {
public:
  bytes apply(index_t index, bytes_view command) override {
    before_ = static_cast<const sample_store&>(*this);
    return sample_store::apply(index, command);
  }

  bytes query(bytes_view what) override {
    return before_.query(what);
  }

private:
  sample_store before_;
};

workload_plan some_work() {
  workload_plan result;
  result.clients = 4;
  result.keys = 2;
  result.usual_pause = 10ms;
  result.timeout = 1s;
  return result;
}

} // namespace

TEST_CASE("a state machine that is not the same everywhere is found") {
  CHECK(run_counters(0).empty());
  auto found = run_counters(1);
  INFO(found);
  CHECK(found.find("answers entry") != std::string::npos);
}

namespace {

/// Counts by what it began with, but tells nobody who does not ask.
class silent_counter : public sloppy_counter {
public:
  using sloppy_counter::sloppy_counter;

  bytes apply(index_t index, bytes_view command) override {
    sloppy_counter::apply(index, command);
    return {};
  }
};

/// @returns What was found wrong, if anything.
std::string ask_silent_counters(uint64_t skew) {
  cluster_settings cfg;
  uint64_t begin = 0;
  cfg.make_machine = [&] {
    return std::make_unique<silent_counter>(begin += skew);
  };
  sim_cluster sim{cfg};
  sim.start_all();
  sim.run_until([&] { return bool{sim.leader()}; }, 30s);
  sim.submit(sim.leader(), group_id{1}, request_kind::command, {}, 5s,
             [](const outcome& x) { CHECK(x.code == errc::none); });
  sim.run_for(5s);
  try {
    auto answer = same_everywhere(sim, group_id{1}, {}, sim.ids());
    CHECK(as_text(answer) == "1");
  } catch (const invariant_violated& x) {
    return x.what();
  }
  return {};
}

} // namespace

TEST_CASE("state machines that differ without a word are found when asked") {
  CHECK(ask_silent_counters(0).empty());
  auto found = ask_silent_counters(1);
  INFO(found);
  CHECK(found.find("answer a query differently") != std::string::npos);
}

TEST_CASE("a disk that lies about what is durable is found") {
  cluster_settings cfg;
  sim_cluster sim{cfg};
  for (auto id : sim.ids())
    sim.disk(id).lie();
  swarm_clients clients{sim, group_id{1}, some_work()};
  sim.start_all();
  clients.start();
  CHECK_THROWS_WITH_AS(sim.run_for(30s), doctest::Contains("durable"),
                       invariant_violated);
}

TEST_CASE("reads that are stale are found") {
  cluster_settings cfg;
  cfg.make_machine = [] { return std::make_unique<stale_store>(); };
  sim_cluster sim{cfg};
  swarm_clients clients{sim, group_id{1}, some_work()};
  sim.start_all();
  clients.start();
  sim.run_for(5s);
  clients.stop();
  sim.run_for(5s);
  CHECK(clients.operations().size() > 100);
  auto report = check_linearizability(clients.operations());
  CHECK(report.result == verdict::violated);
}

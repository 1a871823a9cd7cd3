// Bugs that are planted, found, and shown in the least that they need.

#include "caf/raft/testing/swarm_shrink.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

/// One that is made after a restart may answer otherwise than the first.
class changing_store : public sample_store {
public:
  explicit changing_store(bool changed) : changed_(changed) {
    // nop
  }

  bytes apply(index_t index, bytes_view command) override {
    auto result = sample_store::apply(index, command);
    return changed_ ? to_bytes("ok 1") : result;
  }

private:
  bool changed_;
};

/// Runs a plan over machines that answer otherwise once members are restarted.
std::optional<swarm_finding> run_changing(swarm_plan plan, timespan duration) {
  auto lives = plan.cluster.members * plan.cluster.groups.size();
  plan.cluster.make_machine = [lives, made = std::make_shared<size_t>(0)] {
    return std::make_unique<changing_store>((*made)++ >= lives);
  };
  return find_failure(plan, duration);
}

bool restarts(fault_kind x) {
  return x == fault_kind::crash || x == fault_kind::power
         || x == fault_kind::power_of_all || x == fault_kind::fail_disk
         || x == fault_kind::wipe;
}

/// Fails only where a kind of fault meets enough members.
swarm_runner fails_with(fault_kind kind, size_t members) {
  return [=](const swarm_plan& plan,
             timespan duration) -> std::optional<swarm_finding> {
    auto& kinds = plan.faults.kinds;
    if (std::count(kinds.begin(), kinds.end(), kind) == 0
        || plan.cluster.members < members || duration < 3s)
      return std::nullopt;
    return swarm_finding{"a planted failure", duration + 1s};
  };
}

/// With all kinds of faults.
swarm_plan large_plan() {
  auto result = draw_plan(1);
  result.faults.kinds.clear();
  for (size_t i = 0; i < fault_kinds; ++i)
    result.faults.kinds.push_back(static_cast<fault_kind>(i));
  result.cluster.members = 5;
  return result;
}

} // namespace

TEST_CASE("a plan is reduced by what is left out, and by nothing else") {
  auto plan = draw_plan(40);
  plan_reduction by;
  CHECK(describe(reduce(plan, by)) == describe(plan));
  CHECK(options_of(by) == "--seconds 20");
  by.duration = 2345ms;
  by.without = {fault_kind::wipe, fault_kind::crash};
  by.members = 3;
  by.groups = 1;
  by.clients = 2;
  CHECK(options_of(by)
        == "--seconds 2.345 --without crash,wipe --members 3 --groups 1 "
           "--clients 2");
  auto less = reduce(plan, by);
  CHECK(less.cluster.members == 3);
  CHECK(less.cluster.groups.size() == 1);
  CHECK(less.workload.clients == 2);
  CHECK(less.faults.kinds.size() == plan.faults.kinds.size() - 2);
  less.cluster.members = plan.cluster.members;
  less.cluster.groups = plan.cluster.groups;
  less.workload.clients = plan.workload.clients;
  less.faults.kinds = plan.faults.kinds;
  CHECK(describe(less) == describe(plan));
}

TEST_CASE("a plan is not made larger by what it is reduced to") {
  plan_reduction by;
  by.members = 100;
  by.groups = 100;
  by.clients = 100;
  auto plan = draw_plan(1);
  CHECK(describe(reduce(plan, by)) == describe(plan));
}

TEST_CASE("kinds of faults have names that are found again") {
  for (size_t i = 0; i < fault_kinds; ++i) {
    auto kind = static_cast<fault_kind>(i);
    CHECK(find_fault_kind(to_string(kind)) == kind);
  }
  CHECK(!find_fault_kind("earthquake"));
}

TEST_CASE("failures of one kind differ in numbers and details alone") {
  CHECK(kind_of_failure("seed 7: member 3 stores term 4 after term 5")
        == kind_of_failure("seed 8: member 1 stores term 1 after term 2"));
  CHECK(kind_of_failure("seed 7: member 3 stores term 4 after term 5")
        != kind_of_failure("seed 7: members 1 and 2 both lead term 5"));
  CHECK(kind_of_failure("the history of key k1 is not linearizable: a, b")
        == "the history of key is not linearizable");
}

TEST_CASE("a run without any kind of fault is a run") {
  auto plan = draw_plan(3);
  plan.faults.kinds.clear();
  swarm_options how;
  how.duration = 2s;
  auto report = run_swarm(plan, how);
  CHECK(report.faults == 0);
  CHECK(report.done > 0);
}

TEST_CASE("what a failure does not need is left out") {
  auto plan = large_plan();
  auto found = shrink(plan, {}, 500, fails_with(fault_kind::garble, 3));
  REQUIRE(found.failure);
  auto least = reduce(plan, found.reduction);
  CHECK(least.faults.kinds == std::vector{fault_kind::garble});
  CHECK(least.cluster.members == 3);
  CHECK(least.cluster.groups.size() == 1);
  CHECK(least.workload.clients == 0);
  CHECK(found.reduction.duration >= 3s);
  CHECK(found.reduction.duration < 6s);
  CHECK(found.runs < 100);
}

TEST_CASE("shrinking ends with its budget") {
  size_t runs = 0;
  auto count = [&, fails = fails_with(fault_kind::garble, 3)](
                 const swarm_plan& plan, timespan duration) {
    ++runs;
    return fails(plan, duration);
  };
  auto found = shrink(large_plan(), {}, 4, count);
  CHECK(runs == 4);
  CHECK(found.runs == 4);
  CHECK(found.failure);
}

TEST_CASE("another failure does not count") {
  auto other = [](const swarm_plan& plan, timespan) {
    auto why = plan.faults.kinds.size() == fault_kinds ? "one thing"
                                                       : "another";
    return std::optional{swarm_finding{why, 20s}};
  };
  auto found = shrink(large_plan(), {}, 300, other);
  CHECK(found.failure->why == "one thing");
  CHECK(found.reduction.without.empty());
  CHECK(found.reduction.members == 1u);
}

TEST_CASE("a plan that does not fail is not shrunk") {
  plan_reduction brief;
  brief.duration = 1s;
  auto found = shrink(draw_plan(7), brief, 100);
  CHECK(!found.failure);
  CHECK(found.runs == 1);
}

TEST_CASE("a planted bug is shown in a run that is shorter") {
  auto plan = draw_plan(1);
  auto whole = run_changing(plan, 20s);
  REQUIRE(whole);
  auto found = shrink(plan, {}, 200, run_changing);
  REQUIRE(found.failure);
  CAPTURE(options_of(found.reduction));
  auto least = reduce(plan, found.reduction);
  CHECK(least.faults.kinds.size() == 1);
  CHECK(restarts(least.faults.kinds.front()));
  CHECK(least.cluster.groups.size() == 1);
  CHECK(found.reduction.duration < 20s);
  // What is printed does it again.
  auto again = run_changing(least, found.reduction.duration);
  REQUIRE(again);
  CHECK(again->why == found.failure->why);
  CHECK(again->when == found.failure->when);
  CHECK(kind_of_failure(again->why) == kind_of_failure(whole->why));
}

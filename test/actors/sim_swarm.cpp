#include "caf/raft/testing/swarm.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

// CAF_RAFT_SEED=S runs the seed S alone, CAF_RAFT_SEEDS=N the first N,
// CAF_RAFT_SEEDS=A-B those from A to B; CAF_RAFT_SECONDS=T sets for how long things
// go wrong, in virtual time.

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  auto* value = std::getenv(variable);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

constexpr uint64_t usual_seconds = 20;

uint64_t fault_seconds() {
  return number_from("CAF_RAFT_SECONDS", usual_seconds);
}

struct seed_range {
  uint64_t first = 1;
  uint64_t last = 0;
};

seed_range seeds_to_run() {
  if (auto only = number_from("CAF_RAFT_SEED", 0))
    return {only, only};
  std::string text = "30";
  if (auto* value = std::getenv("CAF_RAFT_SEEDS"))
    text = value;
  auto dash = text.find('-');
  if (dash == std::string::npos)
    return {1, std::stoull(text)};
  return {std::stoull(text), std::stoull(text.substr(dash + 1))};
}

swarm_options options() {
  swarm_options result;
  result.duration = std::chrono::seconds(fault_seconds());
  return result;
}

/// The command that does it again, and the one that looks for less of it.
std::string replay(uint64_t seed) {
  auto command = fmt::format("build/raft-scenario --seed {} --seconds {}", seed,
                             fault_seconds());
  return fmt::format("again: {} --trace\nshrunk: {} --shrink", command,
                     command);
}

/// A broken assertion ends the process: says at least where it was.
class crash_note {
public:
  crash_note() : before_(std::signal(SIGABRT, on_abort)) {
    // nop
  }

  ~crash_note() {
    std::signal(SIGABRT, before_);
  }

  static void set_seed(uint64_t seed) {
    text_ = replay(seed) + "\n";
  }

private:
  static void on_abort(int) {
    std::fputs(text_.c_str(), stderr);
  }

  static inline std::string text_;
  void (*before_)(int);
};

void add(swarm_report& to, const swarm_report& x) {
  to.messages += x.messages;
  to.passed += x.passed;
  to.faults += x.faults;
  for (size_t i = 0; i < fault_kinds; ++i)
    to.faults_by_kind[i] += x.faults_by_kind[i];
  to.operations += x.operations;
  to.done += x.done;
  to.undecided += x.undecided;
  to.lost += x.lost;
}

std::string summary(const swarm_report& x, double seconds) {
  auto result = fmt::format(
    "{:.0f} s of virtual time in {:.1f} s of CPU; {} operations, {} done; {} "
    "messages "
    "({:.0f} a second); {} histories undecided; "
    "{} clusters lost; {} faults:",
    std::chrono::duration<double>(x.passed).count(), seconds, x.operations,
    x.done, x.messages, x.messages / seconds, x.undecided, x.lost, x.faults);
  for (size_t i = 0; i < fault_kinds; ++i)
    result += fmt::format(" {} {}", to_string(static_cast<fault_kind>(i)),
                          x.faults_by_kind[i]);
  return result;
}

} // namespace

TEST_CASE("a cluster keeps its promises whatever goes wrong") {
  auto seeds = seeds_to_run();
  swarm_report all;
  crash_note note;
  auto start = std::clock();
  for (auto seed = seeds.first; seed <= seeds.last; ++seed) {
    note.set_seed(seed);
    auto plan = draw_plan(seed);
    try {
      add(all, run_swarm(plan, options()));
    } catch (const std::exception& x) {
      FAIL_CHECK("seed ", seed, ": ", std::string{x.what()}, "\n",
                 describe(plan), "\n", replay(seed));
    }
  }
  auto passed = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  MESSAGE("seeds ", seeds.first, " to ", seeds.last, ": ",
          summary(all, passed));
  // A history that takes too long to check says nothing; few may.
  CHECK(all.undecided <= 2 + (seeds.last - seeds.first + 1) / 20);
  // Nor does a cluster that lost too many disks at once.
  CHECK(all.lost <= 2 + (seeds.last - seeds.first + 1) / 50);
}

TEST_CASE("the same seed gives the same run") {
  swarm_options how;
  how.duration = std::chrono::seconds(5);
  auto first = run_swarm(draw_plan(7), how);
  auto second = run_swarm(draw_plan(7), how);
  CHECK(first.trace_hash == second.trace_hash);
  CHECK(first.messages == second.messages);
  CHECK(first.passed == second.passed);
  CHECK(run_swarm(draw_plan(8), how).trace_hash != first.trace_hash);
}

// Runs a scenario file or one seed of the swarm (docs/testing.md), and says what
// happens.

#include "options.hpp"
#include "page.hpp"
#include "run_apart.hpp"

#include "caf/raft/testing/scenario.hpp"
#include "caf/raft/testing/scenario_file.hpp"
#include "caf/raft/testing/swarm.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

using namespace caf::raft;
using namespace caf::raft::testing;

std::string read(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

/// Prints the scenario as it goes, or where it goes otherwise than its file says.
int run_file(const options& how) {
  auto expected = read(how.file);
  run_page page{how.html, timeline::axis_t::steps, {how.file, expected}};
  auto actual = run_scenario(expected, page.handler());
  if (!how.check) {
    std::cout << actual;
    return 0;
  }
  auto difference = first_difference(expected, actual);
  std::cout << difference;
  return difference.empty() ? 0 : 1;
}

/// What a plan becomes with these options, and the options.
page_heading heading_of(const options& how, const swarm_plan& plan) {
  return {fmt::format("Seed {}", how.seed),
          fmt::format("{}\nraft-scenario --seed {} {}\n", describe(plan),
                      how.seed, options_of(how.without))};
}

int run_seed(const options& how) {
  swarm_options watch;
  watch.duration = how.without.duration;
  if (how.trace) {
    watch.events
      = trace_to([](const std::string& line) { std::cout << line << '\n'; });
    watch.log = [](log_level, std::string_view line) {
      std::cout << fmt::format("{:>12} {}\n", "log", line);
    };
  }
  auto plan = reduce(draw_plan(how.seed), how.without);
  run_page page{how.html, timeline::axis_t::time, heading_of(how, plan)};
  watch.events = page.handler(watch.events);
  std::cout << fmt::format("seed {}: {}\n", how.seed, describe(plan))
            << std::unitbuf; // an assertion may end us
  auto report = run_swarm(plan, watch);
  std::cout << fmt::format(
    "{} faults, {} messages, {} operations, {} of them done; trace {:016x}\n",
    report.faults, report.messages, report.operations, report.done,
    report.trace_hash);
  return 0;
}

int shrink_seed(const options& how) {
  auto plan = draw_plan(how.seed);
  auto found = shrink(plan, how.without, how.budget, run_apart);
  if (!found.failure) {
    std::cout << fmt::format("seed {} does not fail\n", how.seed);
    return 0;
  }
  std::cout << fmt::format(
    "after {} runs: {}\n{}\nraft-scenario --seed {} {} --trace\n", found.runs,
    found.failure->why, describe(reduce(plan, found.reduction)), how.seed,
    options_of(found.reduction));
  return 1;
}

int run(const options& how) {
  if (!how.file.empty())
    return run_file(how);
  return how.shrink ? shrink_seed(how) : run_seed(how);
}

} // namespace

int main(int argc, char** argv) {
  options how;
  CLI::App app{"Runs a scenario, or one seed of the swarm"};
  describe_options(app, how);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(how);
  } catch (const std::exception& x) {
    std::cout << x.what() << '\n';
    return 1;
  }
}

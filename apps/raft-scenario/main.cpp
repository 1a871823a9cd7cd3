// Runs a scenario file or one seed of the swarm (docs/testing.md), and says what
// happens.

#include "caf/raft/testing/scenario.hpp"
#include "caf/raft/testing/scenario_file.hpp"
#include "caf/raft/testing/swarm.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

using namespace caf::raft;
using namespace caf::raft::testing;

struct options {
  std::string file;
  bool check = false;
  uint64_t seed = 0;
  uint64_t seconds = 20;
  bool trace = false;
};

std::string read(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

/// Prints the scenario as it goes, or where it goes otherwise than its file says.
int run_file(const options& how) {
  auto expected = read(how.file);
  auto actual = run_scenario(expected);
  if (!how.check) {
    std::cout << actual;
    return 0;
  }
  auto difference = first_difference(expected, actual);
  std::cout << difference;
  return difference.empty() ? 0 : 1;
}

int run_seed(const options& how) {
  swarm_options watch;
  watch.duration = std::chrono::seconds(how.seconds);
  if (how.trace) {
    watch.events
      = trace_to([](const std::string& line) { std::cout << line << '\n'; });
    watch.log = [](log_level, std::string_view line) {
      std::cout << fmt::format("{:>12} {}\n", "log", line);
    };
  }
  auto plan = draw_plan(how.seed);
  std::cout << fmt::format("seed {}: {}\n", how.seed, describe(plan))
            << std::unitbuf; // an assertion may end us
  auto report = run_swarm(plan, watch);
  std::cout << fmt::format(
    "{} faults, {} messages, {} operations, {} of them done; trace {:016x}\n",
    report.faults, report.messages, report.operations, report.done,
    report.trace_hash);
  return 0;
}

void describe_options(CLI::App& app, options& xs) {
  auto* file
    = app.add_option("file", xs.file, "A scenario")->check(CLI::ExistingFile);
  app
    .add_flag("--check", xs.check,
              "Only say where the scenario goes otherwise than its file says")
    ->needs(file);
  auto* seed
    = app.add_option("--seed", xs.seed, "A seed of the swarm")->excludes(file);
  app
    .add_option("--seconds", xs.seconds,
                "For how long things go wrong, in virtual time")
    ->needs(seed)
    ->capture_default_str();
  app.add_flag("--trace", xs.trace, "Say all that happens")->needs(seed);
  app.require_option(1, 0);
}

} // namespace

int main(int argc, char** argv) {
  options how;
  CLI::App app{"Runs a scenario, or one seed of the swarm"};
  describe_options(app, how);
  CLI11_PARSE(app, argc, argv);
  try {
    return how.file.empty() ? run_seed(how) : run_file(how);
  } catch (const std::exception& x) {
    std::cout << x.what() << '\n';
    return 1;
  }
}

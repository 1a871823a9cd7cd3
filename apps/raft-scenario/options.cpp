#include "options.hpp"

#include <chrono>
#include <cmath>
#include <vector>

using namespace caf::raft::testing;

namespace {

/// What is left out of the plan of a seed.
void describe_reduction(CLI::App& app, CLI::Option* seed, plan_reduction& xs) {
  app
    .add_option_function<double>(
      "--seconds",
      [&xs](double x) {
        xs.duration = std::chrono::milliseconds(std::llround(x * 1000));
      },
      "For how long things go wrong, in virtual time; 20 if not given")
    ->check(CLI::Range(0.001, 1e6))
    ->needs(seed);
  auto is_kind = [](const std::string& x) {
    return find_fault_kind(x) ? std::string{} : "there is no fault " + x;
  };
  app
    .add_option_function<std::vector<std::string>>(
      "--without",
      [&xs](const std::vector<std::string>& names) {
        for (auto& x : names)
          if (auto kind = find_fault_kind(x))
            xs.without.insert(*kind);
      },
      "Kinds of faults that do not happen")
    ->delimiter(',')
    ->check(is_kind)
    ->needs(seed);
  app.add_option("--members", xs.members, "No more members than these")
    ->check(CLI::Range(1, 1000))
    ->needs(seed);
  app.add_option("--groups", xs.groups, "No more groups than these")
    ->check(CLI::Range(1, 1000))
    ->needs(seed);
  app.add_option("--clients", xs.clients, "No more clients than these")
    ->needs(seed);
}

} // namespace

void describe_options(CLI::App& app, options& xs) {
  auto* file
    = app.add_option("file", xs.file, "A scenario")->check(CLI::ExistingFile);
  app
    .add_flag("--check", xs.check,
              "Only say where the scenario goes otherwise than its file says")
    ->needs(file);
  auto* seed
    = app.add_option("--seed", xs.seed, "A seed of the swarm")->excludes(file);
  describe_reduction(app, seed, xs.without);
  auto* trace
    = app.add_flag("--trace", xs.trace, "Say all that happens")->needs(seed);
  auto* shrink
    = app
        .add_flag("--shrink", xs.shrink,
                  "Look for less of what the seed draws that fails alike")
        ->needs(seed)
        ->excludes(trace);
  app.add_option("--budget", xs.budget, "How many runs that may take")
    ->check(CLI::Range(1, 1000000))
    ->needs(shrink)
    ->capture_default_str();
  app.add_option("--html", xs.html, "Write the run as a page, with a timeline")
    ->excludes(shrink);
  app.callback([file, seed] {
    if (file->empty() && seed->empty())
      throw CLI::RequiredError("a scenario or --seed");
  });
}

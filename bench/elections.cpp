// A leader dies: how long until the next one leads, for which election timeouts?
// Figure 16 of the Raft paper, in the simulation (docs/elections.md).

#include "lib/figures.hpp"
#include "lib/plot.hpp"

#include "caf/raft/testing/election_trial.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <numeric>

using namespace bench;
using namespace caf::raft::testing;

namespace {

struct election_options {
  bool smoke = false;
  bool json = false;
  bool pre_vote = false;
  size_t trials = 1000;
  uint64_t seed = 1;
  std::string svg;
};

/// In ms.
struct range {
  int from;
  int to;
};

std::vector<double> downtimes(const range& timeouts, size_t trials,
                              const election_options& how) {
  std::vector<double> result;
  election_trial trial;
  trial.timeout = std::chrono::milliseconds(timeouts.from);
  trial.jitter = std::chrono::milliseconds(timeouts.to - timeouts.from);
  trial.pre_vote = how.pre_vote;
  for (size_t i = 0; i < trials; ++i) {
    trial.seed = how.seed + i;
    auto took = std::chrono::duration<double, std::milli>(downtime(trial));
    result.push_back(took.count());
  }
  return result;
}

class table {
public:
  explicit table(const election_options& how) : how_(how) {
    fmt::print("timeouts, ms    trials     least    median      mean   99 %    "
               "longest\n");
  }

  /// Without randomness nearly every trial takes its 20 s: fewer do, as in the
  /// paper.
  panel add(const std::string& title, double least, double most,
            const std::vector<range>& lines) {
    panel result{title, "ms", least, most, {}};
    for (auto& x : lines) {
      auto trials = x.from == x.to ? std::max<size_t>(how_.trials / 10, 1)
                                   : how_.trials;
      auto name = fmt::format("{}-{}", x.from, x.to);
      auto values = downtimes(x, trials, how_);
      show(name, values);
      result.curves.push_back({name + " ms", std::move(values)});
    }
    return result;
  }

  void print_json() const {
    options how;
    how.json = how_.json;
    how.runs = 1;
    all_.print_json(how, how_.pre_vote ? "elections_pre_vote" : "elections");
  }

private:
  void show(const std::string& name, const std::vector<double>& xs) {
    auto [least, most] = std::minmax_element(xs.begin(), xs.end());
    auto mean = std::accumulate(xs.begin(), xs.end(), 0.0)
                / static_cast<double>(xs.size());
    fmt::print("{:14} {:7} {:9.0f} {:9.0f} {:9.0f} {:6.0f} {:10.0f}\n", name,
               xs.size(), *least, median(xs), mean, percentile(xs, 0.99),
               *most);
    for (auto x : xs)
      all_.add(name + "_ms", x);
  }

  const election_options& how_;
  figures all_;
};

void run(const election_options& how) {
  table found{how};
  auto upper = found.add(
    "More randomness", 50, 20'000,
    {{150, 150}, {150, 151}, {150, 155}, {150, 175}, {150, 200}, {150, 300}});
  auto lower
    = found.add("Shorter timeouts", 10, 1'000,
                {{12, 24}, {25, 50}, {50, 100}, {100, 200}, {150, 300}});
  found.print_json();
  if (!how.svg.empty()) {
    std::ofstream out{how.svg};
    out << plot_distributions({upper, lower});
    if (!out.flush())
      throw std::runtime_error{"cannot write " + how.svg};
  }
}

} // namespace

int main(int argc, char** argv) {
  const char* question
    = "A leader dies: how long until the next one leads, for "
      "which election timeouts? (Simulated.)";
  election_options how;
  CLI::App app{question};
  app.add_flag("--smoke", how.smoke, "run briefly, judge nothing");
  app.add_flag("--json", how.json, "print the figures as JSON, too");
  app.add_flag("--pre-vote", how.pre_vote, "with pre-votes");
  app.add_option("--trials", how.trials, "of each line")
    ->check(CLI::PositiveNumber);
  app.add_option("--seed", how.seed, "of the first trial");
  app.add_option("--svg", how.svg, "draws the distributions into this file");
  CLI11_PARSE(app, argc, argv);
  if (how.smoke)
    how.trials = 5;
  try {
    fmt::print("{}\n", question);
    run(how);
    return 0;
  } catch (const std::exception& x) {
    fmt::print(stderr, "{}\n", x.what());
    return 1;
  }
}

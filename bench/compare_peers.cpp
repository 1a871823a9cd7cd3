// kvnode and others side by side: three members each, on the same disk, the
// same load, taking turns. `bench/compare` installs and builds the others and
// runs this.

#include "lib/contender.hpp"
#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"
#include "lib/plot_lines.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

using namespace bench;

namespace {

constexpr size_t counts[]{1, 16, 64, 256};
constexpr size_t keys = 1000;
constexpr size_t value_bytes = 256;

struct comparison_options : options {
  std::vector<std::string> peers = peer_names();
  /// Where plots are drawn; empty: nowhere.
  std::string plot;
};

std::string name_of(const std::string& who, const std::string& what,
                    size_t connections, const char* figure) {
  return fmt::format("{}_{}_{}_{}", who, what, connections, figure);
}

class comparison {
public:
  explicit comparison(const comparison_options& how)
    : how_(how),
      all_(contenders(how.dir, how.peers, [](const std::string& name) {
        fmt::print("{} is not there: it is not compared\n", name);
      })) {
    for (auto& x : all_) {
      ports_.push_back(x->await_leader());
      fill(ports_.back(), *x);
      x->settle();
    }
  }

  void take_turns(size_t connections) {
    for (size_t i = 0; i < all_.size(); ++i) {
      measure(i, "put", connections, all_[i]->puts(value_bytes, keys));
      measure(i, "get", connections, all_[i]->gets(keys));
    }
  }

  void show() const {
    fmt::print(
      "{:10} {:>7} {:11} | {:28} {:>6} | {:24} {:>6} | {:24} {:>6} | {}\n", "",
      "clients", "", "requests/s (min .. max)", "ratio", "p50 ms", "ratio",
      "p99 ms", "ratio", "CPU us");
    for (auto what : {"put", "get"})
      for (auto connections : counts)
        for (auto& x : all_)
          show(*x, what, connections);
    fmt::print("ratios: kvnode to this one\n");
    for (auto& x : all_)
      show_promises(*x);
  }

  std::string plot_of_rates() const {
    auto of = [this](const std::string& what) {
      return panel_of(what, "requests a second", "rate");
    };
    return plot_lines({of("put"), of("get")});
  }

  std::string plot_of_latencies() const {
    auto of = [this](const std::string& what) {
      return panel_of(what, "ms, median (solid) and 99 % (dashed)", "p50_ms",
                      "p99_ms");
    };
    return plot_lines({of("put"), of("get")});
  }

  const figures& got() const {
    return got_;
  }

private:
  /// All keys exist when the first is read. Each run draws the same keys, so
  /// that it takes one that is long enough.
  static void fill(uint16_t port, const contender& to) {
    size_t done = 0;
    for (int seconds = 1; done < 12 * keys; seconds *= 2)
      done = run_load({.ports = {port},
                       .connections = 64,
                       .next = to.puts(value_bytes, keys),
                       .warm_up = std::chrono::milliseconds(0),
                       .span = std::chrono::seconds(seconds)})
               .done;
  }

  /// "get", or which kind of one.
  static std::string label_of(const contender& who, const std::string& what) {
    if (what == "put" && !who.promised().committed_puts)
      return "put, early";
    if (what == "get" && !who.promised().linearizable_gets)
      return "get, stale";
    return what;
  }

  static void show_promises(const contender& who) {
    if (!who.promised().committed_puts)
      fmt::print("put, early: {} answers before the write is committed, and is "
                 "asked at a member that may not lead\n",
                 who.name());
    if (!who.promised().linearizable_gets)
      fmt::print("get, stale: {} reads a member's own copy, which may be "
                 "behind\n",
                 who.name());
  }

  /// What is answered early is done, and its CPU counted, before others have
  /// their turn.
  void measure(size_t who, const std::string& what, size_t connections,
               request_maker next) {
    auto& x = *all_[who];
    auto before = x.cpu();
    auto result = run_load({.ports = {ports_[who]},
                            .connections = connections,
                            .next = std::move(next),
                            .warm_up = std::chrono::milliseconds(0),
                            .span = how_.span});
    x.settle();
    auto add = [&](const char* figure, double value) {
      got_.add(name_of(x.name(), what, connections, figure), value);
    };
    add("rate", result.rate());
    add("p50_ms", result.p50_ms);
    add("p99_ms", result.p99_ms);
    add("cpu_us", (x.cpu() - before) * 1e6 / static_cast<double>(result.done));
    if (result.failed != 0)
      fmt::print("{} {} {}: {} requests failed\n", x.name(), what, connections,
                 result.failed);
  }

  void show(const contender& who, const std::string& what,
            size_t connections) const {
    auto name = [&](const char* figure) {
      return name_of(who.name(), what, connections, figure);
    };
    auto ratio = [&](const char* figure) {
      return got_.median_of(name_of("kvnode", what, connections, figure))
             / got_.median_of(name(figure));
    };
    fmt::print(
      "{:10} {:7} {:11} | {:28} {:6.2f} | {:24} {:6.2f} | {:24} {:6.2f} | "
      "{:.0f}\n",
      label_of(who, what), connections, who.name(), got_.show(name("rate"), 0),
      ratio("rate"), got_.show(name("p50_ms")), ratio("p50_ms"),
      got_.show(name("p99_ms")), ratio("p99_ms"),
      got_.median_of(name("cpu_us")));
  }

  /// @param dashed A second figure; null: none.
  line_panel panel_of(const std::string& what, const std::string& unit,
                      const char* solid, const char* dashed = nullptr) const {
    auto title = (what == "put" ? "PUT: " : "GET: ") + unit;
    line_panel result{title, "clients", dashed != nullptr, {}};
    for (auto& x : all_) {
      auto label = label_of(*x, what);
      if (label != what)
        result.title += fmt::format(" ({}: {})", x->name(), label);
      result.curves.push_back({x->name(), points_of(x->name(), what, solid),
                               points_of(x->name(), what, dashed)});
    }
    return result;
  }

  std::vector<point> points_of(const std::string& who, const std::string& what,
                               const char* figure) const {
    std::vector<point> result;
    if (figure != nullptr)
      for (auto connections : counts)
        result.emplace_back(
          connections, got_.median_of(name_of(who, what, connections, figure)));
    return result;
  }

  comparison_options how_;
  std::vector<std::unique_ptr<contender>> all_;
  std::vector<uint16_t> ports_;
  figures got_;
};

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream out{path};
  out << content;
  if (!out.flush())
    throw harness::failure{"cannot write " + path.string()};
}

void plot(const comparison& all, const std::filesystem::path& dir) {
  std::filesystem::create_directories(dir);
  write_file(dir / "peers_rate.svg", all.plot_of_rates());
  write_file(dir / "peers_latency.svg", all.plot_of_latencies());
}

void run(const comparison_options& how) {
  comparison all{how};
  for (size_t run = 0; run < how.runs; ++run)
    for (auto connections : counts)
      all.take_turns(connections);
  all.show();
  if (!how.plot.empty())
    plot(all, how.plot);
  machine_floor floor{how};
  fmt::print(
    "floor: HTTP round trip p50 {:.0f} us, durable commit p50 {:.0f} us\n",
    floor.http().p50_us, floor.disk().p50_us);
  all.got().print_json(how, "compare_peers");
}

void declare(CLI::App& app, comparison_options& to) {
  app.add_option("--peers", to.peers, "some of the peers, with commas between")
    ->delimiter(',')
    ->check(CLI::IsMember(peer_names()))
    ->capture_default_str();
  app.add_option("--plot", to.plot,
                 "draws peers_rate.svg and peers_latency.svg there");
}

} // namespace

int main(int argc, char** argv) {
  comparison_options how;
  return answer(
    argc, argv,
    "kvnode and its peers, three members each, 256-byte values, at the "
    "leader: requests a second, and how long they take?",
    [&](const options& common) {
      static_cast<options&>(how) = common;
      run(how);
    },
    [&](CLI::App& app) { declare(app, how); });
}

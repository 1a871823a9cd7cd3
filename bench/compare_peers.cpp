// kvnode and others side by side: three members each, on the same disk, the same
// load, taking turns. `bench/compare` installs and builds the others and runs this.

#include "lib/contender.hpp"
#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

constexpr size_t counts[]{1, 16, 64, 256};
constexpr size_t keys = 1000;
constexpr size_t value_bytes = 256;

class comparison {
public:
  explicit comparison(const options& how)
    : how_(how),
      all_(contenders(how.dir, [](const std::string& name) {
        fmt::print("{} is not there: it is not compared\n", name);
      })) {
    for (auto& x : all_) {
      ports_.push_back(x->await_leader());
      fill(ports_.back(), *x);
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
      "{:4} {:>7} {:10} | {:28} {:>6} | {:24} {:>6} | {:24} {:>6} | {}\n", "",
      "clients", "", "requests/s (min .. max)", "ratio", "p50 ms", "ratio",
      "p99 ms", "ratio", "CPU us");
    for (auto what : {"put", "get"})
      for (auto connections : counts)
        for (auto& x : all_)
          show(x->name(), what, connections);
    fmt::print("ratios: kvnode to this one\n");
  }

  const figures& got() const {
    return got_;
  }

private:
  /// All keys exist when the first is read. Each run draws the same keys, so that
  /// it takes one that is long enough.
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

  static std::string name_of(const std::string& who, const std::string& what,
                             size_t connections, const char* figure) {
    return fmt::format("{}_{}_{}_{}", who, what, connections, figure);
  }

  void measure(size_t who, const std::string& what, size_t connections,
               request_maker next) {
    auto& x = *all_[who];
    auto before = x.cpu();
    auto result = run_load({.ports = {ports_[who]},
                            .connections = connections,
                            .next = std::move(next),
                            .warm_up = std::chrono::milliseconds(0),
                            .span = how_.span});
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

  void show(const std::string& who, const std::string& what,
            size_t connections) const {
    auto name = [&](const char* figure) {
      return name_of(who, what, connections, figure);
    };
    auto ratio = [&](const char* figure) {
      return got_.median_of(name_of("kvnode", what, connections, figure))
             / got_.median_of(name(figure));
    };
    fmt::print(
      "{:4} {:7} {:10} | {:28} {:6.2f} | {:24} {:6.2f} | {:24} {:6.2f} | "
      "{:.0f}\n",
      what, connections, who, got_.show(name("rate"), 0), ratio("rate"),
      got_.show(name("p50_ms")), ratio("p50_ms"), got_.show(name("p99_ms")),
      ratio("p99_ms"), got_.median_of(name("cpu_us")));
  }

  options how_;
  std::vector<std::unique_ptr<contender>> all_;
  std::vector<uint16_t> ports_;
  figures got_;
};

void run(const options& how) {
  comparison all{how};
  for (size_t run = 0; run < how.runs; ++run)
    for (auto connections : counts)
      all.take_turns(connections);
  all.show();
  machine_floor floor{how};
  fmt::print(
    "floor: HTTP round trip p50 {:.0f} us, durable commit p50 {:.0f} us\n",
    floor.http().p50_us, floor.disk().p50_us);
  all.got().print_json(how, "compare_peers");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "kvnode and its peers, three members each, 256-byte values, at "
                "the leader: requests a second, and how long they take?",
                run);
}

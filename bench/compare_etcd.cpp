// kvnode and etcd side by side: three members each, on the same disk, the same load,
// taking turns. `bench/compare` installs etcd and runs this.

#include "lib/etcd.hpp"
#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

constexpr size_t counts[]{1, 16, 64, 256};
constexpr size_t keys = 1000;

class comparison {
public:
  explicit comparison(const options& how)
    : how_(how),
      ours_({.where = how.dir}),
      theirs_(how.dir) {
    ours_.start_all();
    our_port_ = ours_.http_port(ours_.await_leader());
    their_port_ = theirs_.await_leader();
    // All keys exist when the first is read.
    fill(our_port_, puts(256, keys));
    fill(their_port_, etcd_puts(256, keys));
  }

  void take_turns(size_t connections) {
    measure("kvnode", "put", connections, puts(256, keys));
    measure("etcd", "put", connections, etcd_puts(256, keys));
    measure("kvnode", "get", connections, gets(keys));
    measure("etcd", "get", connections, etcd_gets(keys));
  }

  void show() const {
    fmt::print("{:4} {:>7} | {:28} {:28} {:>6} | {:24} {:24} {:>6} | {}\n", "",
               "clients", "kvnode/s (min .. max)", "etcd/s", "ratio",
               "kvnode p50 ms", "etcd p50 ms", "ratio",
               "CPU us, kvnode / etcd");
    for (auto what : {"put", "get"})
      for (auto connections : counts)
        show(what, connections);
  }

  const figures& got() const {
    return got_;
  }

private:
  static void fill(uint16_t port, std::function<std::string()> next) {
    run_load({.ports = {port},
              .connections = 64,
              .next = std::move(next),
              .warm_up = std::chrono::milliseconds(0),
              .span = std::chrono::milliseconds(2000)});
  }

  void measure(const std::string& who, const std::string& what,
               size_t connections, std::function<std::string()> next) {
    auto before = cpu(who);
    auto result = run_load({.ports = {who == "etcd" ? their_port_ : our_port_},
                            .connections = connections,
                            .next = std::move(next),
                            .warm_up = std::chrono::milliseconds(0),
                            .span = how_.span});
    auto name = fmt::format("{}_{}_{}", who, what, connections);
    got_.add(name + "_rate", result.rate());
    got_.add(name + "_p50_ms", result.p50_ms);
    got_.add(name + "_p99_ms", result.p99_ms);
    got_.add(name + "_cpu_us",
             (cpu(who) - before) * 1e6 / static_cast<double>(result.done));
    if (result.failed != 0)
      fmt::print("{}: {} requests failed\n", name, result.failed);
  }

  double cpu(const std::string& who) {
    if (who == "etcd")
      return theirs_.cpu();
    double result = 0;
    for (size_t id = 1; id <= ours_.size(); ++id)
      result += harness::cpu_seconds(ours_.process(id).pid());
    return result;
  }

  void show(const std::string& what, size_t connections) const {
    auto name = [&](const char* who, const char* figure) {
      return fmt::format("{}_{}_{}_{}", who, what, connections, figure);
    };
    auto ratio = [&](const char* figure) {
      return got_.median_of(name("kvnode", figure))
             / got_.median_of(name("etcd", figure));
    };
    fmt::print("{:4} {:7} | {:28} {:28} {:6.2f} | {:24} {:24} {:6.2f} | {:.0f} "
               "/ {:.0f}\n",
               what, connections, got_.show(name("kvnode", "rate"), 0),
               got_.show(name("etcd", "rate"), 0), ratio("rate"),
               got_.show(name("kvnode", "p50_ms")),
               got_.show(name("etcd", "p50_ms")), ratio("p50_ms"),
               got_.median_of(name("kvnode", "cpu_us")),
               got_.median_of(name("etcd", "cpu_us")));
  }

  options how_;
  harness::cluster ours_;
  etcd_cluster theirs_;
  uint16_t our_port_ = 0;
  uint16_t their_port_ = 0;
  figures got_;
};

void run(const options& how) {
  if (etcd_cluster::program().empty()) {
    fmt::print("etcd is not installed: nothing is compared\n");
    return;
  }
  comparison both{how};
  for (size_t run = 0; run < how.runs; ++run)
    for (auto connections : counts)
      both.take_turns(connections);
  both.show();
  machine_floor floor{how};
  fmt::print(
    "floor: HTTP round trip p50 {:.0f} us, durable commit p50 {:.0f} us\n",
    floor.http().p50_us, floor.disk().p50_us);
  both.got().print_json(how, "compare_etcd");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "kvnode and etcd 3.4, three members each, 256-byte values, at "
                "the leader: requests a second, and how long they take?",
                run);
}

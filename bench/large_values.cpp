// Values of 1 KiB to 1 MiB, written to the leader of three members: how many a
// second, beside what three processes write to the same disk through LMDB at
// once? And what do those who write small values notice of those who write
// large ones?

#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

constexpr size_t kib = 1 << 10;
constexpr size_t mib = 1 << 20;

/// Clients that write values of one size.
struct writers {
  size_t value_bytes;
  size_t connections;
  /// Few where values are large: all of them are in memory.
  size_t keys;
};

constexpr writers many_of_256{256, 64, 10000};
constexpr writers many_of_1k{kib, 64, 10000};
constexpr writers some_of_1k{kib, 16, 10000};
constexpr writers some_of_64k{64 * kib, 16, 256};
constexpr writers some_of_1m{mib, 16, 16};
constexpr writers small_ones{256, 16, 10000};
constexpr writers large_ones{mib, 4, 16};

std::string size_text(size_t bytes) {
  if (bytes >= mib)
    return fmt::format("{} MiB", bytes / mib);
  return bytes >= kib ? fmt::format("{} KiB", bytes / kib)
                      : fmt::format("{} B", bytes);
}

std::string name_of(const writers& who) {
  return fmt::format("put_{}_{}", who.value_bytes, who.connections);
}

class large_values {
public:
  explicit large_values(const options& how) : how_(how), floor_(how) {
    // nop
  }

  /// Each size has a cluster of its own, whose log goes with it.
  void measure() {
    with_cluster([this](auto& servers) { measure_small(servers); });
    with_cluster(
      [this](auto& servers) { measure_large(servers, some_of_64k); });
    with_cluster([this](auto& servers) {
      measure_large(servers, some_of_1m);
      measure_side_by_side(servers);
    });
  }

  void show() const {
    fmt::print("{:>7} {:>7} {:25} {:24} {:22} {:24} {:24} {}\n", "value",
               "clients", "PUT/s (min .. max)", "MB/s", "p50 ms", "p99 ms",
               "floor: commits/s", "ratio");
    for (auto& who :
         {many_of_256, some_of_1k, many_of_1k, some_of_64k, some_of_1m})
      show(who);
    fmt::print("1 KiB to 256 B, 64 clients: {} of the rate, at least 0.75 is "
               "wanted\n",
               got_.show("ratio_1k_256", 2));
    fmt::print("floor: three processes that write such a value at a time "
               "through LMDB; at least 0.5 of it is wanted\n");
    fmt::print("16 clients, 256 B: p99 {} ms, {} ms beside 4 that write 1 MiB: "
               "{} times, at most 2 is wanted\n",
               got_.show("alone_p99_ms"), got_.show("beside_p99_ms"),
               got_.show("ratio_beside_p99", 2));
  }

  const figures& got() const {
    return got_;
  }

private:
  template <class Body>
  void with_cluster(Body body) {
    harness::cluster servers{{.where = how_.dir}};
    servers.start_all();
    run_load(load_of(servers, small_ones));
    for (size_t run = 0; run < how_.runs; ++run)
      body(servers);
  }

  load load_of(const harness::cluster& servers, const writers& who) const {
    return {.ports = {servers.http_port(servers.await_leader())},
            .connections = who.connections,
            .next = puts(who.value_bytes, who.keys),
            .warm_up = how_.span / 10,
            .span = how_.span};
  }

  double put(const harness::cluster& servers, const writers& who) {
    auto result = run_load(load_of(servers, who));
    keep(got_, name_of(who), result);
    got_.add(name_of(who) + "_mb",
             result.rate() * static_cast<double>(who.value_bytes) / 1e6);
    return result.rate();
  }

  void measure_small(const harness::cluster& servers) {
    auto of_256 = put(servers, many_of_256);
    got_.add("ratio_1k_256", put(servers, many_of_1k) / of_256);
    put(servers, some_of_1k);
  }

  void measure_large(const harness::cluster& servers, const writers& who) {
    auto rate = put(servers, who);
    auto floor = floor_.disk(who.value_bytes).rate;
    got_.add(name_of(who) + "_floor_rate", floor);
    got_.add(name_of(who) + "_ratio", rate / floor);
  }

  void measure_side_by_side(const harness::cluster& servers) {
    auto alone = run_load(load_of(servers, small_ones));
    auto both
      = run_loads({load_of(servers, small_ones), load_of(servers, large_ones)});
    keep(got_, "alone", alone);
    keep(got_, "beside", both[0]);
    keep(got_, "large_beside", both[1]);
    got_.add("ratio_beside_p99", both[0].p99_ms / alone.p99_ms);
  }

  void show(const writers& who) const {
    auto name = name_of(who);
    fmt::print("{:>7} {:7} {:25} {:24} {:22} {:24} {:24} {}\n",
               size_text(who.value_bytes), who.connections,
               got_.show(name + "_rate", 0), got_.show(name + "_mb", 1),
               got_.show(name + "_p50_ms", 2), got_.show(name + "_p99_ms", 2),
               got_.show(name + "_floor_rate", 0),
               got_.show(name + "_ratio", 2));
  }

  options how_;
  machine_floor floor_;
  figures got_;
};

void run(const options& how) {
  large_values all{how};
  all.measure();
  all.show();
  all.got().print_json(how, "large_values");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "Large values: PUTs a second beside what the disk takes, and "
                "what small ones notice of them?",
                run);
}

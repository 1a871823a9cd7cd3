// Writes that come at a constant rate, half of what the leader of three members
// can do: how long do they take, counted from when they were due?

#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

void measure(const options& how, const harness::cluster& servers,
             figures& got) {
  load what{.ports = {servers.http_port(servers.await_leader())},
            .connections = 64,
            .next = puts(),
            .warm_up = how.span / 5,
            .span = how.span};
  auto peak = run_load(what);
  keep(got, "peak", peak);
  what.rate = peak.rate() / 2;
  auto half = run_load(what);
  keep(got, "steady", half);
  got.add("steady_p999_ms", half.p999_ms);
  got.add("steady_p99_to_p50", half.p99_ms / half.p50_ms);
}

void show(const figures& got) {
  fmt::print("peak, 64 clients in a closed loop: {} PUT/s\n",
             got.show("peak_rate", 0));
  fmt::print("half of it, at a constant rate:    {} PUT/s\n",
             got.show("steady_rate", 0));
  fmt::print("  p50   {} ms\n", got.show("steady_p50_ms"));
  fmt::print("  p99   {} ms: {} times p50, below 5 is wanted\n",
             got.show("steady_p99_ms"), got.show("steady_p99_to_p50", 1));
  fmt::print("  p99.9 {} ms, below 20 is wanted\n",
             got.show("steady_p999_ms", 2));
  fmt::print("floor: durable commit beside two others: p50 {} us, p99 {} us\n",
             got.show("disk_p50_us", 0), got.show("disk_p99_us", 0));
}

void run(const options& how) {
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  servers.await_leader();
  machine_floor floor{how};
  figures got;
  for (size_t run = 0; run < how.runs; ++run) {
    measure(how, servers, got);
    auto disk = floor.disk();
    got.add("disk_p50_us", disk.p50_us);
    got.add("disk_p99_us", disk.p99_us);
  }
  show(got);
  got.print_json(how, "steady_rate");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "Writes at half of the peak rate, at constant times: how long "
                "do they take from when they were due?",
                run);
}

// Many clients write 256 bytes at a time to the leader of three members, each as
// soon as it has the answer to its last one. How many writes a second, how long does
// each take, and what CPU does it cost?

#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

/// CPU that all members have used, in microseconds.
double cpu_us(harness::cluster& servers) {
  double result = 0;
  for (size_t id = 1; id <= servers.size(); ++id)
    result += harness::cpu_seconds(servers.process(id).pid()) * 1e6;
  return result;
}

void measure(const options& how, harness::cluster& servers, size_t connections,
             figures& got) {
  auto name = "put_" + std::to_string(connections);
  auto leader = servers.await_leader();
  auto before = cpu_us(servers);
  auto put = run_load({.ports = {servers.http_port(leader)},
                       .connections = connections,
                       .next = puts(),
                       .warm_up = std::chrono::milliseconds(0),
                       .span = how.span});
  got.add(name + "_rate", put.rate());
  got.add(name + "_p50_ms", put.p50_ms);
  got.add(name + "_p99_ms", put.p99_ms);
  got.add(name + "_cpu_us",
          (cpu_us(servers) - before) / static_cast<double>(put.done));
  got.add(name + "_failed", static_cast<double>(put.failed));
}

void run(const options& how) {
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  servers.await_leader();
  machine_floor floor{how};
  figures got;
  constexpr size_t counts[]{1, 16, 64, 256};
  run_load(
    {.ports = {servers.http_port(1)}, .next = puts(), .span = how.span / 3});
  for (size_t run = 0; run < how.runs; ++run) {
    for (auto connections : counts) {
      measure(how, servers, connections, got);
      floor.http(connections);
      got.add("http_" + std::to_string(connections) + "_rate",
              floor.http_rate());
    }
    got.add("disk_p50_us", floor.disk().p50_us);
  }
  fmt::print("{:>7} {:30} {:25} {:25} {:22} {:30} {}\n", "clients",
             "PUT/s (min .. max)", "p50 ms", "p99 ms", "CPU us/PUT, 3 members",
             "floor: HTTP alone, req/s", "failed");
  for (auto connections : counts) {
    auto name = "put_" + std::to_string(connections);
    auto http = "http_" + std::to_string(connections) + "_rate";
    fmt::print("{:7} {:30} {:25} {:25} {:22} {:30} {}\n", connections,
               got.show(name + "_rate", 0), got.show(name + "_p50_ms"),
               got.show(name + "_p99_ms"), got.show(name + "_cpu_us", 1),
               got.show(http, 0), got.median_of(name + "_failed"));
  }
  fmt::print("floor: durable commit beside two others: p50 {} us\n",
             got.show("disk_p50_us", 0));
  got.print_json(how, "many_clients");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "Many clients, 256-byte values: PUTs a second, how long they "
                "take, what they cost?",
                run);
}

// Linearizable GETs of 256 bytes, at the leader and at a follower, and local ones.

#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

constexpr size_t keys = 1000;
constexpr size_t counts[]{1, 64, 256};

std::function<std::string()> local_gets() {
  return [i = size_t{0}]() mutable {
    return http_text("GET",
                     fmt::format("/kv/key-{}?consistency=local", ++i % keys));
  };
}

void fill(harness::cluster& servers, size_t leader) {
  auto client = servers.client(leader);
  std::string value(256, 'v');
  for (size_t i = 0; i < keys; ++i)
    if (client.put(fmt::format("/kv/key-{}", i), value).status != 204)
      throw harness::failure{"cannot write"};
}

void run(const options& how) {
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto follower = leader % servers.size() + 1;
  fill(servers, leader);
  machine_floor floor{how};
  figures got;
  auto measure = [&](const std::string& name, size_t id, size_t connections,
                     std::function<std::string()> next) {
    auto result = run_load({.ports = {servers.http_port(id)},
                            .connections = connections,
                            .next = std::move(next),
                            .warm_up = how.span / 10,
                            .span = how.span});
    auto full = fmt::format("{}_{}", name, connections);
    got.add(full + "_rate", result.rate());
    got.add(full + "_p50_ms", result.p50_ms);
    got.add(full + "_p99_ms", result.p99_ms);
    if (result.failed != 0)
      fmt::print("{}: {} requests failed\n", full, result.failed);
  };
  for (size_t run = 0; run < how.runs; ++run)
    for (auto connections : counts) {
      measure("leader", leader, connections, gets(keys));
      measure("follower", follower, connections, gets(keys));
      measure("local", follower, connections, local_gets());
      floor.http(connections);
      got.add(fmt::format("http_{}_rate", connections), floor.http_rate());
    }
  fmt::print("{:10} {:>7} {:30} {:25} {:25} {}\n", "at", "clients",
             "GET/s (min .. max)", "p50 ms", "p99 ms",
             "floor: HTTP alone, req/s");
  for (auto name : {"leader", "follower", "local"})
    for (auto connections : counts) {
      auto full = fmt::format("{}_{}", name, connections);
      fmt::print("{:10} {:7} {:30} {:25} {:25} {}\n", name, connections,
                 got.show(full + "_rate", 0), got.show(full + "_p50_ms"),
                 got.show(full + "_p99_ms"),
                 got.show(fmt::format("http_{}_rate", connections), 0));
    }
  got.print_json(how, "reads");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "GETs of 256 bytes a second, and how long they take, at the "
                "leader, at a follower, and without asking the leader?",
                run);
}

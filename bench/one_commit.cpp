// One client writes 256 bytes at a time to the leader of three members. What does a
// write cost beside what nobody can do without: an HTTP round trip, a round trip
// between two processes, and one durable commit, all measured in the same run?

#include "lib/figures.hpp"
#include "lib/floor.hpp"
#include "lib/load.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

void run(const options& how) {
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  auto leader = servers.await_leader();
  machine_floor floor{how};
  figures got;
  auto keep = [&](const std::string& name, const floor_cost& cost) {
    got.add(name + "_p50_us", cost.p50_us);
    got.add(name + "_p99_us", cost.p99_us);
    return cost.p50_us;
  };
  for (size_t run = 0; run < how.runs; ++run) {
    auto put = run_load({.ports = {servers.http_port(leader)},
                         .connections = 1,
                         .next = puts(),
                         .warm_up = how.span / 5,
                         .span = how.span});
    if (put.failed != 0)
      fmt::print("{} requests failed\n", put.failed);
    keep("put", {put.p50_ms * 1000, put.p99_ms * 1000});
    auto sum = keep("http", floor.http()) + keep("peer", floor.peer())
               + keep("disk", floor.disk());
    got.add("floor_p50_us", sum);
    got.add("ratio", put.p50_ms * 1000 / sum);
  }
  fmt::print("                        p50 us (min .. max)        p99 us\n");
  for (auto [name, text] : {std::pair{"put", "PUT"},
                            {"http", "floor: HTTP round trip"},
                            {"peer", "floor: peer round trip"},
                            {"disk", "floor: durable commit"}})
    fmt::print("{:23} {:26} {}\n", text,
               got.show(std::string{name} + "_p50_us", 0),
               got.show(std::string{name} + "_p99_us", 0));
  fmt::print("floor, sum of medians   {}\n", got.show("floor_p50_us", 0));
  fmt::print("PUT / floor             {}\n", got.show("ratio", 2));
  got.print_json(how, "one_commit");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "One client, 256-byte values: what does a PUT cost, and how "
                "much of it could nobody save?",
                run);
}

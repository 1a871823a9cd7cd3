// Three members with nothing to do: what do they cost?

#include "lib/figures.hpp"

#include "process/support/cluster.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

void run(const options& how) {
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  auto leader = servers.await_leader();
  if (!how.smoke)
    std::this_thread::sleep_for(harness::seconds(2));
  figures got;
  for (size_t run = 0; run < how.runs; ++run) {
    std::vector<double> before;
    for (size_t id = 1; id <= servers.size(); ++id)
      before.push_back(harness::cpu_seconds(servers.process(id).pid()));
    auto start = harness::steady::now();
    std::this_thread::sleep_for(how.smoke ? how.span : 3 * how.span);
    for (size_t id = 1; id <= servers.size(); ++id) {
      auto pid = servers.process(id).pid();
      auto name = fmt::format("member_{}", id);
      got.add(name + "_cpu_percent",
              100 * (harness::cpu_seconds(pid) - before[id - 1])
                / harness::seconds_since(start));
      got.add(name + "_memory_mib",
              static_cast<double>(harness::private_bytes(pid)) / (1 << 20));
    }
  }
  for (size_t id = 1; id <= servers.size(); ++id) {
    auto name = fmt::format("member_{}", id);
    fmt::print("member {} ({:8}): {} % of a core, {} MiB of its own\n", id,
               id == leader ? "leader" : "follower",
               got.show(name + "_cpu_percent", 2),
               got.show(name + "_memory_mib", 1));
  }
  got.print_json(how, "idle");
}

} // namespace

int main(int argc, char** argv) {
  return answer(
    argc, argv,
    "An idle cluster of three: CPU of each member in % of a core, and memory?",
    run);
}

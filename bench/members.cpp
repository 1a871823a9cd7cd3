// 64 clients write to the leader of 3, 5 and 7 members, all on this machine:
// how many writes a second, and does each further member cost more than a
// follower has to?

#include "lib/figures.hpp"
#include "lib/load.hpp"

#include "process/support/cluster.hpp"

#include <fmt/format.h>

using namespace bench;

namespace {

constexpr size_t counts[]{3, 5, 7};

std::string name_of(size_t members) {
  return fmt::format("members_{}", members);
}

/// CPU of each member, in microseconds.
std::vector<double> cpu_us(harness::cluster& servers) {
  std::vector<double> result;
  for (size_t id = 1; id <= servers.size(); ++id)
    result.push_back(harness::cpu_seconds(servers.process(id).pid()) * 1e6);
  return result;
}

/// CPU of one write.
struct write_cost {
  double leader_us = 0;
  /// The average of them.
  double follower_us = 0;

  double of(size_t members) const {
    return leader_us + static_cast<double>(members - 1) * follower_us;
  }
};

write_cost measure(const options& how, size_t members, figures& got) {
  harness::cluster servers{{.members = members, .where = how.dir}};
  servers.start_all();
  auto leader = servers.await_leader();
  load what{.ports = {servers.http_port(leader)},
            .connections = 64,
            .next = puts(),
            .warm_up = std::chrono::milliseconds(0),
            .span = how.span};
  run_load(what);
  auto before = cpu_us(servers);
  auto put = run_load(what);
  auto after = cpu_us(servers);
  keep(got, name_of(members), put);
  write_cost result;
  for (size_t i = 0; i < members; ++i) {
    auto us = (after[i] - before[i]) / static_cast<double>(put.done);
    if (i + 1 == leader)
      result.leader_us = us;
    else
      result.follower_us += us / static_cast<double>(members - 1);
  }
  return result;
}

void take_turn(const options& how, figures& got) {
  write_cost of_three;
  for (auto members : counts) {
    auto cost = measure(how, members, got);
    if (members == 3)
      of_three = cost;
    auto name = name_of(members);
    got.add(name + "_leader_us", cost.leader_us);
    got.add(name + "_follower_us", cost.follower_us);
    got.add(name + "_all_us", cost.of(members));
    got.add(name + "_ratio", cost.of(members) / of_three.of(members));
  }
}

void show(const figures& got) {
  fmt::print("{:>7} {:25} {:22} {:22} {:22} {:22} {}\n", "members",
             "PUT/s (min .. max)", "p50 ms", "CPU us/PUT: leader", "a follower",
             "all", "ratio");
  for (auto members : counts) {
    auto of = [&](const char* figure, int digits) {
      return got.show(name_of(members) + figure, digits);
    };
    fmt::print("{:7} {:25} {:22} {:22} {:22} {:22} {}\n", members,
               of("_rate", 0), of("_p50_ms", 2), of("_leader_us", 1),
               of("_follower_us", 1), of("_all_us", 1), of("_ratio", 2));
  }
  fmt::print("ratio: CPU of all to that of three and as many more of their "
             "followers; about 1 is wanted\n");
}

void run(const options& how) {
  figures got;
  for (size_t run = 0; run < how.runs; ++run)
    take_turn(how, got);
  show(got);
  got.print_json(how, "members");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "3, 5, 7 members, 64 clients: PUTs a second, and the CPU that "
                "each further member costs?",
                run);
}

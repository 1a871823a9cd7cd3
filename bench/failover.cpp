// The leader of three members is killed with -9: how long until a client that tries
// again, at one member after the other, has its next write acknowledged? With the
// default timing: elections start after 1 to 2 s without a leader.

#include "lib/figures.hpp"

#include "process/support/cluster.hpp"

#include <fmt/format.h>

#include <random>

using namespace bench;

namespace {

/// Repeats a write until it is acknowledged.
double seconds_to_write(const harness::cluster& servers, size_t first,
                        const std::string& value) {
  auto start = harness::steady::now();
  auto id = first;
  auto write = [&] {
    auto client = servers.client(id, harness::milliseconds(500));
    id = id % servers.size() + 1;
    return client.put("/kv/failover", value).status == 204;
  };
  harness::await("a write", write);
  return harness::seconds_since(start);
}

void run(const options& how) {
  // Turns are kills here.
  auto kills = how.smoke ? 1 : how.runs == 3 ? 20 : how.runs;
  constexpr double upper_election_timeout = 2;
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  figures got;
  std::vector<double> all;
  std::mt19937 random{1};
  for (size_t i = 0; i < kills; ++i) {
    auto leader = servers.await_leader();
    seconds_to_write(servers, leader, "before");
    // At any moment between two heartbeats.
    std::this_thread::sleep_for(harness::milliseconds(random() % 300));
    servers.kill(leader);
    all.push_back(
      seconds_to_write(servers, leader % servers.size() + 1, "after"));
    got.add("seconds", all.back());
    servers.start(leader);
  }
  fmt::print("{} kills: median {:.2f} s, {:.2f} .. {:.2f} s\n", kills,
             median(all), percentile(all, 0), percentile(all, 1));
  fmt::print(
    "median: {:.2f} of the upper election timeout ({} s), at most 1 is "
    "wanted; longest: {:.2f}, at most 2 is wanted\n",
    median(all) / upper_election_timeout, upper_election_timeout,
    percentile(all, 1) / upper_election_timeout);
  got.print_json(how, "failover");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "The leader is killed: after how many seconds is the next "
                "write acknowledged?",
                run);
}

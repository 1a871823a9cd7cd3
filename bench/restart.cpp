// Three members have a million entries in their logs, and no snapshot. One of them
// is killed with -9 and started again, then all are: how long until they serve?

#include "lib/figures.hpp"
#include "lib/load.hpp"

#include "process/support/cluster.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace bench;

namespace {

struct restart_options : options {
  size_t entries = 1'000'000;
};

/// How many entries the log of a member has.
size_t entries_of(const harness::cluster& servers, size_t id) {
  size_t result = 0;
  harness::await("the status", [&] {
    auto status = servers.status(id);
    if (status)
      result = status->at("last_index").get<size_t>()
               - status->at("first_index").get<size_t>() + 1;
    return status.has_value();
  });
  return result;
}

/// Writes until there are so many entries, or some more.
void fill(const harness::cluster& servers, size_t entries) {
  auto leader = servers.await_leader();
  if (servers.client(leader).put("/kv/first", "here").status != 204)
    throw harness::failure{"cannot write"};
  // A guess that is high rather than low.
  double rate = 50'000;
  for (size_t have = 0; have < entries; have = entries_of(servers, leader)) {
    auto seconds = static_cast<double>(entries - have) / rate;
    auto ms = static_cast<int>(1000 * std::clamp(seconds, 0.02, 10.0));
    rate = run_load({.ports = {servers.http_port(leader)},
                     .connections = 256,
                     .next = puts(),
                     .warm_up = std::chrono::milliseconds(0),
                     .span = std::chrono::milliseconds(ms)})
             .rate();
  }
}

/// Waits until one answers that it is healthy.
void await_health(const harness::cluster& servers, size_t id) {
  harness::await(
    "a member's health",
    [&] { return servers.client(id).get("/health").status == 200; },
    harness::seconds(120));
}

/// A follower, while the others go on.
void measure_one(harness::cluster& servers, figures& got) {
  auto id = servers.await_leader() % servers.size() + 1;
  servers.kill(id);
  auto start = harness::steady::now();
  servers.start(id);
  await_health(servers, id);
  got.add("one_healthy_s", harness::seconds_since(start));
  servers.await_leader();
}

/// Waits until some member, or each, answers a GET with 200.
void await_answer(const harness::cluster& servers, const std::string& target,
                  bool each = false) {
  auto answers = [&] {
    size_t count = 0;
    for (size_t id = 1; id <= servers.size(); ++id)
      if (servers.client(id).get(target).status == 200)
        ++count;
    return count >= (each ? servers.size() : 1);
  };
  harness::await(target, answers, harness::seconds(120));
}

/// All at once: then there is an election.
void measure_all(harness::cluster& servers, figures& got) {
  servers.kill_all();
  auto start = harness::steady::now();
  servers.start_all();
  await_answer(servers, "/health?live");
  got.add("live_s", harness::seconds_since(start));
  await_answer(servers, "/health");
  got.add("healthy_s", harness::seconds_since(start));
  await_answer(servers, "/kv/first");
  got.add("read_s", harness::seconds_since(start));
  await_answer(servers, "/health", true);
  got.add("all_healthy_s", harness::seconds_since(start));
}

void show(const figures& got) {
  fmt::print("{} entries in the log\n", got.show("entries", 0));
  fmt::print("since exec, files in the page cache:\n");
  auto line = [&](const char* what, const char* name) {
    fmt::print("  {:42} {} s\n", what, got.show(name, 2));
  };
  line("a follower: /health is 200 (1.5 is wanted)", "one_healthy_s");
  line("all at once: one answers at all", "live_s");
  line("  /health is 200 at one", "healthy_s");
  line("  one answers a linearizable read", "read_s");
  line("  /health is 200 at all", "all_healthy_s");
}

void run(const restart_options& how) {
  // No snapshot for a long time.
  harness::cluster servers{
    {.args = {"--snapshot-entries", "1000000000"}, .where = how.dir}};
  servers.start_all();
  fill(servers, how.entries);
  figures got;
  for (size_t run = 0; run < how.runs; ++run) {
    measure_one(servers, got);
    measure_all(servers, got);
    got.add("entries",
            static_cast<double>(entries_of(servers, servers.await_leader())));
  }
  show(got);
  got.print_json(how, "restart");
}

} // namespace

int main(int argc, char** argv) {
  restart_options how;
  return answer(
    argc, argv,
    "Members with many entries in their logs are killed and started again: "
    "after how many seconds does one serve?",
    [&](const options& common) {
      static_cast<options&>(how) = common;
      if (how.smoke)
        how.entries = 2000;
      run(how);
    },
    [&](CLI::App& app) {
      app.add_option("--entries", how.entries, "how many are in the log")
        ->check(CLI::PositiveNumber);
    });
}

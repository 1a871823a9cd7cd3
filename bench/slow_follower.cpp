// 64 clients write to the leader of three members, of which one follower stands
// still, is slow, or is gone: the other one is a majority with the leader. What
// do they notice?

#include "lib/figures.hpp"
#include "lib/load.hpp"

#include "process/support/cluster.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace bench;

namespace {

/// Lets a process run a tenth of the time only.
class slowed_down {
public:
  explicit slowed_down(pid_t pid) : pid_(pid), thread_([this] { run(); }) {
    // nop
  }

  slowed_down(const slowed_down&) = delete;
  slowed_down& operator=(const slowed_down&) = delete;

  ~slowed_down() {
    over_ = true;
    thread_.join();
  }

private:
  void run() {
    while (!over_) {
      ::kill(pid_, SIGSTOP);
      std::this_thread::sleep_for(harness::milliseconds(45));
      ::kill(pid_, SIGCONT);
      std::this_thread::sleep_for(harness::milliseconds(5));
    }
  }

  pid_t pid_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

uint64_t index_of(const harness::cluster& servers, size_t id,
                  const char* which) {
  auto status = servers.status(id);
  return status ? status->at(which).get<uint64_t>() : 0;
}

class slow_follower {
public:
  explicit slow_follower(const options& how)
    : how_(how),
      servers_({.where = how.dir}) {
    servers_.start_all();
    run_load(load_at(servers_.await_leader()));
  }

  void take_turn() {
    leader_ = servers_.await_leader();
    follower_ = leader_ % servers_.size() + 1;
    auto normal = measure("normal", 0);
    servers_.pause(follower_);
    measure("stopped", normal);
    servers_.resume(follower_);
    await_caught_up("stopped");
    {
      slowed_down slow{servers_.process(follower_).pid()};
      measure("slow", normal);
    }
    await_caught_up("slow");
    servers_.kill(follower_);
    measure("killed", normal);
    servers_.start(follower_);
    await_caught_up("killed");
  }

  void show() const {
    fmt::print("{:16} {:25} {:22} {:22} {:22} {}\n", "one follower is",
               "PUT/s (min .. max)", "p50 ms", "p99 ms", "ratio of rates",
               "caught up after s");
    for (auto name : {"normal", "stopped", "slow", "killed"}) {
      auto of = [&](const char* figure, int digits) {
        return got_.show(std::string{name} + figure, digits);
      };
      fmt::print("{:16} {:25} {:22} {:22} {:22} {}\n", name, of("_rate", 0),
                 of("_p50_ms", 2), of("_p99_ms", 2), of("_ratio", 2),
                 of("_catch_up_s", 2));
    }
    fmt::print("a ratio of at least 0.9 is wanted; a slow one runs 5 ms of "
               "every 50\n");
  }

  const figures& got() const {
    return got_;
  }

private:
  load load_at(size_t id) const {
    return {.ports = {servers_.http_port(id)},
            .connections = 64,
            .next = puts(),
            .warm_up = std::chrono::milliseconds(0),
            .span = how_.span};
  }

  /// @param normal The rate to compare with; zero: this is the one.
  double measure(const std::string& name, double normal) {
    auto result = run_load(load_at(leader_));
    keep(got_, name, result);
    if (normal != 0)
      got_.add(name + "_ratio", result.rate() / normal);
    auto status = servers_.status(leader_);
    if (!status || status->at("role") != "leader")
      fmt::print("{}: the leader did not stay the leader\n", name);
    return result.rate();
  }

  /// The follower has applied all that is committed now.
  void await_caught_up(const std::string& name) {
    auto start = harness::steady::now();
    uint64_t all = 0;
    harness::await("the leader's status", [&] {
      all = index_of(servers_, leader_, "commit_index");
      return all > 0;
    });
    harness::await(
      "a follower that has caught up",
      [&] { return index_of(servers_, follower_, "applied_index") >= all; },
      harness::seconds(60));
    got_.add(name + "_catch_up_s", harness::seconds_since(start));
  }

  options how_;
  harness::cluster servers_;
  size_t leader_ = 0;
  size_t follower_ = 0;
  figures got_;
};

void run(const options& how) {
  slow_follower all{how};
  for (size_t run = 0; run < how.runs; ++run)
    all.take_turn();
  all.show();
  all.got().print_json(how, "slow_follower");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "64 clients write: what do they notice of a follower that "
                "stands still, is slow, or is gone?",
                run);
}

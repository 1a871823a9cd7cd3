// Everything that can go wrong at once, by chance, while clients work. Hundreds of
// faults: CAF_RAFT_FAULTS=300. The same again: CAF_RAFT_SEED.

#include "process/support/testing.hpp"

#include <fmt/format.h>

#include <functional>

using namespace harness;

namespace {

/// Makes things go wrong, and well again.
class nemesis {
public:
  nemesis(cluster& servers, uint64_t seed) : servers_(servers), random_(seed) {
    // nop
  }

  /// Does one thing, or two at a time, lets it last, and mends it.
  void strike() {
    auto both = dice(4) == 0;
    auto what = hurt();
    if (both)
      what += " and " + hurt();
    std::this_thread::sleep_for(milliseconds(100 + dice(1200)));
    mend();
    fmt::print("{:4}: {}\n", ++count_, what);
  }

  /// How often each thing was done.
  std::string counts() const {
    std::string result;
    for (const auto& [what, count] : counts_)
      result += fmt::format("{}{}: {}", result.empty() ? "" : ", ", what,
                            count);
    return result;
  }

private:
  uint64_t dice(uint64_t sides) {
    return random_() % sides;
  }

  /// Any member; more often than others the leader.
  size_t victim() {
    if (dice(2) == 0)
      if (auto leader = servers_.leader())
        return *leader;
    return 1 + dice(servers_.size());
  }

  std::string hurt() {
    auto id = victim();
    auto what = hurt(id, dice(12));
    ++counts_[what];
    return fmt::format("{} {}", what, id);
  }

  std::string hurt(size_t id, uint64_t how) {
    auto& net = servers_.network();
    auto other = 1 + (id + dice(servers_.size() - 1)) % servers_.size();
    switch (how) {
      case 0:
      case 1:
        servers_.kill(id);
        return "kill";
      case 2:
        servers_.lose_power(id, random_());
        return "power";
      case 3:
        servers_.kill_all();
        for (size_t each = 1; each <= servers_.size(); ++each)
          servers_.lose_power(each, random_());
        return "power of all, and";
      case 4:
        servers_.kill_all();
        return "kill all, and";
      case 5:
      case 6:
        servers_.pause(id);
        return "pause";
      case 7:
        net.set_outgoing(id, any_cut());
        return "mute";
      case 8:
        net.set_incoming(id, any_cut());
        return "deafen";
      case 9:
        net.set_both(id, other, any_cut());
        return "cut link of";
      case 10:
        servers_.disk(id).set(DISK_HANGS);
        return "hang disk of";
      default: {
        auto cut = any_cut();
        net.set_outgoing(id, cut);
        net.set_incoming(id, cut);
        return "cut off";
      }
    }
  }

  path any_cut() {
    return dice(3) == 0 ? path::refused : path::stalled;
  }

  void mend() {
    servers_.network().heal();
    for (size_t id = 1; id <= servers_.size(); ++id) {
      servers_.disk(id).set(DISK_WELL);
      servers_.resume(id);
      if (!servers_.process(id).running())
        servers_.start(id);
    }
  }

  cluster& servers_;
  std::mt19937_64 random_;
  size_t count_ = 0;
  std::map<std::string, size_t> counts_;
};

} // namespace

TEST_CASE("whatever happens, histories are linearizable and nothing is lost") {
  auto seed = number_from("CAF_RAFT_SEED", std::random_device{}());
  auto faults = number_from("CAF_RAFT_FAULTS", short_run() ? 8 : 36);
  MESSAGE("CAF_RAFT_SEED=" << seed << " CAF_RAFT_FAULTS=" << faults);
  cluster servers{
    {.proxied = true,
     .faulty_disks = true,
     .args = {"--election-timeout", "300", "--heartbeat", "50",
              "--request-timeout", "2000", "--snapshot-entries", "150"}}};
  servers.start_all();
  servers.await_leader();
  workload clients{servers, {.clients = 8, .seed = seed}};
  nemesis evil{servers, seed};
  std::vector<double> recoveries;
  for (uint64_t i = 0; i < faults; ++i) {
    evil.strike();
    auto before = clients.acknowledged();
    auto start = steady::now();
    await(
      "writes again", [&] { return clients.acknowledged() > before + 10; },
      seconds(60));
    recoveries.push_back(seconds_since(start));
  }
  MESSAGE("faults: " << evil.counts());
  MESSAGE("serving again after " << spread(recoveries, "s"));
  check_all(servers, clients);
}

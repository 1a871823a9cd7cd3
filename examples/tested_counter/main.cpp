// A state machine of one's own in a simulated cluster in which everything goes
// wrong: five members, one thread, no time. Whatever it finds, the same seed finds
// again.

#include "caf/raft/testing/same_everywhere.hpp"
#include "caf/raft/testing/swarm_faults.hpp"
#include "caf/raft/typed_machine.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

struct add {
  int64_t amount = 0;
};

struct total {};

template <class Archive>
void fields(Archive& ar, add& x) {
  ar(x.amount);
}

template <class Archive>
void fields(Archive&, total&) {
}

class counter {
public:
  using commands = list<add>;
  using queries = list<total>;

  int64_t apply(index_t, const add& x) {
    return sum_ += x.amount;
  }

  int64_t query(const total&) {
    return sum_;
  }

  template <class Archive>
  friend void fields(Archive& ar, counter& x) {
    ar(x.sum_);
  }

private:
  int64_t sum_ = 0;
};

using machine = typed_machine<counter>;

/// @returns Whether the counter is as its clients were told.
bool test_counter(uint64_t seed) {
  cluster_settings cfg;
  cfg.members = 5;
  cfg.seed = seed;
  cfg.make_machine = [] { return std::make_unique<machine>(); };
  sim_cluster sim{cfg};
  swarm_faults faults{sim, draw_plan(seed).faults};
  int64_t done = 0;
  int64_t unknown = 0;
  auto note = [&](const outcome& x) {
    done += x.code == errc::none ? 1 : 0;
    unknown += x.code == errc::outcome_unknown ? 1 : 0;
  };
  sim.start_all();
  faults.start();
  for (auto i = 0; i < 200; ++i) {
    for (auto id : sim.ids())
      if (sim.is_up(id))
        sim.submit(id, group_id{1}, request_kind::command,
                   machine::encode_command(add{1}), 1s, note);
    sim.run_for(100ms);
  }
  faults.stop();
  sim.run_for(20s); // All is well again, and no request is open.
  int64_t sum = 0;
  codec<int64_t>::decode(same_everywhere(sim, group_id{1},
                                         machine::encode_query(total{}),
                                         faults.sound()),
                         sum);
  fmt::print("seed {}: {} faults, {} done, {} unknown, the counter is {}\n",
             seed, faults.count(), done, unknown, sum);
  return done > 0 && sum >= done && sum <= done + unknown;
}

} // namespace

int main(int argc, char** argv) {
  auto first = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  auto last = argc > 1 ? first : 10;
  for (auto seed = first; seed <= last; ++seed) {
    try {
      if (!test_counter(seed))
        return 1;
    } catch (const invariant_violated& x) {
      fmt::print("{}\n", x.what());
      return 1;
    }
  }
  return 0;
}

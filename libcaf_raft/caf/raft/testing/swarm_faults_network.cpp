#include "caf/raft/testing/sim_stranger.hpp"
#include "caf/raft/testing/swarm_faults.hpp"

#include <utility>

namespace caf::raft::testing {

void swarm_faults::cut(links what) {
  for (auto& [from, to] : what)
    if (from != to)
      sim_.network().cut(from, to);
  later([this, what = std::move(what)] {
    for (auto& [from, to] : what)
      sim_.network().mend(from, to);
  });
}

void swarm_faults::isolate() {
  auto id = victim();
  auto how = sim_.rng()() % 4;
  links what;
  for (auto other : sim_.ids()) {
    if (how != 0)
      what.emplace_back(id, other);
    if (how != 1)
      what.emplace_back(other, id);
  }
  cut(std::move(what));
}

void swarm_faults::cut_one_way() {
  auto from = victim();
  cut({{from, any()}});
}

void swarm_faults::cut_both_ways() {
  auto x = victim();
  auto y = any();
  cut({{x, y}, {y, x}});
}

void swarm_faults::split() {
  auto parts = two_parts();
  links what;
  for (auto x : parts[0])
    for (auto y : parts[1]) {
      what.emplace_back(x, y);
      what.emplace_back(y, x);
    }
  cut(std::move(what));
}

void swarm_faults::bridge() {
  auto between = victim();
  auto parts = two_parts();
  links what;
  for (auto x : parts[0])
    for (auto y : parts[1])
      if (x != between && y != between) {
        what.emplace_back(x, y);
        what.emplace_back(y, x);
      }
  cut(std::move(what));
}

void swarm_faults::slow_link() {
  auto from = victim();
  auto to = any();
  sim_.network().slow_down(from, to, draw(std::chrono::seconds(1)));
  later([this, from, to] { sim_.network().slow_down(from, to, {}); });
}

void swarm_faults::break_connection() {
  auto x = victim();
  sim_.network().break_connections(x, any());
}

void swarm_faults::abandon() {
  auto from = victim();
  sim_.network().abandon_connections(from, any(), draw(plan_.longest));
}

void swarm_faults::garble() {
  auto from = victim();
  sim_.network().garble(from, any());
}

/// An unformed member may be let into the cluster of whoever knows it.
void swarm_faults::visit() {
  auto id = victim();
  if (sim_.is_up(id) && sim_.disk(id).who().cluster)
    visit_as_stranger(sim_.network(), sim_.rng(), sim_.address(id), id);
}

} // namespace caf::raft::testing

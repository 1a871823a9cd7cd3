#include "caf/raft/testing/sim_stranger.hpp"
#include "caf/raft/testing/swarm_faults.hpp"

#include <utility>

namespace caf::raft::testing {

bool swarm_faults::cut(links what) {
  auto any_was_whole = false;
  for (auto& [from, to] : what)
    if (from != to) {
      any_was_whole |= !sim_.network().is_cut(from, to);
      sim_.network().cut(from, to);
    }
  later([this, what = std::move(what)] {
    for (auto& [from, to] : what)
      sim_.network().mend(from, to);
  });
  return any_was_whole;
}

bool swarm_faults::isolate() {
  auto id = victim();
  auto how = sim_.rng()() % 4;
  links what;
  for (auto other : sim_.ids()) {
    if (how != 0)
      what.emplace_back(id, other);
    if (how != 1)
      what.emplace_back(other, id);
  }
  return cut(std::move(what));
}

bool swarm_faults::cut_one_way() {
  auto from = victim();
  return cut({{from, any()}});
}

bool swarm_faults::cut_both_ways() {
  auto x = victim();
  auto y = any();
  return cut({{x, y}, {y, x}});
}

bool swarm_faults::split() {
  auto parts = two_parts();
  links what;
  for (auto x : parts[0])
    for (auto y : parts[1]) {
      what.emplace_back(x, y);
      what.emplace_back(y, x);
    }
  return cut(std::move(what));
}

bool swarm_faults::bridge() {
  auto between = victim();
  auto parts = two_parts();
  links what;
  for (auto x : parts[0])
    for (auto y : parts[1])
      if (x != between && y != between) {
        what.emplace_back(x, y);
        what.emplace_back(y, x);
      }
  return cut(std::move(what));
}

bool swarm_faults::slow_link() {
  auto from = victim();
  auto to = any();
  sim_.network().slow_down(from, to, draw(std::chrono::seconds(1)));
  later([this, from, to] { sim_.network().slow_down(from, to, {}); });
  return from != to;
}

bool swarm_faults::break_connection() {
  auto x = victim();
  auto y = any();
  if (sim_.rng()() % 2 == 0)
    sim_.network().break_newest(x, y);
  else
    sim_.network().break_connections(x, y);
  return x != y;
}

bool swarm_faults::abandon() {
  auto from = victim();
  auto to = any();
  sim_.network().abandon_connections(from, to, draw(plan_.longest));
  return from != to;
}

bool swarm_faults::garble() {
  auto from = victim();
  auto to = any();
  sim_.network().garble(from, to);
  return from != to;
}

/// An unformed member may be let into the cluster of whoever knows it.
bool swarm_faults::visit() {
  auto id = victim();
  if (!sim_.is_up(id) || !sim_.disk(id).who().cluster)
    return false;
  visit_as_stranger(sim_.network(), sim_.rng(), sim_.address(id), id);
  return true;
}

} // namespace caf::raft::testing

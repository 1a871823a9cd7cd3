#include "caf/raft/testing/sim_network.hpp"

#include <algorithm>

namespace caf::raft::testing {

// -- cuts ---------------------------------------------------------------------

void sim_network::cut(server_id from, server_id to) {
  cuts_.emplace(from, to);
}

void sim_network::mend(server_id from, server_id to) {
  if (cuts_.erase({from, to}) == 0)
    return;
  for (auto id : between(from, to)) {
    auto& x = directions_[id];
    if (!x.packets.empty())
      delay(id, now_ + latency(x));
  }
}

void sim_network::mend_all() {
  while (!cuts_.empty()) {
    auto [from, to] = *cuts_.begin();
    mend(from, to);
  }
}

bool sim_network::is_cut(server_id from, server_id to) const {
  return cuts_.count({from, to}) > 0;
}

// -- slow links ---------------------------------------------------------------

void sim_network::slow_down(server_id from, server_id to, timespan by) {
  if (by == timespan{})
    slow_.erase({from, to});
  else
    slow_[{from, to}] = by;
}

// -- broken connections -------------------------------------------------------

void sim_network::break_connections(server_id x, server_id y) {
  auto found = between(x, y);
  auto back = between(y, x);
  found.insert(found.end(), back.begin(), back.end());
  std::sort(found.begin(), found.end());
  for (auto id : found)
    lose_packets(id, "the connection broke");
}

void sim_network::abandon_connections(server_id from, server_id to,
                                      timespan lag) {
  for (auto id : between(from, to)) {
    auto& x = directions_[id];
    if (x.closed || x.gone)
      continue;
    if (!x.packets.empty())
      delay(id, now_ + lag);
    x.closed = true;
    add_end(id, "connection reset by peer");
    lose_packets(other(id), "the connection timed out");
  }
}

// -- garbage ------------------------------------------------------------------

void sim_network::garble(server_id from, server_id to) {
  for (auto id : between(from, to)) {
    auto& x = directions_[id];
    if (x.closed || x.gone)
      continue;
    std::vector<bytes*> underway;
    for (auto& p : x.packets)
      if (!p.content.empty())
        underway.push_back(&p.content);
    if (underway.empty()) {
      bytes garbage(1 + rng_() % 64);
      for (auto& byte : garbage)
        byte = static_cast<std::byte>(rng_());
      send_bytes(id, garbage);
      continue;
    }
    auto& victim = *underway[rng_() % underway.size()];
    victim[rng_() % victim.size()] ^= static_cast<std::byte>(1 << rng_() % 8);
  }
}

// -- helpers ------------------------------------------------------------------

std::vector<sim_network::direction_id>
sim_network::between(server_id from, server_id to) const {
  std::vector<direction_id> result;
  for (auto& [id, x] : directions_)
    if (x.from.id == from && x.to == to)
      result.push_back(id);
  return result;
}

/// Nothing that is under way arrives before this.
void sim_network::delay(direction_id id, time_point due) {
  for (auto& p : directions_[id].packets)
    p.due = std::max(p.due, due);
  schedule(id);
}

} // namespace caf::raft::testing

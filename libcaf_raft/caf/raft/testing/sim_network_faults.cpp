#include "caf/raft/testing/sim_network.hpp"

#include <algorithm>
#include <utility>

namespace caf::raft::testing {

// -- cuts ---------------------------------------------------------------------

void sim_network::cut(server_id from, server_id to) {
  if (cuts_.emplace(from, to).second)
    tell({link_change::cut, from, to});
}

void sim_network::mend(server_id from, server_id to) {
  if (cuts_.erase({from, to}) == 0)
    return;
  tell({link_change::mended, from, to});
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
  auto was_slow = slow_.erase({from, to}) > 0;
  if (by != timespan{})
    slow_[{from, to}] = by;
  if (was_slow || by != timespan{})
    tell({link_change::slowed, from, to, by});
}

// -- broken connections -------------------------------------------------------

void sim_network::break_connections(server_id x, server_id y) {
  tell({link_change::broken, x, y});
  auto found = between(x, y);
  auto back = between(y, x);
  found.insert(found.end(), back.begin(), back.end());
  std::sort(found.begin(), found.end());
  for (auto id : found)
    lose_packets(id, "the connection broke");
}

void sim_network::break_connections_from(server_id maker, server_id to) {
  tell({link_change::broken, maker, to});
  for (auto id : between(maker, to))
    if (is_makers(id))
      for (auto direction : {id, other(id)})
        lose_packets(direction, "the connection broke");
}

void sim_network::break_newest(server_id x, server_id y) {
  tell({link_change::broken, x, y});
  auto found = between(x, y);
  auto back = between(y, x);
  found.insert(found.end(), back.begin(), back.end());
  if (found.empty())
    return;
  auto newest = *std::max_element(found.begin(), found.end());
  for (auto id :
       {std::min(newest, other(newest)), std::max(newest, other(newest))})
    lose_packets(id, "the connection broke");
}

void sim_network::abandon_connections(server_id from, server_id to,
                                      timespan lag) {
  tell({link_change::abandoned, from, to});
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
  tell({link_change::garbled, from, to});
  for (auto id : between(from, to)) {
    auto& x = directions_[id];
    if (x.closed || x.gone)
      continue;
    if (x.bytes_underway > 0) {
      flip_bit(x);
      continue;
    }
    bytes garbage(1 + rng_() % 64);
    for (auto& byte : garbage)
      byte = static_cast<std::byte>(rng_());
    send_bytes(id, garbage);
  }
}

/// The message that it is of is lost.
void sim_network::flip_bit(direction& of) {
  std::vector<size_t> underway;
  for (size_t i = 0; i < of.packets.size(); ++i)
    if (!of.packets[i].content.empty())
      underway.push_back(i);
  auto i = underway[rng_() % underway.size()];
  auto& victim = of.packets[i].content;
  victim[rng_() % victim.size()] ^= static_cast<std::byte>(1 << rng_() % 8);
  while (i < of.packets.size() && of.packets[i].message == 0)
    ++i;
  if (i < of.packets.size())
    lose(std::exchange(of.packets[i].message, 0));
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

void sim_network::tell(const link_changed& what) {
  if (observer_ != nullptr)
    observer_->on_link_changed(what);
}

/// Nothing that is under way arrives before this.
void sim_network::delay(direction_id id, time_point due) {
  for (auto& p : directions_[id].packets)
    p.due = std::max(p.due, due);
  schedule(id);
}

} // namespace caf::raft::testing

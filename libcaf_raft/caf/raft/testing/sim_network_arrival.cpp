#include "caf/raft/testing/sim_network.hpp"

#include <algorithm>

namespace caf::raft::testing {

std::optional<time_point> sim_network::next_event() const {
  if (arrivals_.empty())
    return std::nullopt;
  return arrivals_.begin()->first.first;
}

void sim_network::advance_to(time_point now) {
  now_ = std::max(now_, now);
  while (!arrivals_.empty() && arrivals_.begin()->first.first <= now_) {
    auto id = arrivals_.begin()->second;
    arrivals_.erase(arrivals_.begin());
    arrive(id);
  }
}

/// One arrival at a time waits for each direction: that of its first packet.
void sim_network::schedule(direction_id id) {
  auto& x = directions_[id];
  if (x.scheduled || x.packets.empty())
    return;
  x.scheduled = true;
  arrivals_.emplace(arrival{x.packets.front().due, ++last_arrival_}, id);
}

void sim_network::arrive(direction_id id) {
  auto* x = find(id);
  if (x == nullptr)
    return;
  x->scheduled = false;
  if (x->packets.empty())
    return;
  auto kind = x->packets.front().kind;
  if (kind != packet::kind_t::broken && is_cut(x->from.id, x->to))
    return;
  if (x->packets.front().due > now_)
    return schedule(id);
  if (kind == packet::kind_t::data) {
    take_data(id);
  } else {
    auto text = x->packets.front().text;
    x->packets.pop_front();
    if (kind == packet::kind_t::open)
      take_open(id, text);
    else
      take_end(id, text);
  }
  if (find(id) != nullptr)
    schedule(id);
}

/// What has arrived by now arrives together.
void sim_network::take_data(direction_id id) {
  auto& x = directions_[id];
  auto content = std::make_shared<bytes>();
  std::vector<uint64_t> messages;
  while (!x.packets.empty() && x.packets.front().kind == packet::kind_t::data
         && x.packets.front().due <= now_) {
    auto& some = x.packets.front().content;
    content->insert(content->end(), some.begin(), some.end());
    if (x.packets.front().message != 0)
      messages.push_back(x.packets.front().message);
    x.packets.pop_front();
  }
  x.bytes_underway -= content->size();
  for (auto number : messages)
    if (x.gone)
      lose(number);
    else if (observer_ != nullptr)
      observer_->on_arrived(number);
  post_from_outside(x.owner, stream_bytes{std::move(content)});
}

void sim_network::take_open(direction_id id, const std::string& address) {
  auto i = listeners_.find(address);
  if (i != listeners_.end() && i->second.accept) {
    directions_[id].to = i->second.member;
    directions_[other(id)].from.id = i->second.member;
    set_owner(id, i->second.accept(id));
    return;
  }
  add_end(other(id), "connection refused");
  directions_[other(id)].closed = true;
  directions_[id].gone = true;
}

void sim_network::take_end(direction_id id, const std::string& reason) {
  auto& x = directions_[id];
  post_from_outside(x.owner, stream_ended{reason});
  x.owner = nullptr;
  x.closed = true;
  x.gone = true;
  lose_all(x);
  x.bytes_underway = 0;
  directions_[other(id)].closed = true;
  forget_if_over(id);
}

/// The end of a stream that is noticed at its end at once: some of what was
/// under way is lost, all of it where the direction is cut.
void sim_network::lose_packets(direction_id id, const std::string& reason) {
  auto& x = directions_[id];
  if (x.gone)
    return;
  drop_waiting(
    [&](const waiting_message& m) { return held_[m.number].towards == id; });
  x.closed = true;
  auto kept = is_cut(x.from.id, x.to) ? 0 : rng_() % (x.packets.size() + 1);
  while (x.packets.size() > kept) {
    x.bytes_underway -= x.packets.back().content.size();
    lose(x.packets.back().message);
    x.packets.pop_back();
  }
  packet last;
  last.kind = packet::kind_t::broken;
  last.text = reason;
  add(id, std::move(last));
}

void sim_network::lose(uint64_t message) {
  if (message != 0 && observer_ != nullptr)
    observer_->on_lost(message);
}

void sim_network::lose_all(direction& of) {
  for (auto& x : of.packets)
    lose(x.message);
  of.packets.clear();
}

/// Both directions are needed until both have ended.
void sim_network::forget_if_over(direction_id id) {
  auto& back = directions_[other(id)];
  if (!back.gone)
    return;
  auto waits = [&](const waiting_message& x) {
    auto towards = held_[x.number].towards;
    return towards == id || towards == other(id);
  };
  drop_waiting(waits);
  lose_all(directions_[id]);
  lose_all(back);
  directions_.erase(id);
  directions_.erase(other(id));
}

} // namespace caf::raft::testing

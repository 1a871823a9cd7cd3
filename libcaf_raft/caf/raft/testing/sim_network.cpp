#include "caf/raft/testing/sim_network.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/wire/codec.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace caf::raft::testing {

namespace {

wire::frame_type type_of(const wire::frame& what) {
  constexpr size_t offset = 9;
  return static_cast<wire::frame_type>(what.view()[offset]);
}

/// Whether it is one of the messages of the Raft paper, which may come twice.
bool may_be_repeated(const sender& from, const wire::frame_ptr& what) {
  if (type_of(*what) != wire::frame_type::group)
    return false;
  auto content = wire::decode_group(
    from, what->view().subspan(wire::frame_header_size), what);
  CAF_RAFT_ASSERT(content);
  auto& body = content->body;
  return std::holds_alternative<request_vote>(body)
         || std::holds_alternative<vote_result>(body)
         || std::holds_alternative<append_entries>(body)
         || std::holds_alternative<append_result>(body)
         || std::holds_alternative<heartbeat>(body)
         || std::holds_alternative<heartbeat_result>(body)
         || std::holds_alternative<commit_notice>(body)
         || std::holds_alternative<timeout_now>(body);
}

} // namespace

network_observer::~network_observer() {
  // nop
}

sim_network::sim_network(random_source& rng) : rng_(rng) {
  // nop
}

// -- members ------------------------------------------------------------------

void sim_network::detach(server_id member, bool silent) {
  stop_listening(member);
  std::vector<direction_id> sent;
  std::vector<direction_id> received;
  for (auto& [id, x] : directions_) {
    if (x.from.id == member && !x.closed)
      sent.push_back(id);
    if (x.to == member)
      received.push_back(id);
  }
  drop_waiting([&](const waiting_message& x) { return x.to == member; });
  for (auto id : received) {
    auto& x = directions_[id];
    x.gone = true;
    x.owner = nullptr;
  }
  for (auto id : sent) {
    auto& x = directions_[id];
    x.closed = true;
    x.silent = silent;
    if (!silent)
      add_end(id, "connection reset by peer");
  }
}

void sim_network::reset_silent(server_id member) {
  std::vector<direction_id> found;
  for (auto& [id, x] : directions_)
    if (x.from.id == member && x.silent)
      found.push_back(id);
  for (auto id : found) {
    directions_[id].silent = false;
    add_end(id, "connection reset by peer");
  }
}

// -- one message at a time ----------------------------------------------------

void sim_network::deliver(uint64_t number) {
  auto i = held_.find(number);
  CAF_RAFT_ASSERT(i != held_.end());
  auto id = i->second.towards;
  add_frame(id, i->second.content->view(), number);
  release(number);
}

void sim_network::drop(uint64_t number) {
  lose(number);
  release(number);
}

/// Does not wait any more.
void sim_network::release(uint64_t number) {
  auto towards = held_.at(number).towards;
  held_.erase(number);
  std::erase_if(waiting_, [number](auto& x) { return x.number == number; });
  auto& at = directions_[towards];
  --at.messages_waiting;
  if (at.messages_waiting == 0 && at.last_words)
    add_end(towards, std::string{*at.last_words});
}

void sim_network::drop_waiting(
  const std::function<bool(const waiting_message&)>& which) {
  std::vector<uint64_t> found;
  for (auto& x : waiting_)
    if (which(x))
      found.push_back(x.number);
  for (auto number : found)
    drop(number);
}

// -- for those who send -------------------------------------------------------

void sim_network::listen(const std::string& address, server_id member,
                         accept_function accept) {
  listeners_[address] = {member, std::move(accept)};
}

void sim_network::stop_listening(server_id member) {
  for (auto& [address, x] : listeners_)
    if (x.member == member)
      x.accept = nullptr;
}

sim_network::direction_id sim_network::open(const sender& from,
                                            const std::string& address) {
  auto towards = 2 * ++last_connection_;
  auto i = listeners_.find(address);
  auto to = i == listeners_.end() ? server_id{} : i->second.member;
  auto& there = directions_[towards];
  there.from = from;
  there.to = to;
  auto& back = directions_[other(towards)];
  back.from.id = to;
  back.to = from.id;
  packet first;
  first.kind = packet::kind_t::open;
  first.text = address;
  add(towards, std::move(first));
  return towards;
}

void sim_network::set_owner(direction_id towards, stream_owner who) {
  if (auto* x = find(towards))
    x->owner = std::move(who);
}

void sim_network::send(direction_id towards, const wire::frame_ptr& what) {
  auto* x = find(towards);
  if (x == nullptr || x->closed)
    return;
  auto message = observe(towards, what);
  if (message == 0 || !holding_)
    add_frame(towards, what->view(), message);
  if (conditions_.repeat_permille > 0 && !holding_)
    repeat(towards, what);
}

/// Sends something that was sent before again, now or behind what comes next.
void sim_network::repeat(direction_id id, const wire::frame_ptr& what) {
  auto& x = directions_[id];
  if (!x.repeated && rng_() % 1000 < conditions_.repeat_permille
      && may_be_repeated(x.from, what))
    x.repeated = what;
  if (x.repeated && rng_() % 3 == 0)
    add_frame(id, std::exchange(x.repeated, nullptr)->view(), 0);
}

void sim_network::send_bytes(direction_id towards, bytes_view what) {
  auto* x = find(towards);
  if (x != nullptr && !x->closed)
    add_frame(towards, what, 0);
}

size_t sim_network::underway(direction_id towards) const {
  auto i = directions_.find(towards);
  return i == directions_.end() ? 0 : i->second.bytes_underway;
}

void sim_network::close(direction_id towards) {
  auto* x = find(towards);
  if (x == nullptr || x->closed)
    return;
  x->closed = true;
  add_end(towards, "closed by the other side");
  lose_packets(other(towards), "closed");
}

// -- sending ------------------------------------------------------------------

sim_network::direction* sim_network::find(direction_id id) {
  auto i = directions_.find(id);
  return i == directions_.end() ? nullptr : &i->second;
}

timespan sim_network::latency(const direction& of) {
  auto longest = conditions_.max_latency;
  if (conditions_.slow_permille > 0
      && rng_() % 1000 < conditions_.slow_permille)
    longest = std::max(longest, conditions_.slowest);
  auto result = conditions_.min_latency;
  if (auto range = (longest - result).count(); range > 0)
    result += timespan{static_cast<int64_t>(rng_() % range)};
  auto resend = conditions_.resend_after;
  for (auto lost = 0; lost < 6 && conditions_.loss_permille > 0
                      && rng_() % 1000 < conditions_.loss_permille;
       ++lost, resend *= 2)
    result += resend;
  if (!slow_.empty())
    if (auto i = slow_.find({of.from.id, of.to}); i != slow_.end())
      result += i->second;
  return result;
}

void sim_network::add(direction_id id, packet what) {
  auto* x = find(id);
  if (x == nullptr || x->gone)
    return lose(what.message);
  what.due = now_ + (holding_ ? timespan{} : latency(*x));
  if (!x->packets.empty())
    what.due = std::max(what.due, x->packets.back().due);
  x->bytes_underway += what.content.size();
  x->packets.push_back(std::move(what));
  schedule(id);
}

/// In one piece or, if chance wants it, in two or three.
void sim_network::add_frame(direction_id id, bytes_view content,
                            uint64_t message) {
  auto pieces = !holding_ && rng_() % 100 < conditions_.split_percent
                  ? 2 + rng_() % 2
                  : 1;
  while (pieces > 1 && content.size() > 1) {
    auto size = 1 + rng_() % (content.size() - 1);
    packet piece;
    piece.content.assign(content.begin(), content.begin() + size);
    add(id, std::move(piece));
    content = content.subspan(size);
    --pieces;
  }
  packet rest;
  rest.content.assign(content.begin(), content.end());
  rest.message = message;
  add(id, std::move(rest));
}

void sim_network::add_end(direction_id id, const std::string& reason) {
  auto* x = find(id);
  if (x == nullptr)
    return;
  if (x->messages_waiting > 0) {
    x->last_words = reason;
    return;
  }
  x->last_words.reset();
  packet last;
  last.kind = packet::kind_t::end;
  last.text = reason;
  add(id, std::move(last));
}

/// Holds a message of a group where messages are held.
/// @returns Its number; zero: it is none.
uint64_t sim_network::observe(direction_id id, const wire::frame_ptr& what) {
  if (type_of(*what) != wire::frame_type::group)
    return 0;
  if (observer_ == nullptr && !holding_)
    return 0;
  auto& x = directions_[id];
  auto body = what->view().subspan(wire::frame_header_size);
  auto content = wire::decode_group(x.from, body, what);
  CAF_RAFT_ASSERT(content);
  auto number = ++last_message_;
  if (observer_ != nullptr)
    observer_->on_sent(number, x.to, *content);
  if (holding_) {
    ++x.messages_waiting;
    held_[number] = {id, what};
    waiting_.push_back({number, x.from.id, x.to, std::move(*content)});
  }
  return number;
}

} // namespace caf::raft::testing

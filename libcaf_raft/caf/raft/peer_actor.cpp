#include "caf/raft/peer_actor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace caf::raft {

namespace {

constexpr timespan first_delay = std::chrono::milliseconds(50);
constexpr timespan longest_delay = std::chrono::seconds(1);

/// A connection that lasted so long was a good one.
constexpr timespan lasting = std::chrono::seconds(1);

/// Whether the other side has to hear of the difference at once.
bool must_be_told(const hello& before, hello after) {
  after.newest_configuration = before.newest_configuration;
  return after != before;
}

} // namespace

peer_state::peer_state(scheduled_actor* self, setup env)
  : self_(self),
    env_(std::move(env)),
    rng_(env_.seed),
    bulk_(self, env_.net) {
  env_.me.to = env_.id;
}

peer_actor::behavior_type peer_state::make_behavior() {
  dial();
  return {
    [this](const send_frame& msg) { on(msg); },
    [this](const link_up& msg) { on(msg); },
    [this](const link_down& msg) { on(msg); },
    [this](const new_hello& msg) { on(msg); },
    [this](peer_seen msg) { on(msg); },
    [this](wake msg) { on(msg); },
    [this](stop msg) { on(msg); },
  };
}

void peer_state::on(const send_frame& msg) {
  if (!up_)
    return;
  if (msg.by == lane::bulk && !outdated_ && bulk_.may_do(now(self_)))
    bulk_.send(msg, env_.address, env_.me);
  else
    post(self_, connection_, msg);
}

void peer_state::on(const link_up& msg) {
  if (msg.carries == lane::bulk)
    return bulk_.on(msg);
  if (outdated_)
    return;
  up_ = true;
  up_since_ = now(self_);
  post(self_, env_.owner,
       peer_link_changed{env_.id, me(), true, msg.remote, msg.cluster, {}, {}});
}

void peer_state::on(const link_down& msg) {
  if (msg.carries == lane::bulk)
    return bulk_failed(msg);
  connection_ = nullptr;
  bulk_.stop();
  auto lasted = up_ && now(self_) - up_since_ >= lasting;
  failures_ = lasted ? 0 : failures_ + 1;
  up_ = false;
  post(
    self_, env_.owner,
    peer_link_changed{env_.id, me(), false, {}, {}, msg.reason, msg.refused});
  if (std::exchange(outdated_, false))
    dial();
  else
    dial_later();
}

/// That it ends with the other one goes without saying.
void peer_state::bulk_failed(const link_down& msg) {
  auto unexpected = !bulk_.stops();
  bulk_.on(msg, env_.address, env_.me);
  if (unexpected)
    post(self_, env_.owner,
         peer_link_changed{
           env_.id, me(), false, {}, {}, msg.reason, msg.refused, lane::bulk});
}

void peer_state::on(const new_hello& msg) {
  auto before = std::exchange(env_.me, msg.content);
  env_.me.to = env_.id;
  if (!connection_ || outdated_ || !must_be_told(before, env_.me))
    return;
  outdated_ = true;
  bulk_.stop();
  post(self_, connection_, stop{});
}

void peer_state::on(peer_seen) {
  if (connection_)
    return;
  failures_ = 0;
  dial();
}

void peer_state::on(wake msg) {
  if (msg.generation == timer_ && !connection_)
    dial();
}

void peer_state::on(stop) {
  bulk_.stop();
  post(self_, connection_, stop{});
  self_->quit();
}

void peer_state::dial() {
  ++timer_;
  connection_ = env_.net->connect(env_.address, env_.me, me());
}

void peer_state::dial_later() {
  ++timer_;
  wake_at(self_, now(self_) + next_delay(), wake{timer_});
}

peer_actor peer_state::me() const {
  return actor_cast<peer_actor>(self_);
}

/// Doubles from one failure to the next, and is drawn from the upper half of
/// what that gives, so that not all members knock at the same time.
timespan peer_state::next_delay() {
  auto doublings = std::min(failures_, 10u);
  auto delay = std::min(first_delay * (1 << doublings) / 2, longest_delay);
  auto half = static_cast<uint64_t>(delay.count() / 2);
  return timespan{static_cast<int64_t>(half + rng_() % half)};
}

} // namespace caf::raft

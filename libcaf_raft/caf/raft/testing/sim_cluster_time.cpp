#include "caf/raft/testing/sim_cluster.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace caf::raft::testing {

// -- messages -----------------------------------------------------------------

bool sim_cluster::is_active(const member& x) const {
  return x.life && !x.paused;
}

/// Every actor that has messages is as likely as every other to handle one.
bool sim_cluster::handle_message() {
  size_t choices = 0;
  for (auto& [id, x] : members_)
    if (is_active(x))
      choices += x.life->sys().runnable();
  if (choices == 0)
    return false;
  auto choice = cfg_.in_order ? 0 : rng_() % choices;
  for (auto& [id, x] : members_) {
    if (!is_active(x))
      continue;
    auto runnable = x.life->sys().runnable();
    if (choice >= runnable) {
      choice -= runnable;
      continue;
    }
    auto before = x.disk.operations();
    if (cfg_.in_order)
      x.life->sys().step_in_order();
    else
      x.life->sys().step(rng_);
    look_at_disk(id, before);
    after_step(id);
    return true;
  }
  return false;
}

/// The log actor waits while the disk works: when it is asked for something
/// after a rest, and after whatever it wrote. What comes meanwhile waits and is
/// done together.
void sim_cluster::look_at_disk(server_id id, uint64_t operations_before) {
  auto& x = members_.at(id);
  if (cfg_.in_order || x.disk_busy_until)
    return;
  auto& sys = x.life->sys();
  if (!sys.is_busy(x.life->log_job())) {
    x.disk_awake = false;
    return;
  }
  if (x.disk_awake && x.disk.operations() == operations_before)
    return;
  auto range = std::max<int64_t>((cfg_.max_sync - cfg_.min_sync).count(), 1);
  auto latency = cfg_.min_sync + timespan{static_cast<int64_t>(rng_() % range)};
  x.disk_busy_until = now_ + latency + x.disk_slower_by;
  sys.hold(x.life->log_job());
}

void sim_cluster::set_sync_time(timespan min, timespan max) {
  cfg_.min_sync = min;
  cfg_.max_sync = max;
}

void sim_cluster::after_step(server_id id) {
  ++steps_;
  auto& x = members_.at(id);
  mix(id.value);
  mix(x.life->sys().last_id());
  if (x.failed)
    crash(id, crash_kind::power);
  act(steps_to_act_at_, steps_);
  check();
}

void sim_cluster::check() {
  if (rules_.violation())
    throw invariant_violated(
      fmt::format("seed {}: {}", cfg_.seed, *rules_.violation()));
}

void sim_cluster::mix(uint64_t x) {
  hash_ = (hash_ ^ x) * 1099511628211u;
}

// -- time ---------------------------------------------------------------------

std::optional<time_point> sim_cluster::next_event() const {
  auto result = net_.next_event();
  auto add = [&](time_point x) {
    if (x != time_point::max() && (!result || x < *result))
      result = x;
  };
  if (!actions_.empty())
    add(actions_.begin()->first);
  for (auto& [id, x] : members_) {
    if (!is_active(x))
      continue;
    if (auto timer = x.life->sys().next_timer())
      add(std::max(now_, x.clock.simulated(*timer)));
    if (x.disk_busy_until)
      add(*x.disk_busy_until);
  }
  return result;
}

void sim_cluster::go_to(time_point when) {
  now_ = std::max(now_, when);
  mix(now_.time_since_epoch().count());
  net_.advance_to(now_);
  for (auto& [id, x] : members_)
    if (is_active(x))
      fire_due(x);
  act(actions_, now_);
  check();
}

void sim_cluster::fire_due(member& x) {
  auto& sys = x.life->sys();
  sys.advance_to(x.clock.own(now_));
  while (sys.next_timer() && *sys.next_timer() <= sys.now())
    sys.fire_next_timer();
  if (x.disk_busy_until && *x.disk_busy_until <= now_) {
    x.disk_busy_until.reset();
    x.disk_awake = true;
    sys.release(x.life->log_job());
  }
}

bool sim_cluster::advance(time_point until) {
  auto next = next_event();
  if (!next || *next > until)
    return false;
  go_to(*next);
  return true;
}

/// Does all that is due by now.
template <class Key>
void sim_cluster::act(std::multimap<Key, action>& from, Key now) {
  while (!from.empty() && from.begin()->first <= now) {
    auto f = std::move(from.begin()->second);
    from.erase(from.begin());
    f();
  }
}

void sim_cluster::after(uint64_t messages, action what) {
  steps_to_act_at_.emplace(steps_ + messages, std::move(what));
}

void sim_cluster::at(time_point when, action what) {
  actions_.emplace(std::max(when, now_), std::move(what));
}

bool sim_cluster::step(time_point until) {
  return handle_message() || advance(until);
}

void sim_cluster::run_for(timespan duration) {
  auto until = now_ + duration;
  while (step(until))
    ; // nop
  go_to(until);
}

bool sim_cluster::run_until(const std::function<bool()>& what, timespan limit) {
  auto until = now_ + limit;
  while (!what())
    if (!step(until)) {
      go_to(until);
      return what();
    }
  return true;
}

void sim_cluster::settle() {
  do {
    while (handle_message())
      ; // nop
    net_.advance_to(now_);
  } while (step(now_));
}

std::optional<timespan> sim_cluster::fire_timer_of(server_id id) {
  auto& x = members_.at(id);
  if (!x.life || !x.life->sys().next_timer())
    return std::nullopt;
  auto& sys = x.life->sys();
  auto passed = std::max(*sys.next_timer() - sys.now(), timespan{});
  x.clock.own_origin += passed;
  sys.fire_next_timer();
  settle();
  return passed;
}

void sim_cluster::advance_clock_of(server_id id, timespan by) {
  auto& sys = life(id).sys();
  auto end = sys.now() + by;
  while (is_up(id) && sys.next_timer() && *sys.next_timer() <= end)
    fire_timer_of(id);
  if (!is_up(id))
    return;
  members_.at(id).clock.own_origin += std::max(end - sys.now(), timespan{});
  sys.advance_to(end);
}

} // namespace caf::raft::testing

#include "caf/raft/testing/swarm_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace caf::raft::testing {

swarm_faults::swarm_faults(sim_cluster& sim, fault_plan plan)
  : sim_(sim),
    plan_(std::move(plan)) {
  // nop
}

swarm_faults::fault swarm_faults::function_of(fault_kind what) {
  static constexpr std::array<fault, fault_kinds> functions{
    &swarm_faults::crash,
    &swarm_faults::lose_power,
    &swarm_faults::lose_power_of_all,
    &swarm_faults::pause,
    &swarm_faults::jump_clock,
    &swarm_faults::transfer,
    &swarm_faults::isolate,
    &swarm_faults::cut_one_way,
    &swarm_faults::cut_both_ways,
    &swarm_faults::split,
    &swarm_faults::bridge,
    &swarm_faults::slow_link,
    &swarm_faults::break_connection,
    &swarm_faults::abandon,
    &swarm_faults::garble,
    &swarm_faults::visit,
    &swarm_faults::stall_disk,
    &swarm_faults::slow_disk,
    &swarm_faults::stall_reader,
    &swarm_faults::fail_disk,
    &swarm_faults::fill_disk,
    &swarm_faults::rot,
    &swarm_faults::wipe,
    &swarm_faults::add_member,
    &swarm_faults::remove_member,
    &swarm_faults::demote,
    &swarm_faults::promote,
    &swarm_faults::replace,
  };
  return functions[static_cast<size_t>(what)];
}

void swarm_faults::start() {
  if (plan_.kinds.empty())
    return;
  sim_.at(sim_.now() + draw(2 * plan_.usual_gap), [this] { next(); });
}

void swarm_faults::next() {
  if (stopped_)
    return;
  if (sim_.rng()() % 100 < plan_.abrupt_percent)
    sim_.after(1 + sim_.rng()() % 40, [this] { strike(); });
  else
    strike();
  start();
}

void swarm_faults::strike() {
  if (stopped_)
    return;
  auto kind = plan_.kinds[sim_.rng()() % plan_.kinds.size()];
  sim_.tell(remark{fmt::format("fault {}", to_string(kind))});
  if ((this->*function_of(kind))())
    ++counts_[static_cast<size_t>(kind)];
}

void swarm_faults::stop() {
  stopped_ = true;
  sim_.tell(remark{"all is mended"});
  auto& net = sim_.network();
  net.mend_all();
  net.conditions().loss_permille = 0;
  net.conditions().slow_permille = 0;
  net.conditions().repeat_permille = 0;
  for (auto id : sim_.ids()) {
    for (auto other : sim_.ids())
      net.slow_down(id, other, {});
    sim_.clear_disk(id);
    sim_.disk(id).mend();
    sim_.slow_disk(id, {});
    sim_.resume(id);
    sim_.release_disk(id);
    sim_.release_reader(id);
    start_member(id);
  }
}

size_t swarm_faults::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), size_t{0});
}

// -- chance -------------------------------------------------------------------

timespan swarm_faults::draw(timespan at_most) {
  return timespan{static_cast<int64_t>(sim_.rng()() % at_most.count())};
}

server_id swarm_faults::any() {
  return server_id{1 + sim_.rng()() % sim_.ids().size()};
}

/// Any member; more often than others the leader.
server_id swarm_faults::victim() {
  auto leader = sim_.leader();
  return leader && sim_.rng()() % 2 == 0 ? leader : any();
}

std::vector<std::vector<server_id>> swarm_faults::two_parts() {
  std::vector<std::vector<server_id>> result(2);
  for (auto id : sim_.ids())
    result[sim_.rng()() % 2].push_back(id);
  return result;
}

/// Mends something after a while, unless all was mended; now and then at once.
void swarm_faults::later(sim_cluster::action what) {
  auto wait = sim_.rng()() % 4 == 0 ? plan_.longest / 100 : plan_.longest;
  sim_.at(sim_.now() + draw(wait), [this, what = std::move(what)] {
    if (!stopped_)
      what();
  });
}

// -- members ------------------------------------------------------------------

/// A member whose disk is damaged may try, and find that out.
void swarm_faults::start_member(server_id id) {
  if (sim_.is_up(id) || (stopped_ && rotten_.count(id) > 0))
    return;
  sim_.start(id);
}

void swarm_faults::restart_later(server_id id) {
  later([this, id] { start_member(id); });
}

bool swarm_faults::stop_member(server_id id, crash_kind how) {
  auto was_up = sim_.is_up(id);
  if (was_up)
    sim_.crash(id, how);
  restart_later(id);
  return was_up;
}

bool swarm_faults::crash() {
  return stop_member(victim(), crash_kind::process);
}

bool swarm_faults::lose_power() {
  return stop_member(victim(), crash_kind::power);
}

bool swarm_faults::lose_power_of_all() {
  auto any_was_up = false;
  for (auto id : sim_.ids())
    any_was_up |= stop_member(id, crash_kind::power);
  return any_was_up;
}

bool swarm_faults::pause() {
  auto id = victim();
  if (!sim_.is_up(id))
    return false;
  sim_.pause(id);
  later([this, id] { sim_.resume(id); });
  return true;
}

bool swarm_faults::jump_clock() {
  auto id = victim();
  if (!sim_.is_up(id))
    return false;
  sim_.jump_clock(id, draw(std::chrono::seconds(3)));
  return true;
}

bool swarm_faults::transfer() {
  auto at = victim();
  if (!sim_.is_up(at))
    return false;
  sim_.transfer(at, group_id{1}, any(), std::chrono::seconds(2),
                [](const outcome&) { /* whatever comes of it */ });
  return sim_.leader() == at;
}

} // namespace caf::raft::testing

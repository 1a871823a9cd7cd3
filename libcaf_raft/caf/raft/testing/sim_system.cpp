#include "caf/raft/testing/sim_system.hpp"

#include <caf/actor.hpp>
#include <caf/actor_registry.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace caf::raft::testing {

// -- drifting_clock -----------------------------------------------------------

namespace {

constexpr int64_t million = 1'000'000;

/// `x * factor / divisor` without leaving 64 bits.
int64_t scale(int64_t x, int64_t factor, int64_t divisor) {
  return x / divisor * factor + x % divisor * factor / divisor;
}

} // namespace

time_point drifting_clock::own(time_point simulated) const {
  auto passed = (simulated - origin).count();
  return own_origin + timespan{scale(passed, million + drift_ppm, million)};
}

time_point drifting_clock::simulated(time_point x) const {
  auto passed = (x - own_origin).count();
  auto result = origin + timespan{scale(passed, million, million + drift_ppm)};
  while (own(result) < x)
    result += timespan{1};
  return result;
}

// -- sim_system ---------------------------------------------------------------

sim_system::sim_system(time_point start) : sys_(start) {
  // nop
}

sim_system::~sim_system() {
  held_.clear();
  kill_all();
  while (!actors_.empty() || !sys_.jobs().empty() || sys_.next_timer()) {
    while (!sys_.jobs().empty())
      run(0);
    sys_.drop_timers();
    kill_all();
  }
  CAF_RAFT_ASSERT(sys_.system().registry().running() == 0);
}

actor_system& sim_system::system() {
  return sys_.system();
}

size_t sim_system::runnable() const {
  auto& jobs = sys_.jobs();
  if (held_.empty())
    return jobs.size();
  return std::count_if(jobs.begin(), jobs.end(),
                       [this](auto* x) { return !is_held(x); });
}

bool sim_system::step(random_source& rng) {
  auto choices = runnable();
  if (choices == 0)
    return false;
  auto index = find_runnable(rng() % choices);
  std::swap(sys_.jobs().front(), sys_.jobs()[index]);
  run(0);
  return true;
}

bool sim_system::step_in_order() {
  if (runnable() == 0)
    return false;
  run(find_runnable(0));
  return true;
}

const char* sim_system::last_name() const {
  return last_name_;
}

uint64_t sim_system::last_id() const {
  return last_id_;
}

time_point sim_system::now() const {
  return sys_.now();
}

void sim_system::advance_to(time_point value) {
  if (value > sys_.now())
    sys_.set_now(value);
}

std::optional<time_point> sim_system::next_timer() const {
  return sys_.next_timer();
}

bool sim_system::fire_next_timer() {
  if (!sys_.next_timer())
    return false;
  sys_.fire_next_timer();
  return true;
}

void sim_system::drop_timers() {
  sys_.drop_timers();
}

void sim_system::hold(const resumable* what) {
  held_.push_back(what);
}

void sim_system::release(const resumable* what) {
  std::erase(held_, what);
}

bool sim_system::is_held(const resumable* what) const {
  return std::find(held_.begin(), held_.end(), what) != held_.end();
}

bool sim_system::is_busy(const resumable* what) const {
  auto& jobs = sys_.jobs();
  return std::find(jobs.begin(), jobs.end(), what) != jobs.end();
}

size_t sim_system::find_runnable(size_t n) const {
  auto& jobs = sys_.jobs();
  if (held_.empty())
    return n;
  for (size_t i = 0;; ++i)
    if (!is_held(jobs[i]) && n-- == 0)
      return i;
}

void sim_system::run(size_t index) {
  auto& jobs = sys_.jobs();
  if (index != 0)
    std::rotate(jobs.begin(), jobs.begin() + index, jobs.begin() + index + 1);
  note(jobs.front());
  sys_.run_first();
}

void sim_system::note(resumable* job) {
  if (job->subtype() != resumable::scheduled_actor)
    return;
  auto* actor = static_cast<scheduled_actor*>(job);
  last_name_ = actor->name();
  last_id_ = actor->id();
  if (last_id_ < known_.size() && known_[last_id_])
    return;
  known_.resize(std::max<size_t>(known_.size(), last_id_ + 1));
  known_[last_id_] = true;
  if (actors_.size() >= next_clean_up_) {
    std::erase_if(actors_, [](const auto& x) { return x.lock() == nullptr; });
    next_clean_up_ = 2 * actors_.size() + 64;
  }
  actors_.emplace_back(actor->ctrl());
}

void sim_system::kill_all() {
  std::vector<strong_actor_ptr> alive;
  for (auto& x : actors_)
    if (auto strong = x.lock())
      alive.push_back(std::move(strong));
  actors_.clear();
  known_.clear();
  for (auto& x : alive)
    anon_send_exit(actor_cast<actor>(x), exit_reason::kill);
}

} // namespace caf::raft::testing

#include "caf/raft/testing/compat_sim.hpp"

#include <caf/actor_system_config.hpp>

#include <map>

#if CAF_MAJOR_VERSION >= 1
#  include <caf/action.hpp>
#  include <caf/actor_clock.hpp>
#  include <caf/detail/actor_system_access.hpp>
#  include <caf/disposable.hpp>
#  include <caf/scheduler.hpp>
#else
#  include <caf/atom.hpp>
#  include <caf/scheduler/test_coordinator.hpp>
#endif

namespace caf::raft::testing {

#if CAF_MAJOR_VERSION >= 1

namespace {

class virtual_clock : public actor_clock {
public:
  time_point now() const noexcept override {
    return now_;
  }

  disposable schedule(time_point when, action what) override {
    timers_.emplace(when, what);
    return std::move(what).as_disposable();
  }

  void forget_disposed() {
    while (!timers_.empty() && timers_.begin()->second.disposed())
      timers_.erase(timers_.begin());
  }

  void fire() {
    auto first = timers_.begin();
    now_ = std::max(now_, first->first);
    auto what = std::move(first->second);
    timers_.erase(first);
    what.run();
  }

  void drop() {
    // What is destroyed with a timer may set another.
    while (!timers_.empty()) {
      auto what = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      what.dispose();
    }
  }

  time_point now_{duration_type{1}};
  std::multimap<time_point, action> timers_;
};

class virtual_scheduler : public scheduler {
public:
  void schedule(resumable* what) override {
    jobs_.push_back(what);
  }

  void delay(resumable* what) override {
    jobs_.push_back(what);
  }

  void start() override {
    // nop
  }

  void stop() override {
    // nop
  }

  void run_first() {
    auto* job = jobs_.front();
    jobs_.pop_front();
    switch (job->resume(this, 1)) {
      case resumable::resume_later:
        jobs_.push_front(job);
        break;
      case resumable::shutdown_execution_unit:
        break;
      default:
        intrusive_ptr_release(job);
    }
  }

  std::deque<resumable*> jobs_;
};

struct parts {
  virtual_clock* clock = nullptr;
  virtual_scheduler* jobs = nullptr;
};

/// Puts our parts into a system while it is built.
class open_system : public actor_system {
public:
  open_system(actor_system_config& cfg, parts& into)
    : actor_system(cfg, set_up, &into) {
    // nop
  }

private:
  static void set_up(actor_system& sys, actor_system_config&, void* data) {
    auto& into = *static_cast<parts*>(data);
    caf::detail::actor_system_access access{sys};
    auto clock = std::make_unique<virtual_clock>();
    auto jobs = std::make_unique<virtual_scheduler>();
    into = {clock.get(), jobs.get()};
    access.clock(std::move(clock));
    access.scheduler(std::move(jobs));
  }
};

} // namespace

struct virtual_system::impl {
  impl() : sys(cfg, inside) {
    // nop
  }

  actor_system_config cfg;
  parts inside;
  open_system sys;
};

std::deque<resumable*>& virtual_system::jobs() {
  return impl_->inside.jobs->jobs_;
}

void virtual_system::run_first() {
  impl_->inside.jobs->run_first();
}

time_point virtual_system::now() const {
  return time_point{impl_->inside.clock->now_.time_since_epoch()};
}

void virtual_system::set_now(time_point value) {
  impl_->inside.clock->now_ = actor_clock::time_point{value.time_since_epoch()};
}

std::optional<time_point> virtual_system::next_timer() const {
  auto& clock = *impl_->inside.clock;
  clock.forget_disposed();
  if (clock.timers_.empty())
    return std::nullopt;
  return time_point{clock.timers_.begin()->first.time_since_epoch()};
}

void virtual_system::fire_next_timer() {
  impl_->inside.clock->forget_disposed();
  impl_->inside.clock->fire();
}

void virtual_system::drop_timers() {
  impl_->inside.clock->drop();
}

#else

namespace {

actor_system_config& configure_testing(actor_system_config& cfg) {
  cfg.set("scheduler.policy", caf::atom("testing"));
  return cfg;
}

} // namespace

struct virtual_system::impl {
  impl()
    : sys(configure_testing(cfg)),
      jobs(dynamic_cast<scheduler::test_coordinator&>(sys.scheduler())) {
    // nop
  }

  actor_system_config cfg;
  actor_system sys;
  scheduler::test_coordinator& jobs;
};

std::deque<resumable*>& virtual_system::jobs() {
  return impl_->jobs.jobs;
}

void virtual_system::run_first() {
  impl_->jobs.try_run_once();
}

time_point virtual_system::now() const {
  return time_point{impl_->jobs.clock().now().time_since_epoch()};
}

void virtual_system::set_now(time_point value) {
  impl_->jobs.clock().current_time
    = actor_clock::time_point{value.time_since_epoch()};
}

std::optional<time_point> virtual_system::next_timer() const {
  auto& timers = impl_->jobs.clock().schedule();
  if (timers.empty())
    return std::nullopt;
  return time_point{timers.begin()->first.time_since_epoch()};
}

void virtual_system::fire_next_timer() {
  impl_->jobs.trigger_timeout();
}

void virtual_system::drop_timers() {
  impl_->jobs.clock().cancel_all();
}

#endif

virtual_system::virtual_system(time_point start)
  : impl_(std::make_unique<impl>()) {
  set_now(start);
}

virtual_system::~virtual_system() {
  // nop
}

actor_system& virtual_system::system() {
  return impl_->sys;
}

const std::deque<resumable*>& virtual_system::jobs() const {
  return const_cast<virtual_system*>(this)->jobs();
}

} // namespace caf::raft::testing

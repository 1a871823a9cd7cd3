#pragma once

#include "caf/raft/assert.hpp"
#include "caf/raft/testing/compat_sim.hpp"
#include "caf/raft/time.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace caf::raft::testing {

/// All chance of a simulation comes from one of these. The engine's numbers are
/// the same everywhere; those of the standard's distributions are not, so draw
/// by `rng() % n`.
using random_source = std::mt19937_64;

/// How fast a member's clock runs: the time it shows when the time of the
/// simulation is another.
struct drifting_clock {
  /// In the time of the simulation, and in the clock's own.
  time_point origin;
  time_point own_origin;
  /// How many millionths faster than the time of the simulation.
  int64_t drift_ppm = 0;

  time_point own(time_point simulated) const;

  /// The first moment of the simulation at which the clock shows `x`.
  time_point simulated(time_point x) const;
};

/// One member's actor system, driven from outside: one message of one actor at
/// a time, on virtual time.
class sim_system {
public:
  explicit sim_system(time_point start);

  /// Ends all actors, without letting virtual time pass.
  ~sim_system();

  sim_system(const sim_system&) = delete;

  sim_system& operator=(const sim_system&) = delete;

  actor_system& system();

  // -- messages ---------------------------------------------------------------

  /// How many actors have messages and are not held.
  size_t runnable() const;

  /// Lets one of them, picked at random, handle one message.
  /// @returns Whether there was one.
  bool step(random_source& rng);

  /// Lets the one that got its messages first handle one.
  /// @returns Whether there was one.
  bool step_in_order();

  /// The actor that `step` ran last: its name, and its number in this system.
  const char* last_name() const;

  uint64_t last_id() const;

  /// An actor as the functions below take it; valid as long as it lives.
  template <class Handle>
  static const resumable* job_of(const Handle& what) {
    auto* result = dynamic_cast<resumable*>(actor_cast<abstract_actor*>(what));
    CAF_RAFT_ASSERT(result != nullptr);
    return result;
  }

  /// Lets an actor wait with its messages until it is released: a slow thread,
  /// or a disk that does not answer.
  void hold(const resumable* what);

  void release(const resumable* what);

  bool is_held(const resumable* what) const;

  /// Whether it has messages.
  bool is_busy(const resumable* what) const;

  // -- time -------------------------------------------------------------------

  /// What the clock of the actors shows.
  time_point now() const;

  /// Sets the clock, which does not go back. Fires nothing.
  void advance_to(time_point value);

  std::optional<time_point> next_timer() const;

  /// Fires the next timer; the clock moves up to it.
  /// @returns Whether there was one.
  bool fire_next_timer();

  void drop_timers();

private:
  /// The n-th of the jobs that are not held, as an index into all.
  size_t find_runnable(size_t n) const;

  void run(size_t index);

  void note(resumable* job);

  void kill_all();

  virtual_system sys_;
  std::vector<const resumable*> held_;
  /// All actors that ever ran, so that they can be ended, and by their ids
  /// whether they are among them.
  std::vector<weak_actor_ptr> actors_;
  std::vector<bool> known_;
  size_t next_clean_up_ = 64;
  const char* last_name_ = "";
  uint64_t last_id_ = 0;
};

} // namespace caf::raft::testing

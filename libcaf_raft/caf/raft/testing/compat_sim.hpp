#pragma once

// As compat.hpp, for virtual time: the two lines of CAF differ in how an actor
// system comes to a scheduler and a clock that do nothing by themselves.

#include "caf/raft/time.hpp"

#include <caf/actor_system.hpp>
#include <caf/resumable.hpp>

#include <deque>
#include <memory>
#include <optional>

namespace caf::raft::testing {

/// An actor system without threads: its jobs run and its timers fire only when
/// told. All actors in it must be `placement::scheduled`, and none may block.
class virtual_system {
public:
  explicit virtual_system(time_point start);

  /// @pre No actor is left, no job and no timer: the actor system would wait for
  ///      them for ever.
  ~virtual_system();

  actor_system& system();

  /// Actors that have messages to work on, in the order in which they got them.
  std::deque<resumable*>& jobs();

  const std::deque<resumable*>& jobs() const;

  /// Lets the first of the jobs handle one message. With more to do it stays
  /// the first.
  /// @pre There is one.
  void run_first();

  time_point now() const;

  /// Sets the clock; fires nothing.
  void set_now(time_point value);

  /// When the next timer is due.
  std::optional<time_point> next_timer() const;

  /// Fires the timer that is due first. The clock moves up to it, if it is not
  /// there yet.
  /// @pre There is one.
  void fire_next_timer();

  void drop_timers();

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

} // namespace caf::raft::testing

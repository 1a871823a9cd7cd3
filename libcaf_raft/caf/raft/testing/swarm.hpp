#pragma once

#include "caf/raft/log.hpp"
#include "caf/raft/testing/history.hpp"
#include "caf/raft/testing/swarm_plan.hpp"

#include <array>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace caf::raft::testing {

/// What a swarm run found wrong.
class swarm_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// How a swarm run is watched, and how long faults happen in it, in virtual
/// time. Everything else comes from the seed.
struct swarm_options {
  timespan duration = std::chrono::seconds(20);
  /// Hears what happens; what is found wrong is the last of it.
  event_handler events;
  log_sink log;
};

struct swarm_report {
  /// Stands for all that happened and in which order: the same for every run of
  /// the same plan.
  uint64_t trace_hash = 0;
  uint64_t messages = 0;
  /// How long the run took in virtual time.
  timespan passed{};
  /// How many clusters had lost too many disks in the end, so that nothing but
  /// their safety was looked at.
  size_t lost = 0;
  size_t faults = 0;
  std::array<size_t, fault_kinds> faults_by_kind{};
  size_t operations = 0;
  size_t done = 0;
  /// How many groups had a history that was too tangled to be decided.
  size_t undecided = 0;
};

/// Clients read, write, delete and compare-and-set while everything in the plan
/// goes wrong and members come and go. Then all is healed, and the cluster must
/// elect a leader, complete what change of its members was under way, do new
/// writes at every member, end with equal logs that hold whatever was
/// acknowledged, answer all requests, and the history must be linearizable.
/// Invariants are checked after every message.
/// @throws swarm_failure, invariant_violated
swarm_report run_swarm(const swarm_plan& plan, const swarm_options& how = {});

} // namespace caf::raft::testing

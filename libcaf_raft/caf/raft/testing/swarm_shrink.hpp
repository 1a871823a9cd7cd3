#pragma once

#include "caf/raft/testing/swarm.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace caf::raft::testing {

/// What is left out of a plan. All else stays as the seed drew it.
struct plan_reduction {
  /// For how long faults happen.
  timespan duration = std::chrono::seconds(20);
  std::set<fault_kind> without;
  /// At most so many; none: all that were drawn.
  std::optional<size_t> members;
  std::optional<size_t> groups;
  std::optional<size_t> clients;
};

/// The plan without what is left out.
swarm_plan reduce(swarm_plan plan, const plan_reduction& by);

/// As raft-scenario takes it: `--seconds 2.5 --without crash,wipe --members 3`.
std::string options_of(const plan_reduction& what);

/// What was wrong with a run, and when in it that was found.
struct swarm_finding {
  std::string why;
  /// Since it began, in virtual time.
  timespan when{};
};

/// Runs a plan with faults for so long.
/// @returns Empty where nothing was wrong.
using swarm_runner = std::function<std::optional<swarm_finding>(
  const swarm_plan& plan, timespan duration)>;

/// Runs it here. A broken assertion ends the process.
std::optional<swarm_finding> find_failure(const swarm_plan& plan,
                                          timespan duration);

/// What two failures of the same kind have in common: the text without numbers,
/// names of keys, and details behind a colon.
std::string kind_of_failure(std::string_view why);

struct shrunk_swarm {
  plan_reduction reduction;
  /// Of the reduced plan. Empty: the plan does not fail.
  std::optional<swarm_finding> failure;
  size_t runs = 0;
};

/// Looks for a smaller plan that fails in the same way: with fewer kinds of
/// faults, members, groups and clients, and over sooner. Each that still fails
/// is the next to be made smaller, until none is found.
/// @param begin  What is left out in any case.
/// @param budget How many runs there may be; at least one.
/// @note Every smaller plan is a run of its own, where chance falls otherwise.
///       Only of time can something be taken that leaves all before it alone.
shrunk_swarm shrink(const swarm_plan& plan, plan_reduction begin, size_t budget,
                    const swarm_runner& run = find_failure);

} // namespace caf::raft::testing

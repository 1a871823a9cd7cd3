#pragma once

#include "caf/raft/testing/swarm_shrink.hpp"

#include <optional>

/// Runs a plan in a process of its own, so that a broken assertion is a failure
/// like others. Of one, nobody knows when it was: it counts as found at the end.
std::optional<caf::raft::testing::swarm_finding>
run_apart(const caf::raft::testing::swarm_plan& plan,
          caf::raft::timespan duration);

#pragma once

#include "caf/raft/testing/sim_network.hpp"

#include <string>

namespace caf::raft::testing {

/// Someone who is no member connects to a member and is a nuisance, in one of
/// these ways as chance has it: says hello as a leader of another cluster and
/// goes on as if it was let in; talks nonsense; announces a frame that is huge;
/// says nothing.
void visit_as_stranger(sim_network& net, random_source& rng,
                       const std::string& address, server_id member);

} // namespace caf::raft::testing

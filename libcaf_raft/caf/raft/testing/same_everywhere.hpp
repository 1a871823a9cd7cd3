#pragma once

#include "caf/raft/testing/sim_cluster.hpp"

#include <vector>

namespace caf::raft::testing {

/// Asks the state machines of some members the same, by linearizable reads, when
/// all is well and no command is open; they must not differ. (Whether they answer
/// a *command* alike is always looked at; this finds what does not show there.)
/// @param query For the state machine.
/// @param limit How long that may take, in virtual time.
/// @returns The answer.
/// Throws `invariant_violated` where a member answers otherwise than another, or
/// not at all.
bytes same_everywhere(sim_cluster& sim, group_id group, const bytes& query,
                      const std::vector<server_id>& members,
                      timespan limit = std::chrono::seconds(10));

} // namespace caf::raft::testing

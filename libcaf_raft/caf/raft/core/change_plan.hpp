#pragma once

#include "caf/raft/change.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <functional>
#include <string>

// From what a client wants to the configurations that lead there (§4.1 to §4.3).

namespace caf::raft::core {

/// Whether a change can be meant at all, whatever the members are now.
/// @returns `invalid_argument` where it names too many, or too long addresses.
result_of<done> check_request(const change& what);

/// The members as they shall be when the change is done, as far as it can be
/// done at once: who is new is a learner still, and whoever has to wait for it
/// is marked with `leave`. Equal to `from` where there is nothing to do.
/// @returns `invalid_argument` where the change makes no sense; `rejected`
///          where it cannot be: a member that is not there, an id that was
///          removed, an address that another one has, the last voter.
/// @pre `from` is valid and not joint.
result_of<configuration> target_of(const configuration& from,
                                   const change& what);

/// The configuration to append on the way from one to another: a joint one where
/// the voters change, otherwise the other one itself. Who is left out stands
/// among the removed in either.
/// @pre Both are valid and not joint.
configuration step_towards(const configuration& from, const configuration& to);

/// Whether those that are alive are a quorum of this configuration, and of the
/// one it leads to.
/// @returns `rejected`, and who would be missed.
result_of<done> keeps_quorum(const configuration& conf,
                             const std::function<bool(server_id)>& is_alive);

/// How many voters may fail, whichever they are, before there is no quorum.
size_t losses_survived(const configuration& conf);

/// `conf` without those that leave, and with all that are to be promoted, or
/// only some, as voters.
/// @param ready Who has caught up.
/// @returns Equal to `conf` where nobody is promoted: then nobody leaves yet.
configuration promoted(const configuration& conf,
                       const std::function<bool(server_id)>& ready);

/// `conf` with another incarnation for this learner.
/// @pre There is such a learner.
configuration with_incarnation(configuration conf, server_id id,
                               incarnation_t incarnation);

/// `conf` where that voter, whose directory was lost, is a learner that is to be
/// promoted again.
configuration demoted_for_loss(configuration conf, server_id id);

} // namespace caf::raft::core

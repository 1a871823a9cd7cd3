#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/types.hpp"

#include <vector>

namespace caf::raft::core {

/// Returns the member with this id; null where there is none.
const member* find_member(const configuration& conf, server_id id);

/// Whether `id` votes: in either set of a joint configuration (§4.3).
bool is_voter(const configuration& conf, server_id id);

/// Whether `id` is a member that does not vote (§4.2.1).
bool is_learner(const configuration& conf, server_id id);

/// Whether `id` was a member and is none any more. Whether that will stay so is
/// another question: only a committed configuration removes.
bool is_removed(const configuration& conf, server_id id);

/// Whether a change is under way (§4.3).
bool is_joint(const configuration& conf);

/// Whether the configuration names this very life of a member's directory:
/// only then do its votes and acknowledgements count (docs/formation.md).
bool names(const configuration& conf, const sender& who);

/// All the members that a leader sends to or a candidate asks, without `self`.
std::vector<server_id> others(const configuration& conf, server_id self);

/// Configuration zero: everyone a voter.
configuration founding_configuration(std::vector<member> members);

/// The joint configuration on the way from `from` to `to` (§4.3): both sets of
/// voters, the union of the members. Who leaves is a member still and stands
/// among the removed already, so that `leave_joint` can tell it from a voter
/// that becomes a learner.
///
/// Members are as `to` has them, but a voter of `from` keeps its incarnation:
/// another life of its directory must not vote in its place.
/// @pre Both are valid and not joint; `to` has all that `from` has removed.
configuration joint(const configuration& from, const configuration& to);

/// What a joint configuration ends in: the incoming voters, and only members
/// that belong to it; who left is among the removed.
/// @pre `conf` is joint.
configuration leave_joint(const configuration& conf);

/// Checks what holds of every configuration: ids in order and not twice, each
/// voter a member with an incarnation, at least one voter, no removed member
/// back (in a joint one, members that are about to leave stand in both lists,
/// but none of them among the incoming voters).
result_of<done> validate(const configuration& conf);

/// Whether a change may be proposed now: the newest configuration must be
/// committed, and the leader must have committed an entry of its own term
/// (§4.1 and the correction to it).
/// @returns `rejected` and the reason.
result_of<done> may_change(index_t newest_configuration, index_t commit_index,
                           bool own_term_committed);

} // namespace caf::raft::core

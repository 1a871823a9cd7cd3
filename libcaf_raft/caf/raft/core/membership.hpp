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
/// voters, the union of the members.
/// @pre `from` is not joint itself.
configuration joint(const configuration& from, const configuration& to);

/// What a joint configuration ends in: the incoming voters, and only members
/// that belong to it; who left is among the removed.
configuration leave_joint(const configuration& conf);

/// Checks what holds of every configuration: ids in order and not twice, each
/// voter a member, at least one voter, no removed member back.
result_of<done> validate(const configuration& conf);

/// Whether a change may be proposed now: the newest configuration must be
/// committed, and the leader must have committed an entry of its own term
/// (§4.1 and the correction to it).
/// @returns `rejected` and the reason.
result_of<done> may_change(index_t newest_configuration, index_t commit_index,
                           bool own_term_committed);

} // namespace caf::raft::core

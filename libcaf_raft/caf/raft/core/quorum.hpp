#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/types.hpp"

#include <functional>
#include <map>
#include <vector>

namespace caf::raft::core {

/// Returns the highest index that a majority of the voters has stored.
/// @param match_indexes One `match_index` per voter, the leader's own durable
///                      index among them; in any order, not empty.
/// @returns Zero if no majority has stored anything. Whether it may be
///          *committed* is for the leader to say: the entry must also be of its
///          own term.
/// @note O(n) in the number of voters; reorders its copy of the argument.
/// @see Raft dissertation §3.5 and §3.6.2; Figure 3.1, "Rules for Servers".
index_t majority_index(std::vector<index_t> match_indexes);

/// As above for a configuration: in a joint one, what a majority of each of
/// both sets of voters has stored (§4.3). Zero for a configuration without
/// voters.
index_t quorum_index(const configuration& conf,
                     const std::function<index_t(server_id)>& match_index);

/// Whether those for whom `has` is true are a majority, of each of both sets in
/// a joint configuration (§4.3). Never for a configuration without voters.
bool is_quorum(const configuration& conf,
               const std::function<bool(server_id)>& has);

enum class tally_result { pending, won, lost };

/// The outcome of an election (§3.4): won with a majority of yes (of both sets
/// in a joint configuration), lost as soon as no majority is possible.
/// @param votes What was answered so far; answers of those who are no voters
///              do not count.
tally_result tally(const configuration& conf,
                   const std::map<server_id, bool>& votes);

} // namespace caf::raft::core

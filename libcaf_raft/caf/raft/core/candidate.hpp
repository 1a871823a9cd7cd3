#pragma once

#include "caf/raft/core/quorum.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/durable.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"

#include <map>

namespace caf::raft::core {

/// One candidacy, or the question before it (§3.4, §9.6). A pre-candidate is in
/// the term of the followership before it and keeps that vote.
struct candidate {
  tenure self;
  bool pre_vote = false;
  /// The leader told us to campaign (§3.10).
  bool transfer = false;
  std::map<server_id, bool> votes;
  /// The candidacy ends without result (split vote, §3.4).
  time_point deadline;
};

/// The leader of the term, if there was one, is given up. The own yes needs no
/// disk and is counted from the start.
/// @pre `may_campaign(self)`.
candidate become_pre_candidate(tenure self, time_point now, const settings& cfg,
                               uint64_t draw);

/// @pre `may_campaign(self)`, `self` is already in the new term and voted for
///      itself; the vote counts when `count_own_vote` hears that it is durable.
candidate become_candidate(tenure self, bool transfer, time_point now,
                           const settings& cfg, uint64_t draw);

/// What all other voters are asked. It promises nothing and may leave before
/// the own vote is durable.
request_vote ask(const candidate& self);

/// Tells the log what is stored; counts the own vote of a candidate once it is
/// durable.
/// @param stored_by The write that contained the vote.
tally_result count_own_vote(candidate& self, write_id stored_by,
                            const durable<write_id>& stored);

/// Counts an answer; only of the incarnation that the configuration names, only
/// of this tenure, and of each voter only the first.
tally_result count(candidate& self, const vote_result& msg);

/// Where the election stands. It is not won before the own vote is durable,
/// however many others agree: a leader that forgot its term in a crash could be
/// elected in it a second time, and make other entries of the same ids.
tally_result tally(const candidate& self);

} // namespace caf::raft::core

#pragma once

#include "caf/raft/core/tenure.hpp"
#include "caf/raft/durable.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"

#include <optional>

namespace caf::raft::core {

/// One followership. A learner is a follower that never campaigns.
struct follower {
  tenure self;
  /// When an election is due if no leader is heard until then.
  time_point election_deadline;
  /// The part of the deadline that is drawn once per followership (§3.4).
  timespan timeout{};
  /// When the leader was heard last, where there is one.
  time_point leader_heard;
  /// The tenure of the leader whose messages we answer.
  tenure_id leader_tenure;
  /// Up to here the log is the present leader's: the last entry of all its
  /// append_entries that were accepted. Never the own last index: what is
  /// behind may be another leader's.
  index_t accepted;
  /// The highest index that was acknowledged to the present leader.
  index_t acknowledged;
  /// The newest write when this followership began: the term is in it or in one
  /// before. Nothing is acknowledged before it is stored, not even what has
  /// long been durable: a success also promises that no leader of an older term
  /// can still change the log (§3.8).
  write_id begun_with;
  /// An answer was withheld for that.
  bool owes_answer = false;
};

/// The write that stores the term is already drawn from `self.log`.
///
/// Begins without a leader, also where the role before in this term had one: it
/// is known again when it is heard again.
/// @param draw A random number, for the election timeout.
follower become_follower(tenure self, time_point now, const settings& cfg,
                         uint64_t draw);

// -- votes (§3.4, §3.6.1) -----------------------------------------------------

/// Decides a vote of the own term, first come, first served, and only for a log
/// that is at least as up-to-date (§3.6.1). On yes `self.voted_for` is set, and
/// the answer may leave once that is durable. Whether we are a voter does not
/// matter: membership decides whom one asks, never whom one answers (§4.1).
/// Pre-candidates decide alike, they keep the vote of their followership.
///
/// Who asks again is granted again, but only while its log is good enough
/// still: a candidate that crashed before its own log was stored may come back
/// in the same term with less. Entries that are not durable yet count for the
/// own log; they are stored before the vote is.
/// @pre `msg.term == self.term`, not a pre-vote.
bool grant_vote(tenure& self, const request_vote& msg);

/// Decides a pre-vote: whether we *would* vote for the sender in that term
/// (§9.6). Promises and changes nothing, so the answer leaves at once.
/// @param leader_is_alive Whether a leader other than the sender was heard
///                        within the election timeout.
bool grant_pre_vote(const tenure& self, const request_vote& msg,
                    bool leader_is_alive);

/// The answer to a pre-vote; a refusal carries the own term.
vote_result pre_vote_answer(const tenure& self, const request_vote& msg,
                            bool granted);

// -- the leader's messages (§3.5) ---------------------------------------------

/// What follows from an append_entries.
struct append_outcome {
  /// To be stored; the success is acknowledged when it is durable.
  std::optional<log_write> write;
  /// Leaves at once: a refusal, or a success for a message whose last entry is
  /// durable already. An empty message is answered with what is durable of the
  /// log up to its `prev`. As long as the term is not durable there is no
  /// success; `acknowledge` makes up for it.
  std::optional<append_result> answer;
};

/// Accepts the leader of the term and its entries. The commit index follows to
/// the message's last entry at most.
/// @param has_room Whether entries of that size may be stored; where there is
///                 no room nothing is appended and nothing answered: the
///                 leader tries again.
/// @pre `msg.term == self.term`. A second leader in one term stops the process,
///      and so does a message that contradicts what is committed or what its
///      sender sent before.
append_outcome on_append(follower& self, const append_entries& msg,
                         time_point now, bool has_room);

/// The leader of our term speaks: puts the election off.
void hear_leader(follower& self, const sender& from, tenure_id leader_tenure,
                 time_point now);

/// The log is the leader's up to there, and all of that is committed.
/// @returns What may be acknowledged at once.
std::optional<append_result> accept_up_to(follower& self, index_t index);

/// Accepts a heartbeat. The answer promises nothing about the log.
/// A commit index behind the own last index is ignored: the leader takes us for
/// someone who acknowledged more than we have.
heartbeat_result on_heartbeat(follower& self, const heartbeat& msg,
                              time_point now);

/// Whether the leader has, in this tenure and of this very life of the directory,
/// an acknowledgement of entries that the log does not have: an old copy of the
/// directory was put back, or the disk lost what it had to keep. Such a member
/// must not go on: it would be counted for what it does not have.
bool lacks_acknowledged(const follower& self, const heartbeat& msg);

/// Moves the commit index as a heartbeat does.
void on_commit_notice(follower& self, const commit_notice& msg);

/// Tells the log what is stored; what became durable of the accepted messages
/// is acknowledged to the leader.
/// @returns Empty where nothing new is to be said.
std::optional<append_result> acknowledge(follower& self,
                                         const durable<write_id>& stored);

// -- elections ----------------------------------------------------------------

/// Whether no leader was heard for the whole timeout, and we may campaign.
bool election_due(const follower& self, time_point now);

/// Whether a leader was heard within the minimum election timeout (§4.2.3),
/// other than `asking`: who asks for our vote leads no more.
bool leader_is_alive(const follower& self, time_point now, const settings& cfg,
                     server_id asking);

} // namespace caf::raft::core

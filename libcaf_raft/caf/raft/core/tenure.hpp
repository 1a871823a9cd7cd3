#pragma once

#include "caf/raft/core/log_tail.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <optional>
#include <string_view>

namespace caf::raft::core {

enum class role_kind : uint8_t { follower, pre_candidate, candidate, leader };

/// What one role hands to the next. A role lives one tenure: its term never
/// changes.
struct tenure {
  group_id group;
  /// Who we are.
  sender self;
  term_t term;
  /// Whom we gave our vote in this term; none: nobody yet.
  server_id voted_for;
  /// The leader of this term, as far as known.
  server_id leader;
  /// Drawn anew for each role.
  tenure_id number;
  /// When a follower or candidate campaigns next. Only a leader or a vote that is
  /// given puts it off (§3.4), not a newer term and no lost election: who cannot
  /// win must not keep those waiting who can. None after a leadership.
  std::optional<time_point> election_due;
  log_tail log;
  index_t commit_index;
  /// The newest one that is stored here; null: none is.
  snapshot_head_ptr snapshot;
  /// The write that makes the log shorter; no further one before it is stored.
  write_id compacting;
  /// The write that replaced the log by `snapshot`; none: it is stored, and the
  /// state machine was told.
  write_id installing;

  const configuration& members() const {
    return *log.newest_configuration().value;
  }

  hard_state state() const {
    return {term, voted_for};
  }
};

enum class term_order : uint8_t { stale, same, newer };

/// The one comparison of terms (§3.3).
term_order compare_terms(term_t own, term_t other);

/// What is to happen with a message before any role sees it.
enum class passage : uint8_t {
  /// Hand it to the role: its term is the role's own (pre-votes excepted).
  deliver,
  /// An answer to an older tenure, or a notice of an older term that asks for
  /// no answer: no one wants it.
  drop,
  /// A request of an older term, or a vote that must not disturb a live leader:
  /// send back what `answer_stale` says.
  refuse,
  /// Its term is newer: the tenure ends, then ask again in the next one.
  newer_term,
};

/// The fence: the one place where terms of messages are compared (§3.3). With
/// it every rule but the pre-vote's may assert that `msg.term` is its own.
///
/// |                                   | stale   | same     | newer      |
/// | --------------------------------- | ------- | -------- | ---------- |
/// | `append_entries`, `heartbeat`,    |         |          |            |
/// | `install_snapshot`,               |         |          |            |
/// | `propose`, `read_index`,          |         |          |            |
/// | `request_transfer`,               |         |          |            |
/// | `request_change`                  | refuse  | deliver  | newer_term |
/// | `commit_notice`, `timeout_now`    | drop    | deliver  | newer_term |
/// | `request_vote`                    | refuse  | deliver  | newer_term |
/// | ... while a leader is alive       | refuse  | deliver  | refuse     |
/// | ... of a pre-vote                 | refuse  | deliver  | deliver    |
/// | `append_result`, `install_result`,|         |          |            |
/// | `heartbeat_result`, `vote_result` | drop    | deliver* | newer_term |
/// | ... of a pre-vote, refused        | deliver*| deliver* | newer_term |
/// | `propose_result`,                 |         |          |            |
/// | `read_index_result`,              |         |          |            |
/// | `transfer_result`, `farewell`,    |         |          |            |
/// | `farewell_result`,                |         |          |            |
/// | `change_result`, `removal_notice` | deliver | deliver  | newer_term |
///
/// - A pre-vote asks about a term that nobody has entered: the request passes,
///   and so does a granted answer that is of our tenure and of our term + 1; a
///   refusal carries the refuser's own term (§9.6).
/// - A vote request of a newer term does not end the tenure while a leader is
///   alive, unless that leader itself told the sender to campaign (§4.2.3).
/// - *Answers carry the tenure they belong to and die with it: those of another
///   one are dropped.
/// - `propose_result`, `read_index_result`, `transfer_result` and `change_result`
///   are no role's: the server settles them by their ids. So are `farewell`, its
///   result and `removal_notice`. They are delivered unless their term is newer.
/// @param leader_is_alive Whether we lead, or heard a leader other than the
///                        sender within the election timeout.
passage fence(term_t own, tenure_id tenure, const message& what,
              bool leader_is_alive);

/// What the sender of a refused request is told: our term, in the form of an
/// answer to it that refuses or promises nothing. Proposals and reads have the
/// result `no_leader`: nothing was appended. Empty for answers and notices,
/// which are only dropped.
std::optional<message> answer_stale(const sender& self, term_t own,
                                    const message& what);

/// What is answered where no role has begun yet, since the log is still being
/// read: clients' requests have the result `no_leader`, as nothing was ever
/// appended to a leadership that is not there. The own term is not known, so the
/// answer says none. A farewell is heard. Empty for everything else: members ask
/// each other again.
std::optional<message> answer_unready(const sender& self, const message& what);

/// Whether it settles requests by their ids, whatever role there is.
bool settles_requests(const message& what);

/// The sender, term and name ("append_entries") of any message.
const sender& sender_of(const message& what);
term_t term_of(const message& what);
const char* name_of(const message& what);

/// Whether there is a message of this name.
bool is_name_of_message(std::string_view name);

/// Starts the next tenure in a newer term, or in the same. A newer term clears
/// vote and leader; in the same term the vote stays, whatever role comes next:
/// nobody votes twice in a term (§3.4).
/// @pre `term >= from.term`.
tenure next_tenure(tenure from, term_t term, tenure_id number);

/// A duration drawn from election_timeout to that and election_jitter (§3.4).
/// @param draw A random number.
timespan random_timeout(const settings& cfg, uint64_t draw);

/// Moves the commit index up, never down, never beyond the log.
/// @returns Whether it moved.
bool advance_commit(tenure& self, index_t to);

/// Up to where entries may be applied: committed *and* durable here.
index_t applicable_index(const tenure& self);

/// Whether this member may campaign at all, in its present incarnation: a voter
/// of the newest configuration in its log, or, as long as that one is not known
/// to be committed, of the newest that is. Who is about to be removed may be
/// the only one that can finish the change (§4.2.2), and only a committed
/// configuration removes.
bool may_campaign(const tenure& self);

} // namespace caf::raft::core

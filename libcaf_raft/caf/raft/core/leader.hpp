#pragma once

#include "caf/raft/core/catch_up.hpp"
#include "caf/raft/core/progress.hpp"
#include "caf/raft/core/read_queue.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/durable.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace caf::raft::core {

/// One leadership.
struct leader {
  tenure self;
  /// Every other member of the newest configuration, learners too.
  std::map<server_id, progress> peers;
  /// What was appended since `take_write` was called last.
  log_write batch;
  /// The no-op with which this leadership began: until it is committed nothing
  /// is known to be committed (§3.6.2), and no read index is given (§6.4).
  index_t first_own;
  /// The newest heartbeat round, and up to which one each member answered.
  round_t round;
  std::map<server_id, round_t> answered;
  read_queue reads;
  time_point since;
  /// How far the own disk was when it was looked at last, and since when it is
  /// there; now, where it has stored everything.
  index_t disk_at;
  time_point disk_at_since;

  /// A leadership transfer under way (§3.10): no proposals meanwhile.
  struct transfer {
    server_id to;
    time_point deadline;
    bool told = false;
  };

  std::optional<transfer> handing_over;

  /// A member that was removed, which is fed until it knows.
  struct farewell_to {
    incarnation_t incarnation;
    /// Of the configuration that removes it.
    index_t removed_at;
    time_point since;
  };

  // For core/leader_membership:
  std::map<server_id, farewell_to> leaving;
  std::map<server_id, catch_up> catching_up;
  /// Unformed members: under which incarnation they showed themselves.
  std::map<server_id, incarnation_t> unformed;
  /// Members that answer under an incarnation that is not named, and since when.
  std::map<server_id, std::pair<incarnation_t, time_point>> other_lives;
  /// Members that say that they are elsewhere.
  std::map<server_id, std::string> announced;
};

/// Begins a leadership: probes everyone behind the own last entry and appends a
/// no-op of the new term (§3.6.2).
leader become_leader(tenure self, time_point now);

// -- who counts ---------------------------------------------------------------

/// The progress of a member, if it speaks in the incarnation that the
/// configuration names; null: its answer does not count.
progress* find_counted(leader& self, const sender& from);

/// Whether `has` is true for a quorum (§4.3). `has` is not asked about this
/// member: it has everything, as far as it is a voter.
bool is_quorum_with_self(const leader& self,
                         const std::function<bool(server_id)>& has);

/// Whether this member answered in this leadership, and did so within the
/// election timeout; the leader itself always.
bool is_alive(const leader& self, server_id id, time_point now,
              const settings& cfg);

// -- proposals ----------------------------------------------------------------

/// Appends a command. It is sent and stored when `take_write` and `next_append`
/// are called at the end of the turn.
/// @pre No transfer is under way.
entry_id propose(leader& self, bytes_view command);

/// Appends an entry behind the last one, as `propose` does.
/// @pre It has the next index and the own term.
void append(leader& self, entry what);

/// What was appended since the last call, as one write; empty where nothing
/// was.
std::optional<log_write> take_write(leader& self);

// -- replication --------------------------------------------------------------

/// What to send to a follower next.
struct append_order {
  entry_id prev;
  /// Half-open; `first == last`: an empty probe.
  index_t first;
  index_t last;
};

/// Decides whether an append_entries should leave for `peer` now, and notes it
/// as sent. Call again until it is empty. Empty too where the entries behind
/// its log are gone: then its progress says `snapshot`.
/// @note Where the entries are in memory the order is within the limits of the
///       settings. Of entries that are only on disk up to `max_append_entries`
///       are ordered, and the reader cuts them: see `sent_less`.
std::optional<append_order> next_append(leader& self, server_id peer,
                                        time_point now, const settings& cfg);

/// The message that was ordered carries less, or could not be sent at all
/// (`last == order.first`, not an empty probe): what is behind `last` is not in
/// flight.
void sent_less(leader& self, server_id peer, const append_order& order,
               index_t last);

/// A follower's answer. Counts only of the incarnation that the configuration
/// names. A success for what we never sent stops the process.
/// @pre The answer is to this tenure: the fence sees to it.
/// @returns Whether something may have changed for the commit index.
bool on_append_result(leader& self, const append_result& msg, time_point now);

/// The own log has stored up to this write; the own `match_index` is the
/// durable index only.
void on_stored(leader& self, const durable<write_id>& stored);

/// Moves the commit index to what a quorum has stored, if that entry is of the
/// own term (§3.6.2). The others may be a quorum without us, in storing as well
/// as by the configuration: a leader that is no voter (any more) does not count
/// itself (§4.2.2).
/// @returns Whether it moved.
bool update_commit(leader& self);

/// Messages to this member were lost, or a new connection was made.
void on_peer_reset(leader& self, server_id peer);

// -- heartbeats, reads, check-quorum ------------------------------------------

/// Starts the next round of heartbeats; takes the reads that wait along if one
/// may be confirmed by it.
void start_round(leader& self);

/// The heartbeat of the present round for one member: with the commit index,
/// but only up to what that member has acknowledged.
heartbeat heartbeat_for(const leader& self, server_id peer);

/// Counts only of the incarnation that the configuration names.
/// @pre The answer is to this tenure, to a round that was started.
/// @returns The reads that this answer confirms.
read_queue::confirmed_reads
on_heartbeat_result(leader& self, const heartbeat_result& msg, time_point now);

/// Whether a round should start at once: reads wait, none is under way, and an
/// entry of the own term is committed.
bool wants_round(const leader& self);

/// Reads that need no other member: where the own vote alone is a quorum.
read_queue::confirmed_reads confirm_alone(leader& self);

/// The commit index as far as that member has acknowledged.
index_t commit_for(const leader& self, server_id peer);

/// Whether a quorum was heard within the election timeout (§6.2); the leader
/// hears itself, if it is a voter. In the first election timeout of a
/// leadership always.
bool has_quorum(const leader& self, time_point now, const settings& cfg);

/// Followers with messages in flight that were not answered for an election
/// timeout start again.
void reset_stalled(leader& self, time_point now, const settings& cfg);

/// Whether those that were heard within the election timeout are a quorum
/// without us.
bool others_are_quorum(const leader& self, time_point now, const settings& cfg);

/// Whether the own disk is stuck: entries wait for it, and for an election
/// timeout it has stored none. Others may commit them, but here they are not
/// applied nor answered (docs/durability.md), so another one should lead: the
/// cluster would otherwise wait for this disk as long as its heartbeats go on.
/// To be asked at every heartbeat.
bool disk_is_stuck(leader& self, time_point now, const settings& cfg);

// -- transfer (§3.10) ---------------------------------------------------------

/// Begins to hand over. From now on nothing is proposed until it is given up.
/// @param to None: to the voter that is furthest ahead of those that were heard
///           within the election timeout.
/// @returns `rejected`: one is under way already, `to` is no voter or
///          ourselves, or there is no one. `invalid_argument`: `to` is unknown.
result_of<server_id> begin_transfer(leader& self, server_id to, time_point now,
                                    const settings& cfg);

/// Whether the receiver has the whole log now; says so only once.
std::optional<timeout_now> ready_to_transfer(leader& self);

/// Gives a transfer up that took longer than an election timeout.
/// @returns Whether it was given up.
bool abandon_transfer(leader& self, time_point now);

} // namespace caf::raft::core

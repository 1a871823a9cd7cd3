#pragma once

#include "caf/raft/client.hpp"
#include "caf/raft/testing/sim_disk.hpp"
#include "caf/raft/testing/sim_network.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf::raft::testing {

/// Looks on from outside, at what is stored, sent, applied and answered, and
/// says as soon as something is not as Raft guarantees it (Figure 3.2):
///
/// - election safety: at most one leader in a term; and no member votes for two;
/// - leader append-only: who was seen to lead a term removes nothing in it;
/// - log matching: an entry with the same index and term is the same everywhere,
///   and so is the one before it;
/// - leader completeness: the log of each new leader holds what was committed
///   in earlier terms; and no member removes what is committed;
/// - state machine safety: what is applied at an index is the same everywhere,
///   and so is what the state machines answer to it;
///
/// and besides:
///
/// - stored terms, commit indexes and applied indexes do not go back, a stored
///   vote does not change within its term;
/// - nothing is promised or applied before it is durable; nobody leads before
///   its own vote is;
/// - a configuration is appended only behind one that is committed, and who leads
///   has the votes of a majority as its log says who votes;
/// - a command is answered as done only if it is committed with that id;
/// - a linearizable read is answered only where everything was applied that had
///   been answered before the read was asked for.
class invariants : public disk_observer {
public:
  /// The first thing that went wrong, as a sentence.
  const std::optional<std::string>& violation() const {
    return violation_;
  }

  /// Says that something is not as it must be.
  void complain(const std::string& what);

  /// Looks at this disk from now on.
  void watch(const sim_disk& disk);

  /// Entries up to `last` of this disk count as committed: scenarios begin in
  /// the middle.
  void assume_committed(const sim_disk& disk, group_id group, index_t last);

  // -- what is seen -----------------------------------------------------------

  void on_opened(const sim_disk& disk) override;

  void on_store(const sim_disk& disk, const log_write& what) override;

  void on_sent(server_id to, const envelope& what);

  /// The member's state machine applies a command.
  void on_applied(group_id id, server_id member, index_t index,
                  bytes_view command);

  /// The member's state machine answers it.
  void on_answered(group_id id, server_id member, index_t index,
                   bytes_view answer);

  /// The member's state machine has loaded a snapshot, with all up to there.
  void on_loaded(group_id id, server_id member, index_t last);

  void on_event(group_id id, server_id member, const group_event& what);

  /// A client was told that its command is done.
  void on_done(group_id id, entry_id entry);

  /// Up to which entry clients were told that their commands are done.
  index_t acknowledged(group_id id) const;

  /// A linearizable read is answered.
  /// @param must_see What was acknowledged when it was asked for.
  void on_read(group_id id, server_id member, index_t must_see);

  // -- in the end -------------------------------------------------------------

  /// Whether this disk holds everything that was ever acknowledged or applied.
  void check_complete(const sim_disk& disk);

  /// How many entries were seen applied.
  size_t committed_entries(group_id group) const;

private:
  /// What makes an entry and what is before it.
  struct fingerprint {
    uint32_t checksum = 0;
    term_t term_before;

    bool operator==(const fingerprint&) const = default;
  };

  struct committed {
    entry_id id;
    uint32_t checksum = 0;
    /// It was committed in this term or an earlier one.
    term_t known_in;
    /// Stands for the answer; empty until there is one.
    std::optional<uint32_t> answer{};
  };

  struct member_view {
    hard_state stored;
    index_t applied;
    index_t commit;
    term_t term;
    /// Whom it voted for, by term and life.
    std::map<std::pair<term_t, incarnation_t>, server_id> votes;
  };

  struct group_view {
    std::map<term_t, server_id> leaders;
    std::map<entry_id, fingerprint> entries;
    std::map<index_t, committed> log;
    std::map<server_id, member_view> members;
    /// All that were ever appended.
    std::set<entry_id> configurations;
    /// Terms of which an entry was stored somewhere.
    std::set<term_t> begun;
    term_t newest_term;
    index_t acknowledged;
  };

  void see_term(group_view& group, term_t term);
  void see_leader(group_view& group, term_t term, server_id leader,
                  group_id id);
  void see_entries(group_view& group, term_t before, const entries& xs);
  void see_committed(group_view& group, const entry& what,
                     const std::string& who);
  void check_base(group_view& group, const sim_disk& disk,
                  const log_write& what);
  void check_truncation(group_view& group, const sim_disk& disk,
                        const log_write& what);
  void check_new_terms(group_view& group, const sim_disk& disk,
                       const log_write& what);
  void check_state(group_view& group, const sim_disk& disk,
                   const hard_state& next);
  void check_promise(group_view& group, server_id to, const vote_result& msg,
                     const sim_disk& disk, group_id id);
  void check_promise(const append_result& msg, const sim_disk& disk,
                     group_id id);
  void check_own_vote(server_id leader, term_t term, const sim_disk& disk,
                      group_id id);

  // -- invariants_members.cpp -------------------------------------------------

  bool any_wiped() const;
  bool is_stored_by(server_id id, group_id group, const configuration& conf,
                    entry_id what) const;
  void check_members(group_view& group, const sim_disk& disk,
                     const log_write& what);
  void check_electorate(const group_view& group, term_t term, server_id leader,
                        group_id id);

  std::map<group_id, group_view> groups_;
  std::map<server_id, const sim_disk*> disks_;
  std::map<server_id, incarnation_t> lives_;
  /// A life that has begun on an empty directory was seen.
  bool any_wiped_ = false;
  std::optional<std::string> violation_;
};

} // namespace caf::raft::testing

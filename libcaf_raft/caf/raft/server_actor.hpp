#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/applier_actor.hpp"
#include "caf/raft/client_desk.hpp"
#include "caf/raft/leadership_desk.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/membership_desk.hpp"
#include "caf/raft/report_desk.hpp"
#include "caf/raft/role_desk.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/snapshot_desk.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace caf::raft {

/// What a group's member is made of.
struct server_setup {
  group_id group;
  settings cfg;
  /// Who we are.
  sender self;
  log_actor log;
  log_reader_actor reader;
  snapshotter_actor snapshotter;
  node_actor node;
  applier_state::machine_factory make_machine;
  /// Where the state machine runs, and everything else.
  placement applier_place = placement::scheduled;
  placement role_place = placement::scheduled;
  uint64_t seed = 0;
  /// Where others reach this member; empty where that is nobody's business.
  std::string address;
  logger log_to;
  fatal_handler fatal;
  /// This member was removed from the group, and has ended.
  std::function<void(group_id)> removed;
};

/// The lasting address of one group's member: compares terms, spawns the role of
/// the day and routes to it, alone keeps what clients wait for.
class server_state {
public:
  using handle = server_actor;
  static constexpr const char* name = "raft.server";

  server_state(scheduled_actor* self,
               const std::shared_ptr<server_setup>& setup);

  handle::behavior_type make_behavior();

private:
  // -- from clients -----------------------------------------------------------

  void on(submit& msg);
  void on(const get_status& msg);
  void on(const get_log& msg);
  void on(const transfer_leadership& msg);
  void on(const change_members& msg);
  void on(const ask_is_leader& msg);
  void on(const subscribe& msg);
  void on(const request_snapshot& msg);
  void on(const stop_group& msg);

  // -- from the node, the connections, the log --------------------------------

  void on(const formed& msg);
  void on(const not_formed& msg);
  void on(received& msg);
  void on(const peer_changed& msg);
  void on(const new_peers& msg);
  void on(const member_seen& msg);
  void on(recovered& msg);
  void on(const log_stored& msg);
  void on(const log_room& msg);
  void on(const log_read& msg);

  // -- from the role ----------------------------------------------------------

  void on(const tenure_over& msg);
  void on(const log_is_too_old& msg);
  void on(const commands_appended& msg);
  void on(const reads_confirmed& msg);
  void on(const transfer_begun& msg);
  void on(const change_answered& msg);
  void on(const members_known& msg);
  void on(entries_released& msg);
  void on(const leader_known& msg);
  void on(const role_report& msg);

  // -- from the applier and from itself ---------------------------------------

  void on(entries_applied& msg);
  void on(queries_answered& msg);
  void on(flush);
  void on(wake msg);

  // -- snapshots (server_snapshots.cpp) ---------------------------------------

  void on(const snapshot_recovered& msg);
  void on(const snapshot_taken& msg);
  void on(const chunk_received& msg);
  void on(const snapshot_installed& msg);
  void on(const snapshot_loaded& msg);

  /// What the state machine begins with, and the log with it.
  /// @returns Whether there is what the log needs.
  bool begin_with_snapshot(baton& first);
  /// Installs one that was complete when no role could do it.
  void adopt_snapshot(baton& with, core::tenure& next);
  void take_snapshot_if_due();
  void tell_role_of_snapshot();

  // -- tenures (server_tenures.cpp) -------------------------------------------

  /// Begins as soon as the log is read and the cluster is formed.
  void begin();
  void start_role(std::shared_ptr<baton> begin_with, core::role_kind kind,
                  term_t term, bool transfer);
  role_actor spawn_role(core::role_kind kind,
                        std::shared_ptr<role_setup> setup);
  bool is_newest_connection(const sender& from, uint64_t number);
  void hear(message& msg);
  void leader_speaks();
  void deliver(message& msg);
  void to_role(message& msg);
  void pass_on_commands(propose& msg);
  void pass_on_read(const read_index& msg);
  void pass_on_transfer(const request_transfer& msg);
  void pass_on_change(const request_change& msg);
  void refuse_remote_requests();
  void end_tenure_for(term_t term);
  bool leader_is_alive(server_id asking) const;
  bool running() const;

  // -- helpers ----------------------------------------------------------------

  way_to_leader way() const;
  void flush_soon();
  void arm();
  void leader_changed();
  void send(server_id to, const message& what) const;
  void ask_for_report(request_id id);
  void report(request_id id, const status& value);
  status status_without_role() const;
  group_event event(group_event::kind_t kind) const;

  // -- members (server_membership.cpp) ----------------------------------------

  /// Whether a committed configuration has removed that member.
  bool was_removed(server_id id) const;
  void tell_removed(server_id id);
  void tell_all_removed();
  void forget_who_is_there();
  void on_removed(index_t at);
  void refuse_as_removed(const submit& msg);
  void end_as_removed();

  // -- the end (server_end.cpp) -----------------------------------------------

  void progress_of_stop();
  bool said_farewell();
  void leads_while_it_ends();
  void on_farewell(const farewell& msg);
  void on_farewell_heard(server_id by);
  /// Whether that member has left, or leaves, and leads no more in our term.
  bool has_left(server_id id) const;
  void finish();

  scheduled_actor* self_;
  server_setup env_;
  std::mt19937_64 rng_;
  peer_table peers_;
  std::set<server_id> connected_;
  applier_actor applier_;

  // -- what is known before the first role ------------------------------------

  std::optional<storage::recovered_log> log_;
  cluster_id cluster_;
  configuration_ptr zero_;
  std::string waiting_for_;
  /// The newest snapshot here; set once it is known whether there is one.
  std::optional<snapshot_head_ptr> snapshot_;
  /// The one that the present role was told of.
  snapshot_head_ptr told_snapshot_;
  /// The state machine loads it still.
  bool loading_ = false;

  // -- the tenure -------------------------------------------------------------

  role_actor role_;
  core::role_kind kind_ = core::role_kind::follower;
  term_t term_;
  tenure_id tenure_;
  server_id leader_;
  time_point leader_heard_;
  /// It has not spoken since the connection to it stands. If its process ended and is
  /// back, it leads no more: nothing is passed on to it.
  bool leader_was_lost_ = false;
  /// Between `end_tenure` and `tenure_over` messages wait here.
  bool handing_over_ = false;
  /// A newer term that was seen meanwhile.
  term_t wanted_term_;
  std::deque<message> held_;
  /// The newest connection that each life of a member has said something on.
  std::map<sender, uint64_t> spoke_on_;
  /// What other members asked of the present role and was not answered yet.
  std::set<core::reader> remote_commands_;
  std::set<core::reader> remote_reads_;
  std::map<request_id, core::reader> remote_transfers_;
  request_id last_transfer_{env_.seed / 2};
  std::map<request_id, core::reader> remote_changes_;
  request_id last_change_;

  // -- what the log said last -------------------------------------------------

  std::optional<log_stored> stored_;
  log_room room_;
  /// The newest term on disk, and terms on their way there.
  term_t stored_term_;
  std::deque<std::pair<write_id, term_t>> terms_underway_;

  // -- what clients see -------------------------------------------------------

  index_t commit_index_;
  index_t applied_index_;
  bool ended_by_old_log_ = false;
  client_desk clients_;
  leadership_desk leadership_;
  membership_desk membership_;
  report_desk reports_;
  snapshot_desk snapshots_;
  /// What was asked before the log was read: terms must not seem to go back.
  std::vector<request_id> held_reports_;
  bool flush_pending_ = false;
  uint64_t wake_generation_ = 0;
  std::optional<time_point> armed_for_;

  // -- members ----------------------------------------------------------------

  placed_configuration committed_;
  /// Members that say that they are elsewhere: the next leader is told, too.
  std::map<server_id, member_seen> elsewhere_;
  /// Where the configuration stands that has removed this member.
  std::optional<index_t> removed_at_;

  // -- the end ----------------------------------------------------------------

  std::optional<stop_group> stopping_;
  time_point stop_deadline_;
  /// As it was asked for, without the end that the farewell sets.
  time_point last_stop_deadline_;
  /// Whether anything was committed in this tenure.
  bool has_committed_ = false;
  /// It leads while it ends, and has not committed anything yet.
  bool hands_over_at_commit_ = false;
  bool leads_to_the_end_ = false;
  bool farewell_said_ = false;
  /// Who has not heard the farewell yet.
  std::set<server_id> not_left_yet_;
  /// In which term others said farewell: they do not lead it.
  std::map<server_id, term_t> left_in_;
};

} // namespace caf::raft

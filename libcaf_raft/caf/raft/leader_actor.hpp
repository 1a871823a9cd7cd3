#pragma once

#include "caf/raft/core/leader.hpp"
#include "caf/raft/core/snapshot_sender.hpp"
#include "caf/raft/role_desk.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace caf::raft {

/// One leadership: hears the rules (core/leader), keeps the order of effects.
/// The own disk and the peers work side by side; each batch is encoded once,
/// whoever gets it.
class leader_state {
public:
  using handle = role_actor;
  static constexpr const char* name = "raft.leader";

  leader_state(scheduled_actor* self, const std::shared_ptr<role_setup>& setup);

  handle::behavior_type make_behavior();

private:
  void on(const request_vote& msg);
  void on(const append_result& msg);
  void on(const heartbeat_result& msg);
  void on(append_commands& msg);
  void on(const confirm_read& msg);
  void on(const begin_transfer& msg);
  void on(const begin_change& msg);
  void on(const member_seen& msg);
  void on(const report_role& msg);
  void on(const log_stored& msg);
  void on(const log_room& msg);
  void on(const peer_changed& msg);
  void on(const log_read& msg);
  void on(wake msg);
  void end();

  // -- replication ------------------------------------------------------------

  /// Hands out what was appended: to the own disk and to whoever may get more.
  void pump();
  void pump(server_id peer);
  void send_append(server_id peer, const core::append_order& order);
  void send_entries(server_id peer, const core::append_order& order,
                    const entries& content);

  // -- snapshots (leader_snapshots.cpp) ----------------------------------------

  void on(const install_result& msg);
  void on(const snapshot_stored& msg);
  void on(const chunk_read& msg);

  /// Releases what may be applied, and makes the log shorter if it may be.
  void shorten_log();
  void on_snapshots_due();
  void pump_snapshot(server_id peer);
  core::snapshot_sender& sender_for(server_id peer);
  void send_chunk(server_id peer, const snapshot_head_ptr& head,
                  uint64_t number, const chunk_ptr& chunk);
  void wake_for_snapshots(time_point when);
  void forget_sender_if_done(server_id peer);
  /// Entries behind this one are wanted by followers that keep up more or less.
  index_t needed_by_followers() const;

  // -- commits ------------------------------------------------------------------

  /// The commit index may have moved.
  void commit();
  void notice_commit();
  void notice_soon();
  void notice_everyone();
  void send_notice(server_id to, index_t commit);

  // -- members (leader_membership.cpp) ----------------------------------------

  void change_members();
  void tell_of_slow_learners();
  entry_id append_members(configuration what);
  bool is_member(server_id id) const;
  void forget_removed();
  void forget(server_id id);
  void step_down();

  // -- heartbeats and reads ---------------------------------------------------

  void heartbeat_round();
  void tell(core::read_queue::confirmed_reads reads);

  // -- the end ----------------------------------------------------------------

  void give_up_transfer_if_late();
  void step_aside_if_needed();
  void tell_successor();
  void hand_over(core::role_kind next);

  /// The timer of `notice_soon`, beside the numbered ones for heartbeats.
  static constexpr uint64_t notice_timer = UINT64_MAX;
  /// And that of chunks which wait for the rate.
  static constexpr uint64_t snapshot_timer = UINT64_MAX - 1;
  /// To itself: lead no more.
  static constexpr uint64_t step_down_timer = UINT64_MAX - 2;

  scheduled_actor* self_;
  role_desk desk_;
  core::leader rules_;

  /// The frame that was encoded last: the next follower usually gets the same.
  struct encoded_append {
    entry_id prev;
    index_t last;
    index_t commit;
    wire::frame_ptr frame;
  };

  encoded_append newest_frame_;

  /// An order whose entries are being read from the log; one per member.
  struct pending_read {
    request_id id;
    core::append_order order;
  };

  std::map<server_id, pending_read> reading_;
  request_id last_read_;

  /// Members that passed commands on: up to which index someone waits there for
  /// the commit.
  std::map<server_id, index_t> awaited_;
  /// Which commit index each member was told last.
  std::map<server_id, index_t> told_;
  /// Learners that were said to be too slow.
  std::set<server_id> slow_;
  bool notice_pending_ = false;
  /// To whom snapshots are being sent.
  std::map<server_id, core::snapshot_sender> senders_;
  std::optional<time_point> snapshots_due_;
  bool disk_is_full_ = false;
  /// The member ends: it was told to hand over for that.
  bool stops_ = false;
  /// The disk is full or stuck: not before then again.
  time_point next_hand_over_;
};

} // namespace caf::raft

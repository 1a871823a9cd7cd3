#pragma once

#include "caf/raft/core/follower.hpp"
#include "caf/raft/role_desk.hpp"

#include <deque>

namespace caf::raft {

/// One followership: hears the rules (core/follower), keeps the order of
/// effects.
class follower_state {
public:
  using handle = role_actor;
  static constexpr const char* name = "raft.follower";

  follower_state(scheduled_actor* self,
                 const std::shared_ptr<role_setup>& setup);

  handle::behavior_type make_behavior();

private:
  /// A vote that may be told once it is stored.
  struct pending_vote {
    write_id stored_by;
    vote_result answer;
    server_id to;
  };

  void on(const request_vote& msg);
  void on(const append_entries& msg);
  void on(const heartbeat& msg);
  void on(const commit_notice& msg);
  void on(const timeout_now& msg);
  void on(const append_commands& msg);
  void on(const install_snapshot& msg);
  void on(const chunk_received& msg);
  void on(const snapshot_stored& msg);
  void on(const log_stored& msg);
  void on(const report_role& msg);
  void on(wake msg);
  void end();

  void vote(const request_vote& msg);
  void tell_votes(const durable<write_id>& stored);
  void heard_leader(server_id id);
  void arm();

  scheduled_actor* self_;
  role_desk desk_;
  core::follower rules_;
  /// The snapshot that the present leader sends, while it is wanted.
  snapshot_head_ptr offered_;
  std::deque<pending_vote> votes_;
};

} // namespace caf::raft

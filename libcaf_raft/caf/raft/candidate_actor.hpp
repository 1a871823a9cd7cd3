#pragma once

#include "caf/raft/core/candidate.hpp"
#include "caf/raft/role_desk.hpp"

#include <deque>

namespace caf::raft {

/// One candidacy or pre-candidacy: hears the rules (core/candidate), keeps the
/// order of effects.
class candidate_state {
public:
  using handle = role_actor;
  static constexpr const char* name = "raft.candidate";

  candidate_state(scheduled_actor* self,
                  const std::shared_ptr<role_setup>& setup, bool pre_vote);

  handle::behavior_type make_behavior();

private:
  struct pending_vote {
    write_id stored_by;
    vote_result answer;
    server_id to;
  };

  void on(const request_vote& msg);
  void on(const vote_result& msg);
  void on(const timeout_now& msg);
  void on(const append_commands& msg);
  void on(const log_stored& msg);
  void on(const peer_changed& msg);
  void on(const report_role& msg);
  void on(wake msg);
  void end();

  /// Someone leads this very term: follow it, the message first.
  void follow(message what);

  void begin();
  void decide(core::tally_result outcome);
  void vote(const request_vote& msg);

  role_desk desk_;
  core::candidate rules_;
  write_id term_write_;
  std::deque<pending_vote> votes_;
};

} // namespace caf::raft

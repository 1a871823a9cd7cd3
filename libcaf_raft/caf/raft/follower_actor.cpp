#include "caf/raft/follower_actor.hpp"

#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/snapshots.hpp"

namespace caf::raft {

follower_state::follower_state(scheduled_actor* self,
                               const std::shared_ptr<role_setup>& setup)
  : self_(self),
    desk_(self, *setup),
    rules_(core::become_follower(std::move(setup->begin_with->tenure),
                                 desk_.now(), desk_.cfg(), setup->draw)) {
  arm();
}

role_actor::behavior_type follower_state::make_behavior() {
  return {
    [this](const request_vote& msg) { on(msg); },
    [](const vote_result&) { /* of a candidacy that is over */ },
    [this](const append_entries& msg) { on(msg); },
    [](const append_result&) { /* of a leadership that is over */ },
    [this](const heartbeat& msg) { on(msg); },
    [](const heartbeat_result&) { /* of a leadership that is over */ },
    [this](const commit_notice& msg) { on(msg); },
    [this](const timeout_now& msg) { on(msg); },
    [this](const install_snapshot& msg) { on(msg); },
    [](const install_result&) { /* of a leadership that is over */ },
    [this](const append_commands& msg) { on(msg); },
    [this](const confirm_read& msg) {
      desk_.tell_server(reads_confirmed{errc::no_leader, {}, {msg.who}, {}});
    },
    [this](const begin_transfer& msg) {
      desk_.tell_server(transfer_begun{
        msg.id, {errc::rejected, "this member does not lead"}, {}});
    },
    [this](const begin_change& msg) { desk_.refuse(msg); },
    [](const member_seen&) { /* the leader cares for that */ },
    [this](const report_role& msg) { on(msg); },
    [this](const log_stored& msg) { on(msg); },
    [this](const log_room& msg) { desk_.room().reported(usable_room(msg)); },
    [](const peer_changed&) { /* a follower answers, it does not ask */ },
    [this](const new_peers& msg) { desk_.add_peers(msg); },
    [this](const snapshot_stored& msg) { on(msg); },
    [this](const chunk_received& msg) { on(msg); },
    [this](end_tenure) { end(); },
    [](const log_read&) { /* only leaders read */ },
    [](const chunk_read&) { /* only leaders read */ },
    [this](wake msg) { on(msg); },
  };
}

void follower_state::on(const request_vote& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  if (!msg.pre_vote) {
    vote(msg);
    return;
  }
  auto alive = core::leader_is_alive(rules_, desk_.now(), desk_.cfg(),
                                     msg.from.id);
  auto granted = core::grant_pre_vote(rules_.self, msg, alive);
  desk_.send(msg.from.id, rules_.self.group,
             core::pre_vote_answer(rules_.self, msg, granted));
}

void follower_state::vote(const request_vote& msg) {
  auto granted = core::grant_vote(rules_.self, msg);
  vote_result answer{rules_.self.self, rules_.self.term, msg.tenure, false,
                     granted};
  if (!granted) {
    desk_.send(msg.from.id, rules_.self.group, answer);
    return;
  }
  // A vote is a promise: it leaves once it is stored (§3.8). Whoever votes
  // waits for the outcome (§3.4).
  rules_.election_deadline = desk_.now() + rules_.timeout;
  log_write what;
  what.group = rules_.self.group;
  what.number = rules_.self.log.next_write();
  what.state = rules_.self.state();
  votes_.push_back({what.number, answer, msg.from.id});
  desk_.store(std::move(what));
}

void follower_state::tell_votes(const durable<write_id>& stored) {
  while (!votes_.empty() && votes_.front().stored_by <= *stored) {
    desk_.send(votes_.front().to, rules_.self.group, votes_.front().answer);
    votes_.pop_front();
  }
}

void follower_state::on(const append_entries& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  auto known = rules_.self.leader;
  auto room = desk_.room().has(size_in_bytes(msg.entries));
  auto outcome = core::on_append(rules_, msg, desk_.now(), room);
  if (known != rules_.self.leader)
    heard_leader(rules_.self.leader);
  if (outcome.write)
    desk_.store(std::move(*outcome.write));
  if (outcome.answer)
    desk_.send(msg.from.id, rules_.self.group, *outcome.answer);
  desk_.release(rules_.self);
}

void follower_state::on(const heartbeat& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  if (core::lacks_acknowledged(rules_, msg)) {
    desk_.tell_server(
      log_is_too_old{rules_.self.log.last_index(), msg.acknowledged});
    return;
  }
  auto known = rules_.self.leader;
  auto answer = core::on_heartbeat(rules_, msg, desk_.now());
  if (known != rules_.self.leader)
    heard_leader(rules_.self.leader);
  desk_.send(msg.from.id, rules_.self.group, answer);
  desk_.release(rules_.self);
}

void follower_state::on(const commit_notice& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  core::on_commit_notice(rules_, msg);
  desk_.release(rules_.self);
}

void follower_state::on(const timeout_now& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  if (core::may_campaign(rules_.self))
    desk_.hand_over(std::move(rules_.self), core::role_kind::candidate, true);
}

void follower_state::on(const append_commands& msg) {
  commands_appended result{msg.origin, {}};
  for (auto& x : msg.commands)
    result.results.push_back({x.id, errc::no_leader, {}});
  desk_.tell_server(std::move(result));
}

void follower_state::on(const log_stored& msg) {
  if (desk_.over())
    return;
  desk_.room().stored(msg.up_to);
  tell_votes(msg.up_to);
  if (auto answer = core::acknowledge(rules_, msg.up_to))
    desk_.send(rules_.self.leader, rules_.self.group, *answer);
  desk_.stored(rules_.self, rules_.self.log.last_index());
}

// -- snapshots ----------------------------------------------------------------

void follower_state::on(const install_snapshot& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  auto known = rules_.self.leader;
  auto outcome = core::on_snapshot(rules_, msg, desk_.now());
  if (known != rules_.self.leader)
    heard_leader(rules_.self.leader);
  if (outcome.answer)
    desk_.send(msg.from.id, rules_.self.group, *outcome.answer);
  if (outcome.wanted) {
    offered_ = std::make_shared<const snapshot_head>(msg.head);
    post(self_, desk_.snapshotter(),
         receive_chunk{rules_.self.group, offered_, msg.number, msg.chunk});
  }
  desk_.release(rules_.self);
}

void follower_state::on(const chunk_received& msg) {
  if (desk_.over())
    return;
  // What an earlier leader has sent is offered again by this one.
  auto is_offered = offered_ && offered_->is_same(*msg.head);
  if (is_offered)
    desk_.send(rules_.self.leader, rules_.self.group,
               install_result{rules_.self.self, rules_.self.term,
                              rules_.leader_tenure, msg.head->last, msg.next,
                              msg.code});
  if (!msg.complete)
    return;
  if (is_offered)
    offered_ = nullptr;
  auto what = core::install(rules_, msg.head);
  if (!what)
    return;
  desk_.log().info("the log is replaced by snapshot "
                   + to_string(msg.head->last));
  desk_.jump_to(msg.head->last.index);
  desk_.store(std::move(*what));
}

void follower_state::on(const snapshot_stored& msg) {
  if (desk_.over())
    return;
  core::snapshot_available(rules_.self, msg.head);
  desk_.stored(rules_.self, rules_.self.log.last_index());
}

void follower_state::on(const report_role& msg) {
  if (desk_.over())
    return;
  auto learner = core::is_learner(rules_.self.members(), rules_.self.self.id);
  auto role = learner ? role_name::learner : role_name::follower;
  desk_.tell_server(role_report{msg.id, describe(rules_.self, role)});
}

void follower_state::on(wake msg) {
  if (!desk_.is_current(msg))
    return;
  if (core::election_due(rules_, desk_.now())) {
    auto next = desk_.cfg().pre_vote ? core::role_kind::pre_candidate
                                     : core::role_kind::candidate;
    desk_.hand_over(std::move(rules_.self), next);
    return;
  }
  arm();
}

void follower_state::end() {
  if (!desk_.over()) {
    rules_.self.election_due = rules_.election_deadline;
    desk_.hand_over(std::move(rules_.self), core::role_kind::follower);
  }
  desk_.leave();
}

void follower_state::heard_leader(server_id id) {
  desk_.tell_server(leader_known{rules_.self.number, id});
}

/// One pending timer: it finds out then whether the leader was heard meanwhile.
void follower_state::arm() {
  auto due = rules_.election_deadline;
  if (due <= desk_.now())
    due = desk_.now() + rules_.timeout;
  desk_.wake_at(due);
}

} // namespace caf::raft

#include "caf/raft/candidate_actor.hpp"

#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/snapshots.hpp"

namespace caf::raft {

namespace {

core::candidate make_rules(role_setup& setup, time_point now, bool pre_vote) {
  auto& tenure = setup.begin_with->tenure;
  if (pre_vote)
    return core::become_pre_candidate(std::move(tenure), now, setup.cfg,
                                      setup.draw);
  return core::become_candidate(std::move(tenure), setup.transfer, now,
                                setup.cfg, setup.draw);
}

} // namespace

candidate_state::candidate_state(scheduled_actor* self,
                                 const std::shared_ptr<role_setup>& setup,
                                 bool pre_vote)
  : desk_(self, *setup),
    rules_(make_rules(*setup, desk_.now(), pre_vote)),
    term_write_(setup->term_write) {
  // Not in the constructor: the server does not know us yet.
  post_self(self, wake{0});
}

role_actor::behavior_type candidate_state::make_behavior() {
  return {
    [this](const request_vote& msg) { on(msg); },
    [this](const vote_result& msg) { on(msg); },
    [this](const append_entries& msg) { follow(msg); },
    [](const append_result&) { /* of a leadership that is over */ },
    [this](const heartbeat& msg) { follow(msg); },
    [](const heartbeat_result&) { /* of a leadership that is over */ },
    [this](const commit_notice& msg) { follow(msg); },
    [this](const timeout_now& msg) { on(msg); },
    [this](const install_snapshot& msg) { follow(msg); },
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
    [this](const peer_changed& msg) { on(msg); },
    [this](const new_peers& msg) { desk_.add_peers(msg); },
    [this](const snapshot_stored& msg) {
      if (!desk_.over())
        core::snapshot_available(rules_.self, msg.head);
    },
    [](const chunk_received&) { /* of a followership that is over */ },
    [this](end_tenure) { end(); },
    [](const log_read&) { /* only leaders read */ },
    [](const chunk_read&) { /* only leaders read */ },
    [this](wake msg) { on(msg); },
  };
}

void candidate_state::begin() {
  desk_.wake_at(rules_.deadline);
  auto question = core::ask(rules_);
  for (auto id : core::others(rules_.self.members(), rules_.self.self.id))
    if (core::is_voter(rules_.self.members(), id))
      desk_.send(id, rules_.self.group, question);
  decide(core::tally(rules_));
}

void candidate_state::on(const request_vote& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  if (!msg.pre_vote) {
    vote(msg);
    return;
  }
  auto granted = core::grant_pre_vote(rules_.self, msg, false);
  desk_.send(msg.from.id, rules_.self.group,
             core::pre_vote_answer(rules_.self, msg, granted));
}

/// A pre-candidate keeps the vote of its followership and grants as a follower
/// would; a candidate has given its vote to itself.
void candidate_state::vote(const request_vote& msg) {
  auto granted = core::grant_vote(rules_.self, msg);
  vote_result answer{rules_.self.self, rules_.self.term, msg.tenure, false,
                     granted};
  if (!granted) {
    desk_.send(msg.from.id, rules_.self.group, answer);
    return;
  }
  log_write what;
  what.group = rules_.self.group;
  what.number = rules_.self.log.next_write();
  what.state = rules_.self.state();
  votes_.push_back({what.number, answer, msg.from.id});
  desk_.store(std::move(what));
}

void candidate_state::on(const vote_result& msg) {
  if (!desk_.over())
    decide(core::count(rules_, msg));
}

void candidate_state::follow(message what) {
  if (desk_.over())
    return desk_.give_back(std::move(what));
  desk_.hand_over(std::move(rules_.self), core::role_kind::follower, false,
                  std::make_shared<message>(std::move(what)));
}

void candidate_state::on(const timeout_now& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  if (rules_.pre_vote)
    desk_.hand_over(std::move(rules_.self), core::role_kind::candidate, true);
}

void candidate_state::on(const append_commands& msg) {
  commands_appended result{msg.origin, {}};
  for (auto& x : msg.commands)
    result.results.push_back({x.id, errc::no_leader, {}});
  desk_.tell_server(std::move(result));
}

void candidate_state::on(const log_stored& msg) {
  if (desk_.over())
    return;
  desk_.room().stored(msg.up_to);
  rules_.self.log.stored(msg.up_to);
  while (!votes_.empty() && votes_.front().stored_by <= *msg.up_to) {
    desk_.send(votes_.front().to, rules_.self.group, votes_.front().answer);
    votes_.pop_front();
  }
  desk_.stored(rules_.self, rules_.self.log.last_index());
  if (!rules_.pre_vote)
    decide(core::count_own_vote(rules_, term_write_, msg.up_to));
}

/// A connection was made: whoever is there now was not asked yet.
void candidate_state::on(const peer_changed& msg) {
  if (!desk_.over() && msg.connected && rules_.votes.count(msg.id) == 0
      && core::is_voter(rules_.self.members(), msg.id))
    desk_.send(msg.id, rules_.self.group, core::ask(rules_));
}

void candidate_state::on(const report_role& msg) {
  if (desk_.over())
    return;
  auto role = rules_.pre_vote ? role_name::pre_candidate : role_name::candidate;
  desk_.tell_server(role_report{msg.id, describe(rules_.self, role)});
}

void candidate_state::on(wake msg) {
  if (desk_.over())
    return;
  if (msg.generation == 0) {
    begin();
    return;
  }
  if (!desk_.is_current(msg))
    return;
  // No result in time: ask again (§3.4).
  auto next = desk_.cfg().pre_vote ? core::role_kind::pre_candidate
                                   : core::role_kind::candidate;
  desk_.hand_over(std::move(rules_.self), next);
}

void candidate_state::end() {
  if (!desk_.over())
    desk_.hand_over(std::move(rules_.self), core::role_kind::follower);
  desk_.leave();
}

void candidate_state::decide(core::tally_result outcome) {
  if (desk_.over())
    return;
  switch (outcome) {
    case core::tally_result::pending:
      break;
    case core::tally_result::won:
      desk_.hand_over(std::move(rules_.self), rules_.pre_vote
                                                ? core::role_kind::candidate
                                                : core::role_kind::leader);
      break;
    case core::tally_result::lost:
      desk_.hand_over(std::move(rules_.self), core::role_kind::follower);
      break;
  }
}

} // namespace caf::raft

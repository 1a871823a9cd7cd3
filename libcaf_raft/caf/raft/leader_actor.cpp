#include "caf/raft/leader_actor.hpp"

#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/leader_membership.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/wire/codec.hpp"

namespace caf::raft {

leader_state::leader_state(scheduled_actor* self,
                           const std::shared_ptr<role_setup>& setup)
  : self_(self),
    desk_(self, *setup),
    rules_(
      core::become_leader(std::move(setup->begin_with->tenure), desk_.now())) {
  post_self(self, wake{0});
}

role_actor::behavior_type leader_state::make_behavior() {
  return {
    [this](const request_vote& msg) { on(msg); },
    [](const vote_result&) { /* the election is won */ },
    [](const append_entries&) {
      // Two leaders in one term: a promise was broken somewhere (§3.2).
      CAF_RAFT_ASSERT(!"another leader in the own term");
    },
    [this](const append_result& msg) { on(msg); },
    [](const heartbeat&) {
      CAF_RAFT_ASSERT(!"another leader in the own term");
    },
    [this](const heartbeat_result& msg) { on(msg); },
    [](const commit_notice&) {
      CAF_RAFT_ASSERT(!"another leader in the own term");
    },
    [](const timeout_now&) { /* a leader need not campaign */ },
    [](const install_snapshot&) {
      CAF_RAFT_ASSERT(!"another leader in the own term");
    },
    [this](const install_result& msg) { on(msg); },
    [this](append_commands& msg) { on(msg); },
    [this](const confirm_read& msg) { on(msg); },
    [this](const begin_transfer& msg) { on(msg); },
    [this](const begin_change& msg) { on(msg); },
    [this](const member_seen& msg) { on(msg); },
    [this](const report_role& msg) { on(msg); },
    [this](const log_stored& msg) { on(msg); },
    [this](const log_room& msg) { on(msg); },
    [this](const peer_changed& msg) { on(msg); },
    [this](const new_peers& msg) { desk_.add_peers(msg); },
    [this](const snapshot_stored& msg) { on(msg); },
    [](const chunk_received&) { /* of a followership that is over */ },
    [this](end_tenure) { end(); },
    [this](const log_read& msg) { on(msg); },
    [this](const chunk_read& msg) { on(msg); },
    [this](wake msg) { on(msg); },
  };
}

// -- votes --------------------------------------------------------------------

/// Our vote of this term is our own. A pre-vote is refused as long as we lead.
void leader_state::on(const request_vote& msg) {
  if (desk_.over())
    return desk_.give_back(msg);
  auto answer = msg.pre_vote ? core::pre_vote_answer(rules_.self, msg, false)
                             : vote_result{rules_.self.self, rules_.self.term,
                                           msg.tenure, false, false};
  desk_.send(msg.from.id, rules_.self.group, answer);
}

// -- proposals ----------------------------------------------------------------

void leader_state::on(append_commands& msg) {
  commands_appended result{msg.origin, {}};
  result.results.reserve(msg.commands.size());
  size_t bytes = 0;
  auto known = !desk_.over() && is_member(msg.origin);
  for (auto& x : msg.commands) {
    bytes += x.payload.size() + entry::header_size + 8;
    // Who was removed hears no more of what is appended behind that.
    if (desk_.over() || rules_.handing_over || !known)
      result.results.push_back({x.id, errc::no_leader, {}});
    else if (!desk_.room().has(bytes))
      result.results.push_back({x.id, errc::no_space, {}});
    else
      result.results.push_back(
        {x.id, errc::none, core::propose(rules_, x.payload)});
  }
  if (msg.origin != rules_.self.self.id)
    for (auto& x : result.results)
      if (x.code == errc::none)
        awaited_[msg.origin] = x.entry.index;
  // Before the entries themselves leave: the other member must know whose they
  // are when they arrive there.
  desk_.tell_server(std::move(result));
  pump();
}

void leader_state::on(const append_result& msg) {
  if (desk_.over())
    return;
  if (core::on_append_result(rules_, msg, desk_.now()))
    commit();
  forget_sender_if_done(msg.from.id);
  tell_successor();
  if (auto i = awaited_.find(msg.from.id); i != awaited_.end())
    notice_commit();
  change_members();
  // What it has was committed before it said so.
  if (core::commit_for(rules_, msg.from.id) > told_[msg.from.id])
    notice_soon();
  pump(msg.from.id);
}

void leader_state::on(const log_room& msg) {
  desk_.room().reported(usable_room(msg));
  disk_is_full_ = !msg.trouble.empty();
  if (!desk_.over())
    step_aside_if_needed();
}

void leader_state::on(const log_stored& msg) {
  if (desk_.over())
    return;
  desk_.room().stored(msg.up_to);
  core::on_stored(rules_, msg.up_to);
  commit();
  shorten_log();
}

void leader_state::commit() {
  if (!core::update_commit(rules_))
    return;
  desk_.release(rules_.self);
  notice_commit();
  notice_soon();
  change_members();
  if (core::must_step_down(rules_))
    post_self(self_, wake{step_down_timer});
  // The first commit of a leadership lets reads begin.
  if (core::wants_round(rules_))
    heartbeat_round();
}

// -- heartbeats and reads -----------------------------------------------------

void leader_state::heartbeat_round() {
  core::start_round(rules_);
  for (auto& [id, unused] : rules_.peers)
    desk_.send(id, rules_.self.group, core::heartbeat_for(rules_, id));
  tell(core::confirm_alone(rules_));
}

void leader_state::on(const heartbeat_result& msg) {
  if (desk_.over())
    return;
  core::on_life(rules_, msg.from, desk_.now(), desk_.cfg());
  tell(core::on_heartbeat_result(rules_, msg, desk_.now()));
  if (core::wants_round(rules_))
    heartbeat_round();
}

void leader_state::on(const confirm_read& msg) {
  auto own = rules_.self.self.id;
  if (desk_.over() || (msg.who.member != own && !is_member(msg.who.member))) {
    desk_.tell_server(reads_confirmed{errc::no_leader, {}, {msg.who}, {}});
    return;
  }
  rules_.reads.add(msg.who);
  if (core::wants_round(rules_))
    heartbeat_round();
}

void leader_state::tell(core::read_queue::confirmed_reads reads) {
  if (reads.readers.empty())
    return;
  reads_confirmed result{errc::none, reads.index, std::move(reads.readers), {}};
  for (auto& x : result.readers)
    if (x.member != rules_.self.self.id)
      result.commits[x.member] = core::commit_for(rules_, x.member);
  desk_.tell_server(std::move(result));
}

void leader_state::on(wake msg) {
  if (desk_.over())
    return;
  auto now = desk_.now();
  if (msg.generation == notice_timer) {
    notice_everyone();
    return;
  }
  if (msg.generation == snapshot_timer) {
    on_snapshots_due();
    return;
  }
  if (msg.generation == step_down_timer) {
    step_down();
    return;
  }
  if (msg.generation == 0) {
    desk_.tell_server(leader_known{rules_.self.number, rules_.self.self.id});
    pump();
  } else if (!desk_.is_current(msg)) {
    return;
  }
  if (desk_.cfg().check_quorum && !core::has_quorum(rules_, now, desk_.cfg())) {
    desk_.log().warning("no quorum was heard for an election timeout: this "
                        "member leads no more");
    hand_over(core::role_kind::follower);
    return;
  }
  give_up_transfer_if_late();
  if (core::must_step_down(rules_) && !rules_.handing_over) {
    hand_over(core::role_kind::follower);
    return;
  }
  core::reset_stalled(rules_, now, desk_.cfg());
  step_aside_if_needed();
  change_members();
  forget_removed();
  heartbeat_round();
  pump();
  shorten_log();
  desk_.wake_at(now + desk_.cfg().heartbeat_interval);
}

void leader_state::on(const peer_changed& msg) {
  if (desk_.over())
    return;
  core::on_peer_reset(rules_, msg.id);
  if (auto i = senders_.find(msg.id); i != senders_.end())
    i->second.on_reset();
  reading_.erase(msg.id);
  if (!msg.connected)
    return;
  pump(msg.id);
  desk_.send(msg.id, rules_.self.group, core::heartbeat_for(rules_, msg.id));
}

// -- the end ------------------------------------------------------------------

void leader_state::on(const begin_transfer& msg) {
  if (desk_.over()) {
    desk_.tell_server(transfer_begun{
      msg.id, {errc::no_leader, "this member leads no more"}, {}});
    return;
  }
  auto to = core::begin_transfer(rules_, msg.to, desk_.now(), desk_.cfg());
  if (!to) {
    desk_.tell_server(transfer_begun{msg.id, to.error(), {}});
    return;
  }
  stops_ = stops_ || !msg.id;
  desk_.tell_server(transfer_begun{msg.id, {}, *to});
  tell_successor();
}

/// A member that stops tries the next best: who was chosen may sleep.
void leader_state::give_up_transfer_if_late() {
  if (!core::abandon_transfer(rules_, desk_.now()))
    return;
  desk_.log().warning("the transfer of leadership took too long and was given "
                      "up");
  if (stops_)
    on(begin_transfer{});
}

/// A leader whose disk is full refuses writes, and one whose disk is stuck
/// answers none; another one may do better.
void leader_state::step_aside_if_needed() {
  auto now = desk_.now();
  auto& cfg = desk_.cfg();
  // Without us they must be able to elect one.
  auto is_stuck = core::disk_is_stuck(rules_, now, cfg)
                  && core::others_are_quorum(rules_, now, cfg);
  if ((!is_stuck && !disk_is_full_) || now < next_hand_over_)
    return;
  auto to = core::begin_transfer(rules_, server_id{}, now, cfg);
  if (!to)
    return;
  next_hand_over_ = now + 5 * cfg.election_timeout;
  desk_.log().warning(
    std::string{disk_is_full_ ? "there is no room on the disk here"
                              : "the disk here stores nothing any more"}
    + ": leadership is handed over to member " + to_string(*to));
  tell_successor();
}

void leader_state::tell_successor() {
  if (auto what = core::ready_to_transfer(rules_))
    desk_.send(rules_.handing_over->to, rules_.self.group, *what);
}

void leader_state::on(const report_role& msg) {
  if (desk_.over())
    return;
  auto now = desk_.now();
  auto result = describe(rules_.self, role_name::leader);
  result.leader_uptime = now - rules_.since;
  for (auto& [id, x] : rules_.peers) {
    using state_t = core::progress::state_t;
    auto state = x.state() == state_t::probe       ? "probe"
                 : x.state() == state_t::replicate ? "replicate"
                                                   : "snapshot";
    result.peers.push_back(
      {id, x.match_index(), x.next_index(), state, now - x.last_heard()});
  }
  desk_.tell_server(role_report{msg.id, std::move(result)});
}

void leader_state::end() {
  if (!desk_.over())
    hand_over(core::role_kind::follower);
  desk_.leave();
}

void leader_state::hand_over(core::role_kind next) {
  // What was appended in this turn belongs to the log of the next role.
  if (auto what = core::take_write(rules_))
    desk_.store(std::move(*what));
  if (auto waiting = rules_.reads.take_all(); !waiting.empty())
    desk_.tell_server(
      reads_confirmed{errc::no_leader, {}, std::move(waiting), {}});
  desk_.hand_over(std::move(rules_.self), next);
}

} // namespace caf::raft

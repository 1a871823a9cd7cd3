#include "caf/raft/server_actor.hpp"

#include "caf/raft/core/membership.hpp"
#include "caf/raft/wire/codec.hpp"

namespace caf::raft {

server_state::server_state(scheduled_actor* self,
                           const std::shared_ptr<server_setup>& setup)
  : self_(self),
    env_(*setup),
    rng_(env_.seed),
    tenure_(rng_()),
    clients_(self, env_.group, env_.self, env_.cfg, rng_()),
    leadership_(self),
    membership_(self, env_.group, env_.self, env_.seed),
    reports_(self),
    snapshots_(self, env_.cfg, rng_()) {
  auto me = actor_cast<server_actor>(self_);
  applier_state::setup applier{env_.group,  env_.make_machine,
                               env_.reader, env_.snapshotter,
                               me,          env_.log_to,
                               env_.fatal};
  applier_ = spawn_at<applier_state>(self_->system(), env_.applier_place,
                                     std::move(applier));
  waiting_for_ = "the log is being read";
  post(self_, env_.log,
       recover_group{env_.group, env_.cfg.recent_log_bytes, me});
  post(self_, env_.snapshotter, recover_snapshot{env_.group, me});
}

server_actor::behavior_type server_state::make_behavior() {
  return {
    [this](submit& msg) { on(msg); },
    [this](const get_status& msg) { on(msg); },
    [this](const get_log& msg) { on(msg); },
    [this](const transfer_leadership& msg) { on(msg); },
    [this](const change_members& msg) { on(msg); },
    [this](const ask_is_leader& msg) { on(msg); },
    [this](const subscribe& msg) { on(msg); },
    [this](const request_snapshot& msg) { on(msg); },
    [this](const stop_group& msg) { on(msg); },
    [this](const formed& msg) { on(msg); },
    [this](const not_formed& msg) { on(msg); },
    [this](received& msg) { on(msg); },
    [this](const peer_changed& msg) { on(msg); },
    [this](const new_peers& msg) { on(msg); },
    [this](const member_seen& msg) { on(msg); },
    [this](recovered& msg) { on(msg); },
    [this](const log_stored& msg) { on(msg); },
    [this](const log_room& msg) { on(msg); },
    [this](const log_read& msg) { on(msg); },
    [this](const snapshot_recovered& msg) { on(msg); },
    [this](const snapshot_taken& msg) { on(msg); },
    [this](const chunk_received& msg) { on(msg); },
    [this](const tenure_over& msg) { on(msg); },
    [this](const log_is_too_old& msg) { on(msg); },
    [this](const commands_appended& msg) { on(msg); },
    [this](const reads_confirmed& msg) { on(msg); },
    [this](const transfer_begun& msg) { on(msg); },
    [this](const change_answered& msg) { on(msg); },
    [this](const members_known& msg) { on(msg); },
    [this](entries_released& msg) { on(msg); },
    [this](const leader_known& msg) { on(msg); },
    [this](const role_report& msg) { on(msg); },
    [this](const snapshot_installed& msg) { on(msg); },
    [this](entries_applied& msg) { on(msg); },
    [this](queries_answered& msg) { on(msg); },
    [this](const snapshot_loaded& msg) { on(msg); },
    [this](flush msg) { on(msg); },
    [this](wake msg) { on(msg); },
  };
}

// -- from the node and the log ------------------------------------------------

void server_state::on(const formed& msg) {
  cluster_ = msg.cluster;
  zero_ = msg.zero;
  begin();
}

void server_state::on(const not_formed& msg) {
  if (!running())
    waiting_for_ = msg.waiting_for;
}

void server_state::on(recovered& msg) {
  if (!msg.log) {
    env_.log_to.error(msg.log.error().text);
    env_.fatal(msg.log.error());
    return;
  }
  log_ = std::move(*msg.log);
  if (!zero_)
    waiting_for_ = "the cluster is being formed";
  begin();
  for (auto id : std::exchange(held_reports_, {}))
    ask_for_report(id);
}

void server_state::on(const peer_changed& msg) {
  if (msg.connected) {
    connected_.insert(msg.id);
    tell_removed(msg.id);
  } else {
    connected_.erase(msg.id);
    leader_was_lost_ |= msg.id == leader_;
    clients_.connection_lost(msg.id);
    membership_.connection_lost(msg.id);
    not_left_yet_.erase(msg.id);
    progress_of_stop();
  }
  flush_soon();
  if (running())
    post(self_, role_, msg);
}

void server_state::on(const new_peers& msg) {
  peers_ = msg.peers;
  if (running())
    post(self_, role_, msg);
}

void server_state::on(const log_stored& msg) {
  stored_ = msg;
  while (!terms_underway_.empty()
         && terms_underway_.front().first <= *msg.up_to) {
    stored_term_ = terms_underway_.front().second;
    terms_underway_.pop_front();
  }
  post(self_, role_, msg);
}

void server_state::on(const log_room& msg) {
  room_ = msg;
  post(self_, role_, msg);
}

// -- from the role ------------------------------------------------------------

void server_state::on(const leader_known& msg) {
  if (msg.tenure != tenure_ || leader_ == msg.leader)
    return;
  leader_ = msg.leader;
  leader_was_lost_ = leader_ != env_.self.id && connected_.count(leader_) == 0;
  env_.log_to.info("member " + to_string(leader_) + " leads term "
                   + to_string(term_));
  leader_changed();
}

void server_state::leader_changed() {
  if (leader_) {
    if (stopping_ && leader_ == env_.self.id)
      leads_while_it_ends();
    clients_.leader_known();
    leadership_.leader_is(leader_, env_.self.id);
    if (leader_ == env_.self.id)
      tell_all_removed();
  }
  reports_.publish(event(group_event::kind_t::leader));
  progress_of_stop();
  flush_soon();
}

void server_state::on(entries_released& msg) {
  auto moved = msg.commit_index != commit_index_;
  commit_index_ = std::max(commit_index_, msg.commit_index);
  clients_.released(msg);
  post(self_, applier_,
       apply_entries{msg.last, std::move(msg.content),
                     clients_.waits_for_answers()});
  membership_.commit_reached(commit_index_);
  if (!membership_.empty())
    flush_soon();
  if (moved)
    reports_.publish(event(group_event::kind_t::commit));
  // Others have answered, so that it is known who can take over.
  has_committed_ |= moved;
  if (moved && std::exchange(hands_over_at_commit_, false) && running())
    post(self_, role_, begin_transfer{request_id{}, server_id{}});
}

// -- from the applier ---------------------------------------------------------

void server_state::on(entries_applied& msg) {
  applied_index_ = msg.last;
  clients_.applied(msg, applier_);
  snapshots_.applied(msg);
  take_snapshot_if_due();
  // One that came before the entries that it covers were applied.
  if (snapshot_ && *snapshot_ && told_snapshot_ != *snapshot_)
    tell_role_of_snapshot();
  progress_of_stop();
}

void server_state::on(queries_answered& msg) {
  clients_.answered(msg);
  progress_of_stop();
}

// -- from clients -------------------------------------------------------------

void server_state::on(submit& msg) {
  if (removed_at_) {
    refuse_as_removed(msg);
  } else if (msg.kind == request_kind::local_query) {
    clients_.query_locally(msg, applier_);
    arm();
  } else if (clients_.add(msg, now(self_))) {
    flush_soon();
  }
}

void server_state::flush_soon() {
  if (flush_pending_)
    return;
  flush_pending_ = true;
  post_self(self_, flush{});
}

void server_state::on(flush) {
  flush_pending_ = false;
  clients_.pass_on(way());
  membership_.pass_on(way());
  arm();
  progress_of_stop();
}

way_to_leader server_state::way() const {
  way_to_leader result;
  if (!running() || handing_over_ || !leader_ || has_left(leader_))
    return result;
  result.leader = leader_;
  result.term = term_;
  if (leader_ == env_.self.id)
    result.role = role_;
  else if (auto i = peers_.find(leader_); i != peers_.end()
                                          && connected_.count(leader_) > 0
                                          && !leader_was_lost_)
    // Without a connection what is passed on would be lost, and so unknown.
    result.peer = i->second;
  return result;
}

void server_state::on(const transfer_leadership& msg) {
  auto limit = msg.time_left.count() > 0 ? msg.time_left
                                         : env_.cfg.request_timeout;
  // Numbers of transfers asked for here and elsewhere do not mix.
  auto id = ++last_transfer_;
  leadership_.add(msg, id, now(self_) + limit);
  arm();
  auto to_leader = way();
  if (leader_ && msg.to == leader_)
    leadership_.leader_is(leader_, env_.self.id);
  else if (!to_leader)
    leadership_.refuse(id, {errc::no_leader, "no leader is known"});
  else if (to_leader.role)
    post(self_, role_, begin_transfer{id, msg.to});
  else
    send(leader_, request_transfer{env_.self, term_, id, msg.to});
}

void server_state::on(const ask_is_leader& msg) {
  auto limit = msg.time_left.count() > 0 ? msg.time_left
                                         : env_.cfg.request_timeout;
  leadership_.add(msg, now(self_) + limit);
  arm();
  if (leader_)
    leadership_.leader_is(leader_, env_.self.id);
}

void server_state::on(const subscribe& msg) {
  reports_.add(msg, event(group_event::kind_t::role));
}

group_event server_state::event(group_event::kind_t kind) const {
  auto role = kind_ == core::role_kind::leader      ? role_name::leader
              : kind_ == core::role_kind::candidate ? role_name::candidate
              : kind_ == core::role_kind::pre_candidate
                ? role_name::pre_candidate
                : role_name::follower;
  return {kind, term_, role, leader_, commit_index_};
}

// -- deadlines ----------------------------------------------------------------

/// One pending timer, for the nearest of all deadlines.
void server_state::arm() {
  auto nearest = clients_.next_deadline();
  for (auto& other : {leadership_.next_deadline(), membership_.next_deadline(),
                      snapshots_.next_deadline()})
    if (other && (!nearest || *other < *nearest))
      nearest = other;
  if (stopping_ && (!nearest || stop_deadline_ < *nearest))
    nearest = stop_deadline_;
  if (!nearest || (armed_for_ && *armed_for_ <= *nearest))
    return;
  armed_for_ = nearest;
  wake_at(self_, *nearest, wake{++wake_generation_});
}

void server_state::on(wake msg) {
  if (msg.generation != wake_generation_)
    return;
  armed_for_.reset();
  auto time = now(self_);
  clients_.expire(time);
  leadership_.expire(time);
  membership_.expire(time);
  snapshots_.expire(time);
  take_snapshot_if_due();
  progress_of_stop();
  if (clients_.wants_to_pass_on() || !membership_.empty())
    flush_soon();
  arm();
}

void server_state::send(server_id to, const message& what) const {
  if (auto i = peers_.find(to); i != peers_.end())
    post(self_, i->second, send_frame{wire::encode(env_.group, what)});
}

} // namespace caf::raft

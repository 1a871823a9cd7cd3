#include "caf/raft/core/change_plan.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/server_actor.hpp"

#include <utility>

// Changes of the members: for clients, for other members, and how a member that
// was removed is told and ends.

namespace caf::raft {

namespace {

const char* const removed_text
  = "this member was removed from its group and does nothing any more; ask "
    "another one";

} // namespace

// -- for clients --------------------------------------------------------------

void server_state::on(const change_members& msg) {
  if (auto ok = core::check_request(msg.what); !ok) {
    post(self_, msg.reply_to,
         members_changed{msg.id, ok.error().code, ok.error().text, {}, {}, 0});
    return;
  }
  if (removed_at_) {
    post(self_, msg.reply_to,
         members_changed{msg.id, errc::removed, removed_text, {}, {}, 0});
    return;
  }
  auto limit = msg.time_left.count() > 0 ? msg.time_left
                                         : env_.cfg.request_timeout;
  membership_.add(msg, now(self_) + limit);
  flush_soon();
}

void server_state::refuse_as_removed(const submit& msg) {
  post(self_, msg.reply_to,
       outcome{msg.id, errc::removed, {}, {}, removed_text, {}});
}

// -- for other members --------------------------------------------------------

/// Numbers of changes asked for here and elsewhere do not mix: the desk counts up
/// from somewhere in the lower half, these from the top down.
void server_state::pass_on_change(const request_change& msg) {
  if (auto ok = core::check_request(msg.what); !ok) {
    send(msg.from.id, change_result{env_.self,
                                    term_,
                                    msg.id,
                                    ok.error().code,
                                    ok.error().text,
                                    {},
                                    {},
                                    {}});
    return;
  }
  auto id = request_id{~(++last_change_).value};
  remote_changes_[id] = {msg.from.id, msg.id};
  post(self_, role_, begin_change{id, msg.what});
}

void server_state::on(const change_answered& msg) {
  auto i = remote_changes_.find(msg.what.id);
  if (i == remote_changes_.end()) {
    membership_.decided(msg.what, now(self_) + env_.cfg.heartbeat_interval / 2);
    flush_soon();
    return;
  }
  auto answer = msg.what;
  answer.from = env_.self;
  answer.term = term_;
  answer.id = i->second.id;
  send(i->second.member, answer);
  remote_changes_.erase(i);
}

void server_state::on(const member_seen& msg) {
  if (!msg.unformed) {
    elsewhere_[msg.who.id] = msg;
    forget_who_is_there();
    // It may belong to the cluster only now, behind connections that are there.
    tell_removed(msg.who.id);
  }
  if (running())
    post(self_, role_, msg);
}

/// Only who is elsewhere than its group believes is of interest to the next
/// leader.
void server_state::forget_who_is_there() {
  if (committed_.value == nullptr)
    return;
  std::erase_if(elsewhere_, [this](auto& kvp) {
    auto* known = core::find_member(*committed_.value, kvp.first);
    return known == nullptr || known->address == kvp.second.address;
  });
}

// -- what the log says --------------------------------------------------------

void server_state::on(const members_known& msg) {
  auto is_new = committed_.value != msg.committed.value;
  committed_ = msg.committed;
  post(self_, env_.node,
       configuration_known{env_.group, msg.newest, msg.committed});
  forget_who_is_there();
  // The leader that removed them may not have come to that.
  if (is_new)
    tell_all_removed();
  membership_.committed(msg);
  if (!membership_.empty())
    flush_soon();
  if (was_removed(env_.self.id))
    on_removed(committed_.index);
}

bool server_state::was_removed(server_id id) const {
  return committed_.value != nullptr && !core::is_joint(*committed_.value)
         && core::is_removed(*committed_.value, id);
}

/// Its process ends; without its directory it is taken back.
void server_state::on(const log_is_too_old& msg) {
  if (std::exchange(ended_by_old_log_, true))
    return;
  env_.fatal(
    {errc::storage_failed,
     "the log here ends at entry " + to_string(msg.last)
       + ", but this member has acknowledged entries up to "
       + to_string(msg.acknowledged)
       + " to the leader: an old copy of its directory was put back, or "
         "its disk lost what it had to keep. Remove the directory and "
         "start the member again: the others take it back"});
}

// -- the removed --------------------------------------------------------------

void server_state::tell_removed(server_id id) {
  if (was_removed(id))
    send(id, removal_notice{env_.self, term_, committed_.index});
}

void server_state::tell_all_removed() {
  for (auto id : connected_)
    tell_removed(id);
}

/// Ends as `stop_group` does: what was accepted is answered, and a leader hands
/// over by itself.
void server_state::on_removed(index_t at) {
  if (removed_at_)
    return;
  removed_at_ = at;
  env_.log_to.warning("this member was removed by the configuration at index "
                      + to_string(at) + " and stops");
  if (stopping_)
    return;
  stopping_ = stop_group{};
  stop_deadline_ = now(self_) + 2 * env_.cfg.election_timeout;
  last_stop_deadline_ = stop_deadline_;
  arm();
  // What was committed with it is to be applied and answered first.
  flush_soon();
}

/// The role is gone; the server stays to say so.
void server_state::end_as_removed() {
  log_ = storage::recovered_log{};
  log_->state.term = stored_term_;
  log_->last_index = commit_index_;
  zero_ = nullptr;
  waiting_for_ = removed_text;
  // What the role says of its end is nobody's.
  ++tenure_;
  role_ = nullptr;
  handing_over_ = false;
  leader_ = server_id{};
  not_left_yet_.clear();
  stopping_.reset();
  if (env_.removed)
    env_.removed(env_.group);
}

} // namespace caf::raft

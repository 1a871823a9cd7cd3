#include "caf/raft/server_actor.hpp"

// What a server tells of itself: its status, and pages of its log.

namespace caf::raft {

// -- status and log -----------------------------------------------------------

void server_state::on(const get_status& msg) {
  ask_for_report(reports_.ask(msg));
}

void server_state::on(const get_log& msg) {
  ask_for_report(reports_.ask(msg));
}

void server_state::ask_for_report(request_id id) {
  if (running())
    post(self_, role_, report_role{id});
  else if (log_)
    report(id, status_without_role());
  else
    held_reports_.push_back(id);
}

void server_state::on(const role_report& msg) {
  auto value = msg.value;
  value.cluster = cluster_;
  value.applied_index = std::min(applied_index_, value.commit_index);
  value.snapshot_index = std::min(value.snapshot_index, value.applied_index);
  value.trouble = room_.trouble;
  value.stages = clients_.stages();
  if (loading_)
    value.waiting_for = "the snapshot is being loaded";
  // Terms that are not on disk yet may be forgotten by a crash: what is shown
  // never goes back.
  if (value.term != stored_term_) {
    value.term = stored_term_;
    value.leader = server_id{};
    value.role = role_name::follower;
    value.peers.clear();
    value.leader_uptime.reset();
  }
  report(msg.id, value);
}

status server_state::status_without_role() const {
  status result;
  result.group = env_.group;
  result.id = env_.self.id;
  result.incarnation = env_.self.incarnation;
  result.cluster = cluster_;
  if (log_) {
    result.term = log_->state.term;
    result.first_index = log_->base.index + 1;
    result.last_index = log_->last_index;
  }
  if (removed_at_) {
    result.commit_index = commit_index_;
    result.applied_index = std::min(applied_index_, commit_index_);
  }
  result.waiting_for = waiting_for_;
  result.trouble = room_.trouble;
  result.stages = clients_.stages();
  return result;
}

void server_state::report(request_id id, const status& value) {
  auto* page = reports_.page(id, value);
  if (page == nullptr) {
    reports_.answer(id, value);
  } else if (page->first == page->last) {
    reports_.answer_page(id, log_read{id, page->first, entries{}});
  } else {
    log_read_receiver me = actor_cast<server_actor>(self_);
    post(self_, env_.reader,
         read_log{id, env_.group, page->first, page->last, 4 << 20, me});
  }
}

void server_state::on(const log_read& msg) {
  reports_.answer_page(msg.id, msg);
}

} // namespace caf::raft

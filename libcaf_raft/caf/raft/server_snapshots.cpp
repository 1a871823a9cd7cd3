#include "caf/raft/core/snapshots.hpp"
#include "caf/raft/server_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// The snapshots of a member: when one is taken, and what follows from one that
// came from another member.

namespace caf::raft {

// -- at the start -------------------------------------------------------------

void server_state::on(const snapshot_recovered& msg) {
  if (!msg.newest) {
    env_.log_to.error(msg.newest.error().text);
    env_.fatal(msg.newest.error());
    return;
  }
  auto& found = *msg.newest;
  snapshot_ = found ? std::make_shared<const snapshot_head>(*found)
                    : snapshot_head_ptr{};
  begin();
}

bool server_state::begin_with_snapshot(baton& first) {
  auto& tenure = first.tenure;
  auto head = *snapshot_;
  auto base = tenure.log.base();
  if (base.index && (!head || head->last.index < base.index)) {
    failure why{
      errc::storage_failed,
      fmt::format("the log of group {} begins behind entry {}, but the "
                  "snapshot of what is before it is missing. Nothing "
                  "was changed. If other members hold this log, move "
                  "the data directory away and let this one come back "
                  "with an empty one",
                  env_.group.value, base.index.value)};
    env_.log_to.error(why.text);
    env_.fatal(why);
    return false;
  }
  start_applying order{head, base, tenure.log.configuration_at(base.index)};
  if (head) {
    loading_ = true;
    // An earlier process may have ended between the two.
    if (auto what = core::install_found(tenure, head)) {
      env_.log_to.info("the log is replaced by snapshot "
                       + to_string(head->last));
      post(self_, env_.log, store{std::move(*what)});
    }
    tenure.installing = write_id{};
    snapshots_.have(*head);
  }
  first.released = std::max(first.released, tenure.commit_index);
  post(self_, applier_, std::move(order));
  return true;
}

void server_state::adopt_snapshot(baton& with, core::tenure& next) {
  if (!snapshot_ || !*snapshot_)
    return;
  auto& head = *snapshot_;
  auto what = core::install_found(next, head);
  if (!what)
    return;
  env_.log_to.info("the log is replaced by snapshot " + to_string(head->last));
  with.released = std::max(with.released, head->last.index);
  post(self_, env_.log, store{std::move(*what)});
}

// -- taking one ---------------------------------------------------------------

void server_state::on(const request_snapshot& msg) {
  auto limit = msg.time_left.count() > 0 ? msg.time_left
                                         : env_.cfg.request_timeout;
  snapshots_.add(msg, now(self_) + limit);
  auto is_there = snapshot_ && *snapshot_ && !snapshots_.is_under_way()
                  && (*snapshot_)->last.index == applied_index_;
  if (is_there)
    snapshots_.have(**snapshot_);
  take_snapshot_if_due();
  arm();
}

void server_state::take_snapshot_if_due() {
  if (!snapshots_.is_due(now(self_)))
    return;
  snapshots_.begun();
  post(self_, applier_, take_snapshot{});
}

void server_state::on(const snapshot_taken& msg) {
  snapshots_.ended(msg.head, now(self_));
  auto is_newest = msg.head
                   && (!*snapshot_
                       || msg.head->last.index > (*snapshot_)->last.index);
  if (is_newest) {
    snapshot_ = std::make_shared<const snapshot_head>(*msg.head);
    tell_role_of_snapshot();
  }
  take_snapshot_if_due();
  arm();
}

/// Only when the state machine has all that it covers are entries to go that it
/// would otherwise be fed with.
void server_state::tell_role_of_snapshot() {
  if (role_ && snapshot_ && *snapshot_
      && (*snapshot_)->last.index <= applied_index_) {
    told_snapshot_ = *snapshot_;
    post(self_, role_, snapshot_stored{*snapshot_});
  }
}

// -- one from another member --------------------------------------------------

void server_state::on(const chunk_received& msg) {
  // A newer one, whatever becomes of it: what it replaced is not there any more.
  auto is_newer = msg.complete && snapshot_
                  && (!*snapshot_
                      || msg.head->last.index > (*snapshot_)->last.index);
  if (is_newer)
    snapshot_ = msg.head;
  post(self_, role_, msg);
}

void server_state::on(const snapshot_installed& msg) {
  commit_index_ = std::max(commit_index_, msg.head->last.index);
  membership_.jumped_to(commit_index_);
  if (!membership_.empty())
    flush_soon();
  loading_ = true;
  post(self_, applier_, load_snapshot{msg.head});
  reports_.publish(event(group_event::kind_t::commit));
}

void server_state::on(const snapshot_loaded& msg) {
  loading_ = false;
  env_.log_to.info("the state machine has loaded snapshot "
                   + to_string(msg.what->last));
  entries_applied report;
  report.last = msg.what->last.index;
  applied_index_ = std::max(applied_index_, report.last);
  clients_.applied(report, applier_);
  snapshots_.begin_behind(*msg.what);
  tell_role_of_snapshot();
  progress_of_stop();
}

} // namespace caf::raft

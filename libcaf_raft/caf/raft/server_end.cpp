#include "caf/raft/server_actor.hpp"

// How a member of a group ends, and how the others are told.
//
// Clients' requests are on their way to it, and its answers on their way back,
// over two connections: who sees one of them end does not know what the other
// would have brought. So it says farewell before it goes, behind the last answer,
// and stays until that was heard.

namespace caf::raft {

void server_state::on(const stop_group& msg) {
  if (stopping_ && stopping_->reply_to) {
    post(self_, msg.reply_to, stopped{});
    return;
  }
  stopping_ = msg;
  stop_deadline_ = now(self_) + msg.time_left;
  last_stop_deadline_ = stop_deadline_;
  if (running() && leader_ == env_.self.id && !handing_over_) {
    // Before that nobody has answered, and it is not known who can take over.
    hands_over_at_commit_ = !has_committed_;
    if (has_committed_)
      post(self_, role_, begin_transfer{request_id{}, server_id{}});
  }
  progress_of_stop();
  arm();
}

/// Ends when another member leads, or none can, nobody waits here any more, and
/// no other member waits for us.
void server_state::progress_of_stop() {
  if (!stopping_)
    return;
  auto leads = running() && kind_ == core::role_kind::leader;
  auto late = now(self_) >= stop_deadline_;
  auto free = !handing_over_ && clients_.empty() && membership_.empty();
  if (late || (free && (leads ? leads_to_the_end_ : said_farewell())))
    finish();
}

/// Says it to whoever is connected, once.
/// @returns Whether all have heard it.
bool server_state::said_farewell() {
  if (!farewell_said_) {
    farewell_said_ = true;
    // Who sleeps hears nothing; that shall not keep us for long.
    stop_deadline_ = std::min(stop_deadline_,
                              now(self_) + env_.cfg.election_timeout);
    if (running())
      not_left_yet_ = connected_;
    for (auto id : not_left_yet_)
      send(id, farewell{env_.self, term_});
    arm();
  }
  return not_left_yet_.empty();
}

/// What it said as a follower is over. It takes what waits here, commits, and hands
/// over.
void server_state::leads_while_it_ends() {
  farewell_said_ = false;
  hands_over_at_commit_ = true;
  stop_deadline_ = last_stop_deadline_;
}

void server_state::on_farewell(const farewell& msg) {
  auto& last = left_in_[msg.from.id];
  last = std::max(last, msg.term);
  clients_.refused_all(msg.from.id, msg.term);
  membership_.refused_all(msg.from.id, msg.term);
  send(msg.from.id, farewell_result{env_.self, term_});
  flush_soon();
}

void server_state::on_farewell_heard(server_id by) {
  not_left_yet_.erase(by);
  progress_of_stop();
}

bool server_state::has_left(server_id id) const {
  auto i = left_in_.find(id);
  return i != left_in_.end() && i->second >= term_;
}

void server_state::finish() {
  clients_.close();
  leadership_.close();
  snapshots_.close();
  membership_.close();
  if (running())
    post(self_, role_, end_tenure{});
  if (!stopping_->reply_to)
    return end_as_removed();
  post(self_, applier_, stop{});
  post(self_, env_.node, remove_group{env_.group});
  post(self_, stopping_->reply_to, stopped{});
  stopping_.reset();
  self_->quit();
}

} // namespace caf::raft

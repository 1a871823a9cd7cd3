#include "caf/raft/leader_actor.hpp"
#include "caf/raft/wire/codec.hpp"

#include <algorithm>

// What a leader sends: entries, and how far they are committed.

namespace caf::raft {

namespace {

/// How long the newest commit index waits for entries to travel with.
constexpr auto notice_delay = std::chrono::milliseconds(10);

} // namespace

// -- entries ------------------------------------------------------------------

void leader_state::pump() {
  if (desk_.over())
    return;
  if (auto what = core::take_write(rules_))
    desk_.store(std::move(*what));
  for (auto& [id, unused] : rules_.peers)
    pump(id);
}

void leader_state::pump(server_id peer) {
  auto now = desk_.now();
  // What is being read for a member leaves before anything behind it.
  while (reading_.count(peer) == 0) {
    auto order = core::next_append(rules_, peer, now, desk_.cfg());
    if (!order)
      return pump_snapshot(peer);
    send_append(peer, *order);
  }
}

void leader_state::send_append(server_id peer,
                               const core::append_order& order) {
  auto content = rules_.self.log.recent(order.first, order.last,
                                        desk_.cfg().max_append_bytes,
                                        desk_.cfg().max_append_entries);
  if (order.first == order.last)
    content = entries{};
  if (content) {
    send_entries(peer, order, *content);
    return;
  }
  auto id = ++last_read_;
  reading_[peer] = {id, order};
  log_read_receiver me = actor_cast<role_actor>(self_);
  post(self_, desk_.reader(),
       read_log{id, rules_.self.group, order.first, order.last,
                desk_.cfg().max_append_bytes, me});
}

void leader_state::send_entries(server_id peer, const core::append_order& order,
                                const entries& content) {
  auto last = order.first + content.size();
  if (last < order.last)
    core::sent_less(rules_, peer, order, last);
  auto commit = rules_.self.commit_index;
  told_[peer] = std::max(told_[peer], std::min(commit, last - 1));
  auto& x = newest_frame_;
  if (!x.frame || x.prev != order.prev || x.last != last
      || x.commit != commit) {
    append_entries head{rules_.self.self, rules_.self.term, rules_.self.number,
                        order.prev,       commit,           {}};
    x = {order.prev, last, commit,
         wire::encode_append(rules_.self.group, head, content)};
  }
  desk_.send(peer, x.frame);
}

void leader_state::on(const log_read& msg) {
  auto i = std::find_if(reading_.begin(), reading_.end(),
                        [&](auto& kv) { return kv.second.id == msg.id; });
  if (desk_.over() || i == reading_.end())
    return;
  auto peer = i->first;
  auto order = i->second.order;
  reading_.erase(i);
  if (!msg.content) {
    // An entry that cannot be read must not become a gap: nothing is sent.
    // It may have gone in the meantime: then a snapshot is due.
    if (msg.content.error().code != errc::compacted)
      desk_.log().error("cannot read entries for member " + to_string(peer)
                        + ": " + msg.content.error().text);
    core::sent_less(rules_, peer, order, order.first);
    return;
  }
  send_entries(peer, order, *msg.content);
  pump(peer);
}

// -- commits ------------------------------------------------------------------

/// Where someone waits for a commit, it is told at once: up to what that member
/// has acknowledged.
void leader_state::notice_commit() {
  for (auto i = awaited_.begin(); i != awaited_.end();) {
    auto commit = core::commit_for(rules_, i->first);
    if (commit < i->second) {
      ++i;
      continue;
    }
    send_notice(i->first, commit);
    i = awaited_.erase(i);
  }
}

void leader_state::send_notice(server_id to, index_t commit) {
  told_[to] = std::max(told_[to], commit);
  desk_.send(to, rules_.self.group,
             commit_notice{rules_.self.self, rules_.self.term,
                           rules_.self.number, commit});
}

/// Under load the next entries tell what is committed; when they stop, nobody
/// waits for a heartbeat to hear of the last ones.
void leader_state::notice_soon() {
  if (notice_pending_)
    return;
  notice_pending_ = true;
  wake_at(self_, desk_.now() + notice_delay, wake{notice_timer});
}

void leader_state::notice_everyone() {
  notice_pending_ = false;
  for (auto& [id, unused] : rules_.peers) {
    auto commit = core::commit_for(rules_, id);
    if (commit > told_[id])
      send_notice(id, commit);
  }
  forget_removed();
}

} // namespace caf::raft

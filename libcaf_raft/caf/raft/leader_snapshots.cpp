#include "caf/raft/core/snapshots.hpp"
#include "caf/raft/leader_actor.hpp"

#include <algorithm>
#include <utility>

// Snapshots for followers that need entries which are gone (§5.2).

namespace caf::raft {

namespace {

/// Followers that are slow, but there, hold up compaction by as many snapshots'
/// worth of entries.
constexpr uint64_t held_snapshots = 4;

/// A transfer that stands still for so many election timeouts holds nothing up.
constexpr int patience = 10;

} // namespace

void leader_state::shorten_log() {
  // Writes reach the log in the order of their numbers: what was appended in this
  // turn is older than what makes it shorter.
  if (auto what = core::take_write(rules_))
    desk_.store(std::move(*what));
  desk_.stored(rules_.self, needed_by_followers());
}

/// Timers cannot be called back: those that were replaced change nothing.
void leader_state::on_snapshots_due() {
  if (!snapshots_due_ || desk_.now() < *snapshots_due_)
    return;
  snapshots_due_.reset();
  for (auto& [id, unused] : rules_.peers)
    pump_snapshot(id);
}

void leader_state::pump_snapshot(server_id peer) {
  auto i = rules_.peers.find(peer);
  if (i == rules_.peers.end() || !rules_.self.snapshot
      || i->second.state() != core::progress::state_t::snapshot)
    return;
  auto now = desk_.now();
  auto& to = sender_for(peer);
  auto head = to.head();
  if (to.wants_to_ask(now, desk_.cfg()))
    send_chunk(peer, head, head->chunks(), nullptr);
  chunk_receiver me = actor_cast<role_actor>(self_);
  while (auto number = to.next_chunk(now, desk_.cfg()))
    post(self_, desk_.snapshotter(),
         read_chunk{rules_.self.group, head, *number, me, peer});
  if (auto due = to.due(desk_.cfg()))
    wake_for_snapshots(*due);
}

/// Goes on with what was begun as long as the entries behind it are there.
core::snapshot_sender& leader_state::sender_for(server_id peer) {
  auto& newest = rules_.self.snapshot;
  auto i = senders_.find(peer);
  auto first = rules_.self.log.base().index;
  if (i != senders_.end() && i->second.head()->last.index < first) {
    senders_.erase(i);
    i = senders_.end();
  }
  if (i == senders_.end()) {
    desk_.log().info("member " + to_string(peer)
                     + " lacks entries that are gone: it is sent snapshot "
                     + to_string(newest->last));
    i = senders_.emplace(peer, core::snapshot_sender{newest, desk_.now()})
          .first;
  }
  return i->second;
}

void leader_state::send_chunk(server_id peer, const snapshot_head_ptr& head,
                              uint64_t number, const chunk_ptr& chunk) {
  desk_.send(peer, rules_.self.group,
             install_snapshot{rules_.self.self, rules_.self.term,
                              rules_.self.number, *head, number, chunk});
}

/// One timer, for the nearest.
void leader_state::wake_for_snapshots(time_point when) {
  if (snapshots_due_ && *snapshots_due_ <= when)
    return;
  snapshots_due_ = when;
  wake_at(self_, when, wake{snapshot_timer});
}

void leader_state::on(const chunk_read& msg) {
  auto i = senders_.find(msg.asked_for);
  if (desk_.over() || i == senders_.end()
      || !i->second.head()->is_same(*msg.head))
    return;
  if (msg.chunk)
    return send_chunk(i->first, msg.head, msg.number, *msg.chunk);
  // A newer one has taken its place; with the next heartbeat it is sent.
  senders_.erase(i);
}

void leader_state::on(const install_result& msg) {
  auto* from = desk_.over() ? nullptr : core::find_counted(rules_, msg.from);
  auto i = senders_.find(msg.from.id);
  if (from == nullptr)
    return;
  from->heard(desk_.now());
  if (i == senders_.end() || i->second.head()->last != msg.last)
    return;
  if (msg.code == errc::none)
    i->second.on_result(msg.next, desk_.now());
  else
    i->second.on_no_room(desk_.now());
  pump_snapshot(msg.from.id);
}

void leader_state::on(const snapshot_stored& msg) {
  if (desk_.over())
    return;
  core::snapshot_available(rules_.self, msg.head);
  shorten_log();
}

void leader_state::forget_sender_if_done(server_id peer) {
  auto i = senders_.find(peer);
  auto to = rules_.peers.find(peer);
  if (i == senders_.end() || to == rules_.peers.end()
      || to->second.match_index() < i->second.head()->last.index)
    return;
  desk_.log().info("member " + to_string(peer) + " has installed snapshot "
                   + to_string(i->second.head()->last));
  senders_.erase(i);
}

index_t leader_state::needed_by_followers() const {
  auto& log = rules_.self.log;
  auto result = log.last_index();
  if (!rules_.self.snapshot)
    return result;
  auto now = desk_.now();
  auto limit = desk_.cfg().election_timeout;
  for (auto& [id, x] : rules_.peers) {
    auto i = senders_.find(id);
    auto is_there = now - x.last_heard() < limit;
    auto is_sent_one = i != senders_.end();
    if (is_sent_one
        && (is_there || now - i->second.last_progress() < patience * limit))
      result = std::min(result, i->second.head()->last.index);
    else if (!is_sent_one && is_there)
      result = std::min(result, x.match_index());
  }
  auto covered = rules_.self.snapshot->last.index;
  auto most = held_snapshots
              * std::max<uint64_t>(desk_.cfg().snapshot_entries,
                                   core::compaction_slice);
  return std::max(result, covered - std::min(most, covered.value));
}

} // namespace caf::raft

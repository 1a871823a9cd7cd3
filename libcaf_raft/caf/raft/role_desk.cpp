#include "caf/raft/role_desk.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/snapshots.hpp"
#include "caf/raft/wire/codec.hpp"

#include <variant>

namespace caf::raft {

role_desk::role_desk(scheduled_actor* self, const role_setup& setup)
  : self_(self),
    cfg_(setup.cfg),
    server_(setup.server),
    log_(setup.log),
    reader_(setup.reader),
    snapshotter_(setup.snapshotter),
    peers_(setup.peers),
    log_to_(setup.log_to),
    room_(setup.begin_with->room),
    released_(setup.begin_with->released) {
  newest_ = setup.begin_with->newest;
  committed_ = setup.begin_with->committed;
  // A snapshot may have been adopted between two roles.
  note_members(setup.begin_with->tenure);
}

void role_desk::send(server_id to, group_id group, const message& what) const {
  auto by = std::holds_alternative<install_snapshot>(what) ? lane::bulk
                                                           : lane::messages;
  send(to, wire::encode(group, what), by);
}

void role_desk::send(server_id to, const wire::frame_ptr& what, lane by) const {
  if (auto i = peers_.find(to); i != peers_.end())
    post(self_, i->second, send_frame{what, by});
}

void role_desk::store(log_write what) {
  CAF_RAFT_ASSERT(what.number > last_write_);
  last_write_ = what.number;
  room_.handed_over(what.number, size_in_bytes(what.append));
  post(self_, log_, raft::store{std::move(what)});
}

void role_desk::note_members(const core::tenure& tenure) {
  auto& log = tenure.log;
  auto& newest = log.newest_configuration();
  auto& committed = log.configuration_at(tenure.commit_index);
  if (newest.value == newest_.value && committed.value == committed_.value)
    return;
  members_known result{newest, committed, {}};
  // Those that a snapshot covers are not there one by one.
  for (auto at = committed.index;
       at > committed_.index && at > log.base().index;
       at = log.configuration_at(at - 1).index)
    result.reached.push_back({log.term_at(at).value_or(term_t{}), at});
  newest_ = newest;
  committed_ = committed;
  tell_server(std::move(result));
}

void role_desk::release(const core::tenure& tenure) {
  note_members(tenure);
  // (The index is read whenever it may have moved.)
  auto durable = tenure.log.durable_index();
  durable_.forget_behind(durable);
  durable_.add({durable, now(), {}});
  auto last = core::applicable_index(tenure);
  if (last <= released_)
    return;
  auto content = tenure.log.recent(released_ + 1, last + 1, SIZE_MAX, SIZE_MAX);
  auto on_disk = durable_.find(last);
  tell_server(entries_released{tenure.commit_index, last,
                               content ? std::move(*content) : entries{},
                               on_disk ? on_disk->stored : time_point{}});
  released_ = last;
  durable_.forget_up_to(last);
}

void role_desk::stored(core::tenure& tenure, index_t needed) {
  if (auto head = core::installed(tenure))
    tell_server(snapshot_installed{head});
  release(tenure);
  if (auto what = core::next_compaction(tenure, needed, cfg_))
    store(std::move(*what));
}

void role_desk::refuse(const begin_change& msg) const {
  change_result result;
  result.id = msg.id;
  result.code = errc::no_leader;
  tell_server(change_answered{std::move(result)});
}

void role_desk::wake_at(time_point when) {
  raft::wake_at(self_, when, wake{++generation_});
}

void role_desk::hand_over(core::tenure&& tenure, core::role_kind next,
                          bool transfer, std::shared_ptr<message> unread) {
  CAF_RAFT_ASSERT(!over_);
  over_ = true;
  note_members(tenure);
  auto number = tenure.number;
  auto handed_over = std::make_shared<baton>(
    baton{std::move(tenure), std::move(room_), released_, newest_, committed_});
  tell_server(tenure_over{number, std::move(handed_over), next, transfer,
                          std::move(unread)});
}

status describe(const core::tenure& tenure, role_name role) {
  status result;
  result.group = tenure.group;
  result.id = tenure.self.id;
  result.incarnation = tenure.self.incarnation;
  result.role = role;
  result.term = tenure.term;
  result.leader = tenure.leader;
  result.commit_index = tenure.commit_index;
  result.first_index = tenure.log.first_index();
  result.last_index = tenure.log.last_index();
  if (tenure.snapshot)
    result.snapshot_index = tenure.snapshot->last.index;
  result.members = tenure.log.newest_configuration();
  auto last = result.last_index;
  if (auto found = tenure.log.recent(last, last + 1, SIZE_MAX, 1);
      found && !found->empty())
    result.last_entry = found->back();
  return result;
}

} // namespace caf::raft

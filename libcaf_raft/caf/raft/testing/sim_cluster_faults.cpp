#include "caf/raft/assert.hpp"
#include "caf/raft/testing/sim_cluster.hpp"

#include <utility>

namespace caf::raft::testing {

// -- processes ----------------------------------------------------------------

void sim_cluster::pause(server_id id) {
  tell(member_paused{id});
  members_.at(id).paused = true;
}

void sim_cluster::resume(server_id id) {
  auto& x = members_.at(id);
  if (!std::exchange(x.paused, false))
    return;
  tell(member_resumed{id});
  if (x.life)
    fire_due(x);
}

void sim_cluster::jump_clock(server_id id, timespan by) {
  auto& x = members_.at(id);
  tell(clock_jumped{id, by});
  x.clock.own_origin += by;
  if (is_active(x))
    fire_due(x);
}

// -- disks --------------------------------------------------------------------

void sim_cluster::stall_disk(server_id id) {
  auto& x = members_.at(id);
  CAF_RAFT_ASSERT(x.life);
  tell(disk_changed{id, disk_change::stalled});
  if (!x.disk_busy_until)
    x.life->sys().hold(x.life->log_job());
  x.disk_busy_until = time_point::max();
}

void sim_cluster::release_disk(server_id id) {
  auto& x = members_.at(id);
  if (!x.life || x.disk_busy_until != time_point::max())
    return;
  tell(disk_changed{id, disk_change::released});
  x.life->sys().release(x.life->log_job());
  x.disk_busy_until.reset();
  x.disk_awake = true;
}

void sim_cluster::slow_disk(server_id id, timespan by) {
  auto milliseconds = by / std::chrono::milliseconds(1);
  tell(
    disk_changed{id, disk_change::slowed, static_cast<uint64_t>(milliseconds)});
  members_.at(id).disk_slower_by = by;
}

void sim_cluster::stall_reader(server_id id) {
  auto& sys = life(id).sys();
  auto* job = life(id).reader_job();
  tell(disk_changed{id, disk_change::reader_stalled});
  if (!sys.is_held(job))
    sys.hold(job);
}

void sim_cluster::release_reader(server_id id) {
  if (!is_up(id))
    return;
  tell(disk_changed{id, disk_change::reader_released});
  life(id).sys().release(life(id).reader_job());
}

void sim_cluster::fail_disk(server_id id) {
  tell(disk_changed{id, disk_change::fails_next});
  disk(id).fail_next();
}

void sim_cluster::fill_disk(server_id id, size_t room) {
  tell(disk_changed{id, disk_change::filled, room});
  disk(id).fill(room);
  disk(id).snapshots().fill();
}

void sim_cluster::clear_disk(server_id id) {
  if (disk(id).is_full())
    tell(disk_changed{id, disk_change::cleared});
  disk(id).clear_space();
  disk(id).snapshots().clear_space();
}

void sim_cluster::damage(server_id id, group_id group, index_t index) {
  tell(disk_changed{id, disk_change::damaged, index.value});
  disk(id).damage(group, index);
}

void sim_cluster::wipe(server_id id) {
  CAF_RAFT_ASSERT(!is_up(id));
  tell(disk_changed{id, disk_change::wiped});
  disk(id).wipe(incarnation_t{rng_() | 1});
}

} // namespace caf::raft::testing

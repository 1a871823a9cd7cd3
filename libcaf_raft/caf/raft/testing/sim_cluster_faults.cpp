#include "caf/raft/assert.hpp"
#include "caf/raft/testing/sim_cluster.hpp"

#include <fmt/format.h>

#include <utility>

namespace caf::raft::testing {

// -- processes ----------------------------------------------------------------

void sim_cluster::pause(server_id id) {
  trace(fmt::format("pause {}", id.value));
  members_.at(id).paused = true;
}

void sim_cluster::resume(server_id id) {
  auto& x = members_.at(id);
  if (!std::exchange(x.paused, false))
    return;
  trace(fmt::format("resume {}", id.value));
  if (x.life)
    fire_due(x);
}

void sim_cluster::jump_clock(server_id id, timespan by) {
  auto& x = members_.at(id);
  trace(fmt::format("clock of {} jumps by {} ms", id.value,
                    by / std::chrono::milliseconds(1)));
  x.clock.own_origin += by;
  if (is_active(x))
    fire_due(x);
}

// -- disks --------------------------------------------------------------------

void sim_cluster::stall_disk(server_id id) {
  auto& x = members_.at(id);
  CAF_RAFT_ASSERT(x.life);
  trace(fmt::format("stall disk {}", id.value));
  if (!x.disk_busy_until)
    x.life->sys().hold(x.life->log_job());
  x.disk_busy_until = time_point::max();
}

void sim_cluster::release_disk(server_id id) {
  auto& x = members_.at(id);
  if (!x.life || x.disk_busy_until != time_point::max())
    return;
  trace(fmt::format("release disk {}", id.value));
  x.life->sys().release(x.life->log_job());
  x.disk_busy_until.reset();
  x.disk_awake = true;
}

void sim_cluster::slow_disk(server_id id, timespan by) {
  trace(fmt::format("disk of {} is slower by {} ms", id.value,
                    by / std::chrono::milliseconds(1)));
  members_.at(id).disk_slower_by = by;
}

void sim_cluster::stall_reader(server_id id) {
  auto& sys = life(id).sys();
  auto* job = life(id).reader_job();
  trace(fmt::format("stall reader {}", id.value));
  if (!sys.is_held(job))
    sys.hold(job);
}

void sim_cluster::release_reader(server_id id) {
  if (!is_up(id))
    return;
  trace(fmt::format("release reader {}", id.value));
  life(id).sys().release(life(id).reader_job());
}

} // namespace caf::raft::testing

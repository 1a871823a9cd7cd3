#include "caf/raft/testing/swarm_faults.hpp"

#include <algorithm>

namespace caf::raft::testing {

bool swarm_faults::stall_disk() {
  auto id = victim();
  if (!sim_.is_up(id))
    return false;
  sim_.stall_disk(id);
  later([this, id] { sim_.release_disk(id); });
  return true;
}

bool swarm_faults::slow_disk() {
  auto id = victim();
  sim_.slow_disk(id, draw(std::chrono::milliseconds(200)));
  later([this, id] { sim_.slow_disk(id, {}); });
  return true;
}

bool swarm_faults::stall_reader() {
  auto id = victim();
  if (!sim_.is_up(id))
    return false;
  sim_.stall_reader(id);
  later([this, id] { sim_.release_reader(id); });
  return true;
}

bool swarm_faults::fail_disk() {
  auto id = victim();
  if (!sim_.is_up(id))
    return false;
  sim_.fail_disk(id);
  restart_later(id);
  return true;
}

bool swarm_faults::fill_disk() {
  auto id = victim();
  sim_.fill_disk(id, sim_.rng()() % (2 << 20));
  later([this, id] { sim_.clear_disk(id); });
  return true;
}

/// Of what is committed, or it might be overwritten and good again.
bool swarm_faults::rot() {
  auto id = victim();
  auto last = sim_.view(id).commit_index;
  if (!can_lose(id) || !sim_.is_up(id) || !last)
    return false;
  sim_.damage(id, group_id{1}, index_t{1 + sim_.rng()() % last.value});
  rotten_.insert(id);
  return true;
}

/// While a cluster forms, losing the only one that knows it would be its end.
bool swarm_faults::wipe() {
  auto id = victim();
  auto formed = [this](server_id x) {
    return bool{sim_.disk(x).who().cluster};
  };
  auto all = sim_.ids();
  if (!can_lose(id) || !std::all_of(all.begin(), all.end(), formed))
    return false;
  if (sim_.is_up(id))
    sim_.crash(id, crash_kind::power);
  sim_.wipe(id);
  restart_later(id);
  return true;
}

} // namespace caf::raft::testing

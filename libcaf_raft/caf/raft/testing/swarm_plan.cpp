#include "caf/raft/testing/swarm_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace caf::raft::testing {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, fault_kinds> names{
  "crash",     "power",      "power-of-all", "pause",        "clock",
  "transfer",  "isolate",    "one-way-cut",  "two-way-cut",  "split",
  "bridge",    "slow-link",  "break",        "abandon",      "garble",
  "stranger",  "stall-disk", "slow-disk",    "stall-reader", "fail-disk",
  "full-disk", "rot",        "wipe",         "add",          "remove",
  "demote",    "promote",    "replace",
};

bool chance(random_source& rng, unsigned percent) {
  return rng() % 100 < percent;
}

size_t draw_members(random_source& rng) {
  constexpr std::array<size_t, 12> sizes{3, 3, 3, 3, 3, 3, 5, 5, 5, 4, 6, 7};
  return sizes[rng() % sizes.size()];
}

settings draw_settings(random_source& rng) {
  settings result;
  result.heartbeat_interval = milliseconds(10 + rng() % 90);
  result.election_timeout = result.heartbeat_interval * (3 + rng() % 10);
  result.pre_vote = !chance(rng, 25);
  result.check_quorum = !chance(rng, 25);
  result.request_timeout = seconds(2);
  if (chance(rng, 50))
    result.max_append_entries = 1 + rng() % 16;
  if (chance(rng, 50))
    result.max_append_bytes = 64 + rng() % 1000;
  if (chance(rng, 50))
    result.max_inflight_messages = 1 + rng() % 4;
  if (chance(rng, 25))
    result.max_inflight_bytes = 64 + rng() % 2000;
  if (chance(rng, 50)) {
    result.min_pipelined_entries = 1 + rng() % 4;
    result.min_pipelined_bytes = 1 + rng() % 200;
  }
  // Old entries are read from the disk then.
  if (chance(rng, 50))
    result.recent_log_bytes = rng() % 2000;
  if (chance(rng, 25))
    result.max_open_requests = 1 + rng() % 4;
  return result;
}

network_conditions draw_network(random_source& rng) {
  network_conditions result;
  result.min_latency = microseconds(20 + rng() % 200);
  result.max_latency = microseconds(200 + rng() % 20'000);
  result.split_percent = rng() % 50;
  if (chance(rng, 30))
    result.slow_permille = 1 + rng() % 100;
  if (chance(rng, 30))
    result.loss_permille = 1 + rng() % 50;
  result.resend_after = milliseconds(5 + rng() % 200);
  return result;
}

cluster_settings draw_cluster(random_source& rng, uint64_t seed) {
  cluster_settings result;
  result.seed = seed;
  result.members = draw_members(rng);
  result.group = draw_settings(rng);
  result.formed = !chance(rng, 25);
  result.network = draw_network(rng);
  result.min_sync = microseconds(10 + rng() % 1000);
  result.max_sync = result.min_sync + microseconds(rng() % 10'000);
  result.max_drift_ppm = chance(rng, 50) ? 100 : 20'000;
  if (chance(rng, 20))
    result.groups = {group_id{1}, group_id{2}};
  // An election takes a few times what network and disk take.
  auto& timeout = result.group.election_timeout;
  timeout = std::max(timeout,
                     10 * (result.network.max_latency + result.max_sync));
  return result;
}

/// So often that members which are away for a moment need one.
void draw_snapshots(random_source& rng, settings& group) {
  if (chance(rng, 30))
    return;
  group.snapshot_entries = 3 + rng() % 60;
  group.snapshot_keep_entries = rng() % 10;
  group.snapshot_window = 1 + rng() % 4;
}

/// Of one group only: the members of a node's first group are those that are let
/// in, and here all groups have the same.
void draw_changes(random_source& rng, swarm_plan& to) {
  if (chance(rng, 40) || to.cluster.groups.size() > 1)
    return;
  auto percent = static_cast<unsigned>(20 + rng() % 81);
  for (auto i = static_cast<size_t>(first_change); i < fault_kinds; ++i)
    if (chance(rng, percent))
      to.faults.kinds.push_back(static_cast<fault_kind>(i));
}

fault_plan draw_faults(random_source& rng) {
  fault_plan result;
  auto percent = static_cast<unsigned>(10 + rng() % 60);
  for (size_t i = 0; i < static_cast<size_t>(first_change); ++i)
    if (chance(rng, percent))
      result.kinds.push_back(static_cast<fault_kind>(i));
  if (result.kinds.empty())
    result.kinds.push_back(fault_kind::crash);
  result.usual_gap = milliseconds(100 + rng() % 1500);
  result.longest = milliseconds(200 + rng() % 4000);
  result.abrupt_percent = rng() % 100;
  return result;
}

workload_plan draw_workload(random_source& rng) {
  workload_plan result;
  result.clients = 1 + rng() % 10;
  result.keys = 1 + rng() % 5;
  result.usual_pause = milliseconds(5 + rng() % (rng() % 2 == 0 ? 40 : 400));
  result.read_percent = 10 + rng() % 80;
  result.conditional_percent = rng() % 60;
  if (chance(rng, 30))
    result.max_padding = 1 + rng() % 2000;
  result.roam_percent = chance(rng, 50) ? 100 : rng() % 100;
  result.timeout = milliseconds(300 + rng() % 3000);
  return result;
}

} // namespace

std::string_view to_string(fault_kind what) {
  return names[static_cast<size_t>(what)];
}

std::optional<fault_kind> find_fault_kind(std::string_view name) {
  auto i = std::find(names.begin(), names.end(), name);
  if (i == names.end())
    return std::nullopt;
  return static_cast<fault_kind>(i - names.begin());
}

swarm_plan draw_plan(uint64_t seed) {
  // Not the cluster's own source, or what it draws would be the same numbers.
  random_source rng{seed * 0x9e3779b97f4a7c15};
  swarm_plan result;
  result.seed = seed;
  result.cluster = draw_cluster(rng, seed);
  result.faults = draw_faults(rng);
  result.workload = draw_workload(rng);
  result.cluster.write_through = chance(rng, 50);
  if (chance(rng, 30))
    result.cluster.network.repeat_permille = 1 + rng() % 50;
  draw_snapshots(rng, result.cluster.group);
  draw_changes(rng, result);
  return result;
}

std::string describe(const swarm_plan& what) {
  auto ms = [](timespan x) { return x / milliseconds(1); };
  auto& group = what.cluster.group;
  auto result = fmt::format(
    "{} members{}, {} group(s), heartbeat {} ms, election timeout {} ms{}{}, "
    "a snapshot every {} entries, "
    "latency up to {} ms, {} clients, {} keys, faults every {} ms:",
    what.cluster.members, what.cluster.formed ? "" : " (unformed)",
    what.cluster.groups.size(), ms(group.heartbeat_interval),
    ms(group.election_timeout), group.pre_vote ? "" : ", no pre-vote",
    group.check_quorum ? "" : ", no check-quorum", group.snapshot_entries,
    ms(what.cluster.network.max_latency), what.workload.clients,
    what.workload.keys, ms(what.faults.usual_gap));
  for (auto x : what.faults.kinds)
    result += fmt::format(" {}", to_string(x));
  return result;
}

} // namespace caf::raft::testing

#pragma once

#include "caf/raft/testing/sim_cluster.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caf::raft::testing {

/// What can go wrong in a swarm run.
enum class fault_kind : uint8_t {
  /// A process ends and is started again.
  crash,
  /// So does a machine, which loses what was not durable.
  power,
  power_of_all,
  /// A process does nothing for a while; then all that came meanwhile comes at
  /// once.
  pause,
  /// A member's clock goes forward by more than an election timeout.
  clock,
  /// A leader is told to hand over.
  transfer,
  /// A member is cut off: from all, to all, both.
  isolate,
  one_way_cut,
  two_way_cut,
  /// Two parts that do not hear each other.
  split,
  /// The same, but for one member that hears both.
  bridge,
  slow_link,
  break_connection,
  /// One side thinks that a connection is over, and what it sent arrives later
  /// than what it says on the next one.
  abandon,
  /// Bits of what is under way flip.
  garble,
  /// Somebody of another cluster, or who talks nonsense.
  stranger,
  stall_disk,
  slow_disk,
  /// Old entries cannot be read for a while.
  stall_reader,
  /// A write fails, and with it the process.
  fail_disk,
  full_disk,
  /// An old entry cannot be read any more. The member stays down once it knows.
  rot,
  /// A directory is lost. The member has to be taken back.
  wipe,
  /// The members are changed: somebody comes, goes, may vote no more or again,
  /// or all are replaced by others at once. No fault, but as good as one.
  add,
  remove,
  demote,
  promote,
  replace,
};

inline constexpr auto first_change = fault_kind::add;

inline constexpr size_t fault_kinds = static_cast<size_t>(fault_kind::replace)
                                      + 1;

std::string_view to_string(fault_kind what);

/// The kind of fault with this name, if there is one.
std::optional<fault_kind> find_fault_kind(std::string_view name);

struct fault_plan {
  /// A run with few kinds finds what one with all kinds hides. No plan that is
  /// drawn is without any.
  std::vector<fault_kind> kinds;
  /// From one fault to the next, on average.
  timespan usual_gap{};
  /// Until it is mended, at most.
  timespan longest{};
  /// How many in a hundred happen between any two messages rather than when all
  /// is quiet.
  unsigned abrupt_percent = 0;
};

struct workload_plan {
  size_t clients = 1;
  size_t keys = 1;
  /// Of one client, between two operations, on average.
  timespan usual_pause{};
  unsigned read_percent = 50;
  /// Of writes.
  unsigned conditional_percent = 30;
  /// How many bytes values are padded to, at most.
  size_t max_padding = 0;
  /// How many operations in a hundred go to another member than the last one.
  unsigned roam_percent = 100;
  timespan timeout{};
};

/// All that a swarm run draws before it begins.
struct swarm_plan {
  uint64_t seed = 0;
  cluster_settings cluster;
  fault_plan faults;
  workload_plan workload;
};

/// The same seed gives the same plan.
swarm_plan draw_plan(uint64_t seed);

/// One line for a person.
std::string describe(const swarm_plan& what);

} // namespace caf::raft::testing

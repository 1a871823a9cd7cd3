#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caf::raft {

enum class role_name : uint8_t {
  follower,
  pre_candidate,
  candidate,
  leader,
  learner,
};

std::string_view to_string(role_name role);

/// One follower, as the leader sees it.
struct peer_status {
  server_id id;
  index_t match_index;
  index_t next_index;
  /// "probe", "replicate" or "snapshot".
  std::string state;
  /// Since the leader heard it last.
  timespan last_ack{};
};

/// How long one stage of the requests took that this member was asked and that were
/// answered, since it began (`stage_times`; the percentiles at most an eighth, or a
/// microsecond, too large).
struct stage_status {
  /// "write" or "read".
  std::string_view request;
  /// "queue", "forward", "append", "quorum", "apply" or "total".
  std::string_view stage;
  uint64_t count = 0;
  timespan p50{};
  timespan p99{};
  timespan largest{};
};

/// One member of one group at one moment: `snapshot_index <= applied_index <=
/// commit_index <= last_index`; `leader` is the leader of that very `term`, and
/// `term` never goes back, not even over a restart.
struct status {
  group_id group;
  server_id id;
  incarnation_t incarnation;
  /// None while unformed.
  cluster_id cluster;
  role_name role = role_name::follower;
  term_t term;
  /// None where none is known.
  server_id leader;
  index_t commit_index;
  index_t applied_index;
  index_t first_index;
  index_t last_index;
  index_t snapshot_index;
  /// The newest configuration in the log and its index; null while unformed.
  placed_configuration members;
  /// On the leader only.
  std::vector<peer_status> peers;
  std::optional<timespan> leader_uptime;
  /// The last entry of the log, if it is in memory.
  entry last_entry;
  /// While the member waits to be formed, or knows that its directory was lost:
  /// for whom and why, as a sentence.
  std::string waiting_for;
  /// What is wrong with the disk, as a sentence; empty where all is well.
  std::string trouble;
  /// Of the stages that there were.
  std::vector<stage_status> stages;
};

} // namespace caf::raft

#pragma once

#include "caf/raft/types.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft {

/// How many members a group may have, learners included.
inline constexpr size_t max_members = 64;

/// Of a member's address, in bytes.
inline constexpr size_t max_address_length = 255;

/// One member as a configuration names it.
struct member {
  server_id id;
  /// `HOST:PORT`, IPv6 in brackets; where its peers reach it.
  std::string address;
  /// Votes and acknowledgements of this member count only from this life of
  /// its directory. None for a learner that was never started.
  incarnation_t incarnation;
  /// Whether a learner becomes a voter by itself once it has caught up.
  bool promote = false;
  /// Whether a voter leaves together with the next promotion: then all that are
  /// to be promoted become voters, and it goes, in one joint change.
  bool leave = false;

  bool operator==(const member&) const = default;
};

/// Who belongs to a group, replicated as an entry of the log. A member acts on
/// the newest configuration in its log, committed or not (§4.1).
struct configuration {
  /// All members, voters and learners, in order of their ids, no id twice.
  std::vector<member> members;
  /// The voters, in order; each stands in `members`.
  std::vector<server_id> voters;
  /// The voters before a joint change, not empty while it is under way: then
  /// a majority of each of both sets is needed (§4.3).
  std::vector<server_id> outgoing;
  /// Ids that were removed and must not come back.
  std::vector<server_id> removed;

  bool operator==(const configuration&) const = default;
};

using configuration_ptr = std::shared_ptr<const configuration>;

/// A configuration and where it stands in the log. Index zero: configuration
/// zero, with which the cluster was founded.
struct placed_configuration {
  index_t index;
  configuration_ptr value;
};

} // namespace caf::raft

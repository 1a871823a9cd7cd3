#pragma once

#include "caf/raft/types.hpp"

#include <optional>
#include <string>
#include <vector>

// What a client wants the members of a group to be (dissertation, chapter 4).

namespace caf::raft {

enum class change_kind : uint8_t {
  /// One more member: it begins as a learner, which becomes a voter by itself
  /// once it has caught up, if a voter is wanted.
  add = 0,
  /// One member less, whether it is up or not.
  remove = 1,
  /// Exactly these members, in one joint change.
  set = 2,
  /// A learner becomes a voter once it has caught up.
  promote = 3,
  /// A voter becomes a learner.
  demote = 4,
  /// Another address under the same id.
  address = 5,
};

/// A member, as a client names it.
struct wanted_member {
  /// None: whoever has this address; for a new member the next free id.
  server_id id;
  /// `HOST:PORT`; may be empty where the id tells who is meant.
  std::string address;
  bool voter = true;

  bool operator==(const wanted_member&) const = default;
};

/// One change of the members of a group.
struct change {
  change_kind kind = change_kind::add;
  /// One, but for `set`, which names all there shall be.
  std::vector<wanted_member> members;
  /// Only where the newest configuration stands at this index.
  std::optional<index_t> only_at{};
  /// Say what would happen, and do nothing.
  bool dry_run = false;

  bool operator==(const change&) const = default;
};

} // namespace caf::raft

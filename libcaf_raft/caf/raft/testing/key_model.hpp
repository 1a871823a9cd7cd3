#pragma once

#include "caf/raft/testing/history.hpp"

#include <cstdint>

// What one key does when operations come one after the other.

namespace caf::raft::testing {

struct key_state {
  bool present = false;
  /// Stands for the value, so that states compare quickly.
  uint32_t value = 0;
  /// Zero: written without an answer, and not seen since.
  uint64_t version = 0;
  /// The highest version that was seen so far.
  uint64_t newest = 0;

  bool operator==(const key_state&) const = default;
};

/// An operation, and the number that stands for its value.
struct step {
  const operation* op = nullptr;
  uint32_t value = 0;
};

/// Does an operation.
/// @param state Not specified where it cannot be done.
/// @returns Whether it can be the next one, with the answer that it got. One
///          without an answer can be where it would change something.
bool apply(key_state& state, const step& x);

} // namespace caf::raft::testing

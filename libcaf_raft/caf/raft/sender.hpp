#pragma once

#include "caf/raft/types.hpp"

namespace caf::raft {

/// Who sent a message, and in which life of its directory.
struct sender {
  server_id id;
  incarnation_t incarnation;

  auto operator<=>(const sender&) const = default;
};

} // namespace caf::raft

#include "caf/raft/types.hpp"

#include <fmt/format.h>

namespace caf::raft {

std::string to_string(cluster_id x) {
  return fmt::format("{:016x}", x.value);
}

} // namespace caf::raft

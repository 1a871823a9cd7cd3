#pragma once

#include "caf/raft/core/latencies.hpp"
#include "caf/raft/stage_times.hpp"
#include "caf/raft/status.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace caf::raft::core {

/// Where the time of requests went: a histogram for each stage. A stage that a
/// request did not have does not count.
class stage_account {
public:
  void add(const stage_times& x);

  /// Adds one line for each stage that there was to `to`.
  /// @param request What the requests were: "write" or "read".
  void describe(std::string_view request, std::vector<stage_status>& to) const;

private:
  static constexpr size_t stages = 6;

  std::array<latencies, stages> all_;
};

} // namespace caf::raft::core

#pragma once

#include <chrono>

namespace caf::raft {

/// The same types as CAF's `timespan` and `actor_clock::time_point`, so that
/// rules can take time as an argument without knowing a clock.
using timespan = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, timespan>;

} // namespace caf::raft

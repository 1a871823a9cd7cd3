#pragma once

#include "caf/raft/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace caf::raft::core {

/// A histogram of durations: eight buckets for every power of two of microseconds,
/// so a percentile is at most an eighth, or a microsecond, above the true one; up to
/// a day, of fixed size. (HdrHistogram's idea; its library is not in Debian 12.)
class latencies {
public:
  void add(timespan x);

  uint64_t count() const {
    return count_;
  }

  timespan largest() const {
    return largest_;
  }

  /// Returns a duration that at least this fraction of all is not above; zero where
  /// there is none.
  timespan percentile(double fraction) const;

private:
  static constexpr size_t steps = 8;
  static constexpr size_t octaves = 37;

  static size_t bucket_of(uint64_t us);
  static uint64_t upper_bound(size_t bucket);

  std::array<uint64_t, steps * octaves> buckets_{};
  uint64_t count_ = 0;
  timespan largest_{};
};

} // namespace caf::raft::core

#include "caf/raft/core/latencies.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace caf::raft::core {

namespace {

using microseconds = std::chrono::microseconds;

} // namespace

/// Below `steps` each microsecond has a bucket; above, the three bits behind the
/// highest one choose.
size_t latencies::bucket_of(uint64_t us) {
  if (us < steps)
    return us;
  auto octave = static_cast<size_t>(std::bit_width(us)) - 4;
  auto step = (us >> octave) & (steps - 1);
  return std::min((octave + 1) * steps + step, steps * octaves - 1);
}

/// The largest duration of a bucket.
uint64_t latencies::upper_bound(size_t bucket) {
  if (bucket < steps)
    return bucket;
  auto octave = bucket / steps - 1;
  return ((steps + bucket % steps + 1) << octave) - 1;
}

void latencies::add(timespan x) {
  auto us = std::chrono::duration_cast<microseconds>(x).count();
  ++buckets_[bucket_of(static_cast<uint64_t>(std::max<int64_t>(us, 0)))];
  ++count_;
  largest_ = std::max(largest_, x);
}

timespan latencies::percentile(double fraction) const {
  auto wanted
    = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted)
      return std::min<timespan>(microseconds(upper_bound(i) + 1), largest_);
  }
  return {};
}

} // namespace caf::raft::core

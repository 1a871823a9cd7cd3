#include "caf/raft/repeat_filter.hpp"

#include <algorithm>
#include <chrono>

namespace caf::raft {

namespace {

constexpr auto same_again = std::chrono::minutes(1);
constexpr auto refill_interval = std::chrono::seconds(10);
constexpr int64_t max_allowance = 6;

/// Strangers bring matters of their own; forgetting all of them is harmless.
constexpr size_t max_matters = 1024;

} // namespace

bool repeat_filter::passes(const std::string& matter, const std::string& line,
                           time_point now) {
  auto& x = find(matter, now);
  if (line == x.line && now - x.said < same_again)
    return false;
  auto more = (now - x.counted) / refill_interval;
  x.allowance = std::min(x.allowance + more, max_allowance);
  x.counted += more * refill_interval;
  if (x.allowance == 0)
    return false;
  --x.allowance;
  x.line = line;
  x.said = now;
  return true;
}

repeat_filter::record& repeat_filter::find(const std::string& matter,
                                           time_point now) {
  if (records_.size() >= max_matters && records_.count(matter) == 0)
    records_.clear();
  return records_.try_emplace(matter, record{{}, now, max_allowance, now})
    .first->second;
}

} // namespace caf::raft

#include "caf/raft/repeat_filter.hpp"

#include <chrono>

namespace caf::raft {

namespace {

constexpr auto same_again = std::chrono::minutes(1);
constexpr auto another_line = std::chrono::seconds(5);

/// Strangers bring matters of their own; forgetting all of them is harmless.
constexpr size_t max_matters = 1024;

} // namespace

bool repeat_filter::passes(const std::string& matter, const std::string& line,
                           time_point now) {
  auto i = said_.find(matter);
  if (i != said_.end()) {
    auto& last = i->second;
    if (now - last.at < (line == last.line ? same_again : another_line))
      return false;
    last = {line, now};
    return true;
  }
  if (said_.size() >= max_matters)
    said_.clear();
  said_.emplace(matter, record{line, now});
  return true;
}

} // namespace caf::raft

#include "caf/raft/core/stages.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

/// Of a member that applies nothing for a while, the oldest ones are dropped.
constexpr size_t max_releases = 4096;

/// Zero where either was not reached.
timespan between(time_point from, time_point to) {
  if (from == time_point{} || to <= from)
    return {};
  return to - from;
}

} // namespace

void releases::add(const release& x) {
  // A later one says nothing new about what an earlier one covers.
  if (!all_.empty() && x.last <= all_.back().last)
    return;
  if (all_.size() == max_releases)
    all_.pop_front();
  all_.push_back(x);
}

std::optional<release> releases::find(index_t index) const {
  auto i
    = std::lower_bound(all_.begin(), all_.end(), index,
                       [](const release& x, index_t y) { return x.last < y; });
  return i == all_.end() ? std::nullopt : std::optional{*i};
}

void releases::forget_behind(index_t index) {
  while (!all_.empty() && all_.back().last > index)
    all_.pop_back();
}

void releases::forget_up_to(index_t index) {
  while (!all_.empty() && all_.front().last <= index)
    all_.pop_front();
}

stage_times command_stages(const stamps& from, const std::optional<release>& by,
                           time_point now) {
  stage_times result;
  result.queue = between(from.since, from.taken);
  result.forward = between(from.taken, from.placed);
  if (by) {
    result.append = between(from.placed, by->stored);
    result.quorum = between(from.placed, by->committed);
    result.apply = between(std::max(from.placed, by->committed), now);
  }
  return result;
}

stage_times query_stages(const stamps& from, time_point now) {
  stage_times result;
  // One that asks nobody is with the state machine from the beginning.
  result.queue = between(from.since, from.taken);
  result.quorum = between(from.taken, from.placed);
  result.apply = between(std::max(from.since, from.placed), now);
  return result;
}

} // namespace caf::raft::core

#pragma once

#include "caf/raft/time.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace caf::raft::core {

/// Deadlines in order, exact to the nanosecond. Made for requests: nearly all
/// are answered long before they are due and come in nearly in order. Nothing
/// is removed when a request ends; who asks says which ids are still open.
class pending_deadlines {
public:
  /// Amortised O(1) if deadlines come in order; O(n) at worst.
  void add(time_point when, uint64_t id) {
    auto i = all_.end();
    while (i != all_.begin() && std::prev(i)->when > when)
      --i;
    all_.insert(i, {when, id});
  }

  /// The nearest deadline of an id that is open.
  template <class IsOpen>
  std::optional<time_point> nearest(IsOpen is_open) {
    while (!all_.empty() && !is_open(all_.front().id))
      all_.pop_front();
    if (all_.empty())
      return std::nullopt;
    return all_.front().when;
  }

  /// Removes and returns all ids that are due, open or not, in order.
  std::vector<uint64_t> due(time_point now) {
    std::vector<uint64_t> result;
    while (!all_.empty() && all_.front().when <= now) {
      result.push_back(all_.front().id);
      all_.pop_front();
    }
    return result;
  }

  /// Forgets all ids that are not open.
  template <class IsOpen>
  void tidy(IsOpen is_open) {
    std::erase_if(all_, [&](const item& x) { return !is_open(x.id); });
  }

  /// Ids that are not open included.
  size_t size() const {
    return all_.size();
  }

private:
  struct item {
    time_point when;
    uint64_t id;
  };

  std::deque<item> all_;
};

} // namespace caf::raft::core

#pragma once

#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace caf::raft::core {

/// The deadlines of many requests, exact to the nanosecond. Made for deadlines
/// of which nearly all are cancelled before they are due.
class deadlines {
public:
  /// Where a deadline is kept until it is cancelled.
  using place_t = size_t;

  /// @note O(log n), O(1) where it is the latest so far. Allocates only where
  ///       there were never as many before.
  place_t add(time_point when, request_id id);

  /// @pre `place` came from `add` and was not cancelled.
  /// @note O(log n), and nothing is left behind.
  void cancel(place_t place);

  std::optional<time_point> nearest() const;

  /// Whose deadline is the nearest, unless it is later than `now`; of equal
  /// ones the lower id. It stays until it is cancelled.
  std::optional<request_id> due(time_point now) const;

  size_t size() const {
    return heap_.size();
  }

private:
  struct deadline {
    time_point when;
    request_id id;
    place_t place;
  };

  static bool before(const deadline& x, const deadline& y);

  /// Puts `x` to position `i` of the heap, whatever stood there.
  void put(size_t i, const deadline& x);

  /// Removes what stands at position `i`.
  void remove(size_t i);

  /// Finds the right position for `x`, from the free position `i` on.
  void settle_up(size_t i, const deadline& x);
  void settle_down(size_t i, const deadline& x);

  /// A binary heap, the nearest in front.
  std::vector<deadline> heap_;
  /// Where in the heap the deadline of each place stands.
  std::vector<size_t> positions_;
  std::vector<place_t> free_places_;
};

} // namespace caf::raft::core

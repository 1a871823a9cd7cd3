#include "caf/raft/core/deadlines.hpp"

#include "caf/raft/assert.hpp"

namespace caf::raft::core {

deadlines::place_t deadlines::add(time_point when, request_id id) {
  auto place = positions_.size();
  if (free_places_.empty()) {
    positions_.push_back(0);
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  deadline x{when, id, place};
  heap_.push_back(x);
  settle_up(heap_.size() - 1, x);
  return place;
}

void deadlines::cancel(place_t place) {
  CAF_RAFT_ASSERT(place < positions_.size());
  auto i = positions_[place];
  CAF_RAFT_ASSERT(i < heap_.size() && heap_[i].place == place);
  remove(i);
}

std::optional<time_point> deadlines::nearest() const {
  if (heap_.empty())
    return std::nullopt;
  return heap_.front().when;
}

std::optional<request_id> deadlines::due(time_point now) const {
  if (heap_.empty() || heap_.front().when > now)
    return std::nullopt;
  return heap_.front().id;
}

bool deadlines::before(const deadline& x, const deadline& y) {
  return x.when != y.when ? x.when < y.when : x.id < y.id;
}

void deadlines::put(size_t i, const deadline& x) {
  heap_[i] = x;
  positions_[x.place] = i;
}

void deadlines::remove(size_t i) {
  free_places_.push_back(heap_[i].place);
  auto last = heap_.back();
  heap_.pop_back();
  if (i == heap_.size())
    return;
  if (i > 0 && before(last, heap_[(i - 1) / 2]))
    settle_up(i, last);
  else
    settle_down(i, last);
}

void deadlines::settle_up(size_t i, const deadline& x) {
  while (i > 0 && before(x, heap_[(i - 1) / 2])) {
    put(i, heap_[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
  put(i, x);
}

void deadlines::settle_down(size_t i, const deadline& x) {
  for (auto child = 2 * i + 1; child < heap_.size(); child = 2 * i + 1) {
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child]))
      ++child;
    if (!before(heap_[child], x))
      break;
    put(i, heap_[child]);
    i = child;
  }
  put(i, x);
}

} // namespace caf::raft::core

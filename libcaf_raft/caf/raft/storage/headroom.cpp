#include "caf/raft/storage/headroom.hpp"

#include <algorithm>

namespace caf::raft::storage {

namespace {

/// Small enough not to hold up a commit that waits behind it.
constexpr size_t step = 1 << 20;

} // namespace

headroom::headroom(file& data, uint64_t used, size_t wanted, uint64_t limit)
  : data_(&data),
    // A crash may have left a hole where zeros should be.
    written_(data.first_hole(used)),
    size_(data.size()),
    wanted_(wanted),
    limit_(limit) {
  // nop
}

size_t headroom::ahead(uint64_t used) const {
  return written_ > used ? written_ - used : 0;
}

bool headroom::grow(uint64_t used) {
  auto room = limit_ - std::min(limit_, std::max(written_, used));
  auto count = std::min<uint64_t>(step, room);
  if (ahead(used) >= wanted_ || count == 0)
    return true;
  return write(used, count) < count || ahead(used) >= wanted_;
}

bool headroom::disk_is_full(uint64_t used) {
  constexpr size_t page = 4096;
  return write(used, page) < page;
}

void headroom::cover(uint64_t used, size_t bytes) {
  // Twice what a worst case needs.
  auto end = std::min(limit_, used + step + 4 * uint64_t{bytes});
  if (end <= size_)
    return;
  data_->extend_to(end);
  size_ = end;
}

size_t headroom::write(uint64_t used, size_t count) {
  auto begin = std::max(written_, used);
  auto result = data_->write_zeros(begin, count);
  written_ = begin + result;
  size_ = std::max(size_, written_);
  return result;
}

} // namespace caf::raft::storage

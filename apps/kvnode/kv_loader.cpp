#include "kvnode/kv_loader.hpp"

#include "kvnode/kv_view.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace kvnode {

namespace {

constexpr size_t number_size = 8;

/// What is announced, but has not come yet, gets no more room than this.
constexpr uint64_t max_keys_announced = 1 << 22;
constexpr uint64_t max_bytes_announced = 64 << 20;

/// So many records go into the maps at once.
constexpr size_t at_once = 64;

uint64_t number_at(raft::bytes_view from, size_t place) {
  uint64_t result = 0;
  for (size_t i = 0; i < number_size; ++i)
    result |= std::to_integer<uint64_t>(from[place * number_size + i])
              << (8 * i);
  return result;
}

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error{"the snapshot cannot be loaded: " + why};
}

} // namespace

kv_loader::kv_loader(std::shared_ptr<kv_state>& of)
  : of_(of),
    fresh_(std::make_shared<kv_state>()) {
  // nop
}

void kv_loader::write(raft::bytes_view from) {
  while (take(from)) {
    // nop
  }
}

void kv_loader::finish() {
  if (next_ != part::end)
    refuse("its end is missing");
  place_all();
  of_.swap(fresh_);
}

/// Takes the next part.
/// @returns Whether it had all of it.
bool kv_loader::take(raft::bytes_view& from) {
  if (next_ == part::value)
    return take_value(from);
  if (next_ == part::end) {
    if (!from.empty())
      refuse("it goes on behind its last key");
    return false;
  }
  raft::bytes_view whole;
  if (!gather(from, whole))
    return false;
  if (next_ == part::head)
    take_head(whole);
  else if (next_ == part::record_head)
    take_record_head(whole);
  else
    take_key(whole);
  begun_.clear();
  return true;
}

/// Not 0 but for an empty key.
size_t kv_loader::size_of_next() const {
  if (next_ == part::head)
    return 2 * number_size;
  return next_ == part::record_head ? 3 * number_size : key_size_;
}

/// @param whole What takes the next part, if all of it has come.
bool kv_loader::gather(raft::bytes_view& from, raft::bytes_view& whole) {
  auto size = size_of_next();
  auto piece = from.first(std::min(from.size(), size - begun_.size()));
  from = from.subspan(piece.size());
  if (piece.size() == size) {
    whole = piece;
    return true;
  }
  begun_.insert(begun_.end(), piece.begin(), piece.end());
  whole = begun_;
  return begun_.size() == size;
}

void kv_loader::take_head(raft::bytes_view head) {
  auto format = number_at(head, 0);
  if (format != kv_format)
    refuse("it has format " + std::to_string(format)
           + ", and this version of "
             "kvnode reads format "
           + std::to_string(kv_format) + ": update this member");
  left_ = number_at(head, 1);
  fresh_->records.reserve(std::min(left_, max_keys_announced));
  next_record();
}

void kv_loader::take_record_head(raft::bytes_view head) {
  key_size_ = number_at(head, 0);
  value_size_ = number_at(head, 1);
  version_ = version_t{number_at(head, 2)};
  next_ = part::key;
}

void kv_loader::take_key(raft::bytes_view from) {
  auto key = raft::as_text(from);
  auto& order = fresh_->order;
  if (newest_.empty() ? !order.empty() && key <= *order.rbegin()
                      : key <= newest_.back().first)
    refuse("its keys are not in order");
  if (newest_.size() == at_once)
    place_all();
  auto& made = newest_.emplace_back(key, kv_record{version_, {}});
  made.second.value.reserve(std::min(value_size_, max_bytes_announced));
  next_ = part::value;
}

bool kv_loader::take_value(raft::bytes_view& from) {
  auto& value = newest_.back().second.value;
  auto missing = value_size_ - value.size();
  auto piece = from.first(std::min<uint64_t>(from.size(), missing));
  from = from.subspan(piece.size());
  value.insert(value.end(), piece.begin(), piece.end());
  if (piece.size() < missing)
    return false;
  --left_;
  next_record();
  return true;
}

/// With many keys the place of each one in the hash map is far from all others,
/// and to fetch it from memory takes longer than all else. These looks at the
/// places do not wait for each other, as insertions would.
void kv_loader::place_all() {
  auto& to = fresh_->records;
  std::array<size_t, at_once> buckets;
  for (size_t i = 0; i < newest_.size(); ++i)
    buckets[i] = to.bucket(newest_[i].first);
  for (size_t i = 0; i < newest_.size(); ++i)
    if (auto at = to.begin(buckets[i]); at != to.end(buckets[i]))
      __builtin_prefetch(&*at);
  for (auto& [key, what] : newest_) {
    auto at = to.emplace(std::move(key), std::move(what)).first;
    fresh_->order.emplace_hint(fresh_->order.end(), at->first);
  }
  newest_.clear();
}

void kv_loader::next_record() {
  next_ = left_ > 0 ? part::record_head : part::end;
}

} // namespace kvnode

#include "kvnode/kv_view.hpp"

#include <caf/raft/assert.hpp>

#include <algorithm>

namespace kvnode {

namespace {

void add(raft::bytes& to, raft::bytes_view what) {
  to.insert(to.end(), what.begin(), what.end());
}

void add_number(raft::bytes& to, uint64_t x) {
  for (int shift = 0; shift < 64; shift += 8)
    to.push_back(static_cast<std::byte>(x >> shift));
}

} // namespace

kv_view::kv_view(std::shared_ptr<kv_state> of)
  : state_(std::move(of)),
    left_(state_->order.size()) {
  CAF_RAFT_ASSERT(state_->open_view == nullptr);
  if (left_ > 0)
    last_ = *state_->order.rbegin();
  state_->open_view = this;
}

kv_view::~kv_view() {
  state_->open_view = nullptr;
}

bool kv_view::read(raft::bytes& to, size_t wanted) {
  auto end = to.size() + wanted;
  if (!begun_) {
    add_number(to, kv_format);
    add_number(to, left_);
    begun_ = true;
  }
  auto at = state_->order.lower_bound(next_);
  size_t passed_over = 0;
  while (left_ > 0 && to.size() < end && passed_over < max_passed_over) {
    auto left_before = left_;
    if (!give_next(at, to, end))
      break;
    passed_over += left_ == left_before ? 1 : 0;
  }
  stop_at(at);
  return left_ > 0;
}

void kv_view::before_write(std::string_view key, kv_record* old) {
  if (!needs(key))
    return;
  auto [kept, is_first] = kept_.try_emplace(std::string{key});
  if (is_first && old != nullptr)
    kept->second = std::move(*old);
}

bool kv_view::needs(std::string_view key) const {
  return left_ > 0 && key >= next_ && key <= last_;
}

/// Gives the next key, or walks past it if it came later.
/// @param at The first key from `next_` on that is there now.
/// @returns Whether it is done with that key.
bool kv_view::give_next(order::iterator& at, raft::bytes& to, size_t end) {
  auto none = state_->order.end();
  auto kept = kept_.begin();
  if (kept == kept_.end() || (at != none && *at < kept->first)) {
    if (!give(*at, state_->records.find(*at)->second, to, end))
      return false;
    ++at;
    return true;
  }
  if (kept->second && !give(kept->first, *kept->second, to, end))
    return false;
  if (at != none && *at == kept->first)
    ++at;
  kept_.erase(kept);
  return true;
}

/// @returns Whether all of it is given.
bool kv_view::give(std::string_view key, const kv_record& what, raft::bytes& to,
                   size_t end) {
  if (!inside_) {
    add_number(to, key.size());
    add_number(to, what.value.size());
    add_number(to, what.version.value);
    add(to, raft::as_bytes(key));
    inside_ = true;
    given_of_value_ = 0;
  }
  auto room = end - std::min(end, to.size());
  auto rest = raft::bytes_view{what.value}.subspan(given_of_value_);
  auto piece = rest.first(std::min(rest.size(), room));
  add(to, piece);
  given_of_value_ += piece.size();
  if (piece.size() < rest.size())
    return false;
  inside_ = false;
  --left_;
  return true;
}

/// Notes where to go on. (The key itself, as it may be deleted until then.)
void kv_view::stop_at(order::iterator at) {
  if (left_ == 0) {
    kept_.clear();
    return;
  }
  auto kept = kept_.begin();
  if (kept == kept_.end() || (at != state_->order.end() && *at < kept->first))
    next_ = *at;
  else
    next_ = kept->first;
}

} // namespace kvnode

#include "caf/raft/core/progress.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>
#include <optional>

namespace caf::raft::core {

progress::progress(index_t next, time_point now)
  : next_(next),
    last_heard_(now) {
  CAF_RAFT_ASSERT(next > index_t{});
}

void progress::heard(time_point now) {
  last_heard_ = std::max(last_heard_, now);
}

bool progress::has_window(const settings& cfg) const {
  switch (state_) {
    case state_t::probe:
      return inflight_.empty();
    case state_t::replicate:
      return inflight_.empty()
             || (inflight_.size() < cfg.max_inflight_messages
                 && inflight_bytes_ < cfg.max_inflight_bytes);
    default:
      return false;
  }
}

bool progress::may_send(size_t entries, size_t bytes, time_point now,
                        const settings& cfg) const {
  if (!has_window(cfg))
    return false;
  if (inflight_.empty())
    return true;
  if (inflight_bytes_ + bytes > cfg.max_inflight_bytes)
    return false;
  return entries >= cfg.min_pipelined_entries
         || bytes >= cfg.min_pipelined_bytes
         || (usual_ > timespan::zero()
             && now - inflight_.back().at > 2 * usual_);
}

void progress::sent(index_t last, size_t bytes, time_point now) {
  CAF_RAFT_ASSERT(state_ != state_t::snapshot);
  CAF_RAFT_ASSERT(last >= next_);
  CAF_RAFT_ASSERT(inflight_.empty() || state_ == state_t::replicate);
  inflight_.push_back({next_, last, bytes, now});
  inflight_bytes_ += bytes;
  // A probe stays where it is: it may be refused.
  if (state_ == state_t::replicate)
    next_ = last;
}

void progress::sent_less(index_t first, index_t sent_last, index_t last) {
  CAF_RAFT_ASSERT(last >= first);
  if (inflight_.empty() || inflight_.back().first != first
      || inflight_.back().last != sent_last || last >= sent_last)
    return;
  inflight_.back().last = last;
  if (last == first || last <= match_ + 1) {
    inflight_bytes_ -= inflight_.back().bytes;
    inflight_.pop_back();
  }
  if (state_ == state_t::replicate)
    next_ = std::max(last, match_ + 1);
}

bool progress::acknowledged(index_t index, time_point now) {
  heard(now);
  std::optional<time_point> newest;
  while (!inflight_.empty() && inflight_.front().last <= index + 1) {
    newest = inflight_.front().at;
    inflight_bytes_ -= inflight_.front().bytes;
    inflight_.pop_front();
  }
  if (newest) {
    auto took = std::max(now - *newest, timespan{1});
    usual_ = usual_ == timespan::zero() ? took : (7 * usual_ + took) / 8;
  }
  auto moved = index > match_;
  match_ = std::max(match_, index);
  // Up to where a probe begins the logs are the same: it will be taken, or was.
  // What it carries need not be sent again.
  if (match_ + 1 >= next_) {
    state_ = state_t::replicate;
    if (!inflight_.empty())
      next_ = inflight_.back().last;
  }
  next_ = std::max(next_, match_ + 1);
  return moved;
}

void progress::refused(index_t rejected, index_t next) {
  auto is_answer = [&](const sent_message& x) {
    return x.first == rejected + 1;
  };
  if (rejected <= match_
      || std::none_of(inflight_.begin(), inflight_.end(), is_answer))
    return;
  forget_inflight();
  state_ = state_t::probe;
  next_ = std::max(std::min(next, rejected), match_ + 1);
}

void progress::reset() {
  forget_inflight();
  if (state_ == state_t::snapshot)
    return;
  if (meets())
    next_ = match_ + 1;
  state_ = state_t::probe;
}

bool progress::stalled(time_point now, timespan limit) const {
  return !inflight_.empty() && now - inflight_.front().at > limit;
}

void progress::needs_snapshot() {
  forget_inflight();
  state_ = state_t::snapshot;
}

void progress::forget_inflight() {
  inflight_.clear();
  inflight_bytes_ = 0;
}

} // namespace caf::raft::core

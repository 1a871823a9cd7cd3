#include "caf/raft/core/progress.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>
#include <optional>

namespace caf::raft::core {

progress::progress(index_t next, time_point now)
  : next_(next),
    last_heard_(now) {
  // nop
}

progress::state_t progress::state() const {
  return state_;
}

index_t progress::match_index() const {
  return match_;
}

index_t progress::next_index() const {
  return next_;
}

size_t progress::inflight_messages() const {
  return inflight_.size();
}

size_t progress::inflight_bytes() const {
  return inflight_bytes_;
}

time_point progress::last_heard() const {
  return last_heard_;
}

void progress::heard(time_point now) {
  last_heard_ = std::max(last_heard_, now);
}

bool progress::may_send(size_t entries, size_t bytes, time_point now,
                        const settings& cfg) const {
  if (state_ == state_t::snapshot)
    return false;
  if (inflight_.empty())
    return true;
  if (state_ == state_t::probe)
    return false;
  if (inflight_.size() >= cfg.max_inflight_messages
      || inflight_bytes_ + bytes > cfg.max_inflight_bytes)
    return false;
  return entries >= cfg.min_pipelined_entries
         || bytes >= cfg.min_pipelined_bytes
         || (usual_.count() > 0 && now - inflight_.back().at > 2 * usual_);
}

void progress::sent(index_t last, size_t bytes, time_point now) {
  CAF_RAFT_ASSERT(last >= next_);
  inflight_.push_back({last, bytes, now});
  inflight_bytes_ += bytes;
  // A probe's entries may not fit: the next message waits for the answer.
  if (state_ == state_t::replicate)
    next_ = last;
}

void progress::sent_less(index_t first, index_t last) {
  // Only the newest message can be corrected: nothing leaves behind one that is
  // still being read.
  if (inflight_.empty() || inflight_.back().last <= last)
    return;
  if (last == first) {
    inflight_bytes_ -= inflight_.back().bytes;
    inflight_.pop_back();
  } else {
    inflight_.back().last = last;
  }
  if (state_ == state_t::replicate)
    next_ = last;
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
    auto took = now - *newest;
    usual_ = usual_.count() == 0 ? took : (7 * usual_ + took) / 8;
  }
  if (state_ == state_t::probe) {
    state_ = state_t::replicate;
    inflight_.clear();
    inflight_bytes_ = 0;
    next_ = std::max(match_, index) + 1;
  }
  next_ = std::max(next_, index + 1);
  if (index <= match_)
    return false;
  match_ = index;
  return true;
}

void progress::refused(index_t rejected, index_t next) {
  // Of a message that was answered long ago, or repeated.
  if (rejected <= match_ || rejected >= next_)
    return;
  if (state_ == state_t::probe && rejected + 1 != next_)
    return;
  state_ = state_t::probe;
  inflight_.clear();
  inflight_bytes_ = 0;
  next_ = std::max(match_ + 1, std::min(next, rejected));
}

void progress::reset() {
  inflight_.clear();
  inflight_bytes_ = 0;
  next_ = match_ ? match_ + 1 : next_;
  if (state_ == state_t::replicate)
    state_ = state_t::probe;
}

bool progress::stalled(time_point now, timespan limit) const {
  return !inflight_.empty() && now - inflight_.front().at > limit;
}

void progress::needs_snapshot() {
  state_ = state_t::snapshot;
  inflight_.clear();
  inflight_bytes_ = 0;
}

} // namespace caf::raft::core

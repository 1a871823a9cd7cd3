#include "caf/raft/core/snapshot_sender.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>
#include <utility>

namespace caf::raft::core {

namespace {

/// How long a chunk takes at the rate that is allowed.
timespan cost(const snapshot_head& head, uint64_t number, size_t rate) {
  if (rate == 0)
    return timespan::zero();
  auto size = std::min<uint64_t>(snapshot_chunk_bytes,
                                 head.size - number * snapshot_chunk_bytes);
  auto nanoseconds = static_cast<double>(size) * 1e9
                     / static_cast<double>(rate);
  return timespan{static_cast<timespan::rep>(nanoseconds)};
}

} // namespace

snapshot_sender::snapshot_sender(snapshot_head_ptr what, time_point now)
  : head_(std::move(what)),
    last_sign_(now),
    last_progress_(now),
    allowed_(now) {
  CAF_RAFT_ASSERT(head_ != nullptr);
}

bool snapshot_sender::wants_to_ask(time_point now, const settings& cfg) {
  // Silence for an election timeout: something was lost, or it is installing.
  auto silent = now - last_sign_ >= cfg.election_timeout;
  if (silent)
    known_ = false;
  if (known_ || (asked_ && now - *asked_ < cfg.election_timeout))
    return false;
  asked_ = now;
  return true;
}

std::optional<uint64_t> snapshot_sender::next_chunk(time_point now,
                                                    const settings& cfg) {
  if (!known_ || next_ >= head_->chunks()
      || next_ >= stored_ + cfg.snapshot_window || now < allowed_)
    return std::nullopt;
  allowed_ = std::max(allowed_, now)
             + cost(*head_, next_, cfg.snapshot_bytes_per_second);
  return next_++;
}

std::optional<time_point> snapshot_sender::due(const settings& cfg) const {
  if (!known_ || next_ >= head_->chunks()
      || next_ >= stored_ + cfg.snapshot_window)
    return std::nullopt;
  return allowed_;
}

bool snapshot_sender::on_result(uint64_t next, time_point now) {
  if (next > head_->chunks())
    return false;
  last_sign_ = now;
  if (next > stored_)
    last_progress_ = now;
  if (!known_) {
    // What was on its way when we asked has arrived before the question, or is
    // lost.
    known_ = true;
    asked_.reset();
    stored_ = next_ = next;
  } else {
    // Fewer than before: an answer that was overtaken.
    stored_ = std::max(stored_, next);
    next_ = std::max(next_, stored_);
  }
  return true;
}

void snapshot_sender::on_no_room(time_point now) {
  last_sign_ = now;
  known_ = false;
  // Again after the usual time.
  asked_ = now;
}

void snapshot_sender::on_reset() {
  known_ = false;
  asked_.reset();
}

} // namespace caf::raft::core

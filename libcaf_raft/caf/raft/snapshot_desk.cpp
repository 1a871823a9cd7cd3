#include "caf/raft/snapshot_desk.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace caf::raft {

namespace {

/// A snapshot makes room in the log, so that it is tried again also where
/// nothing can be written meanwhile.
constexpr auto retry_interval = std::chrono::seconds(10);

} // namespace

void snapshot_desk::add(const request_snapshot& msg, time_point deadline) {
  waiters_.push_back({msg.id, msg.reply_to, deadline});
}

bool snapshot_desk::is_due(time_point now) const {
  if (under_way_)
    return false;
  if (!waiters_.empty())
    return true;
  if (retry_at_)
    return now >= *retry_at_;
  return retention_.is_due(cfg_);
}

void snapshot_desk::begun() {
  under_way_ = true;
  retry_at_.reset();
  retention_.begun();
}

void snapshot_desk::ended(const result_of<snapshot_head>& how, time_point now) {
  under_way_ = false;
  if (how) {
    have(*how);
    return;
  }
  auto& why = how.error();
  if (why.code != errc::rejected)
    retry_at_ = now + retry_interval;
  answer_all(why.code, {}, why.text);
}

void snapshot_desk::have(const snapshot_head& what) {
  retention_.taken(what.size);
  answer_all(errc::none, what.last, {});
}

std::optional<time_point> snapshot_desk::next_deadline() const {
  auto result = under_way_ ? std::nullopt : retry_at_;
  for (auto& x : waiters_)
    if (!result || x.deadline < *result)
      result = x.deadline;
  return result;
}

void snapshot_desk::expire(time_point now) {
  std::erase_if(waiters_, [&](const waiter& x) {
    if (x.deadline > now)
      return false;
    post(self_, x.reply_to,
         outcome{x.id,
                 errc::outcome_unknown,
                 {},
                 {},
                 "the snapshot was not on disk in time; it may still come",
                 {}});
    return true;
  });
}

void snapshot_desk::close() {
  answer_all(errc::rejected, {}, "this member stops");
}

void snapshot_desk::answer_all(errc code, entry_id entry,
                               const std::string& text) {
  for (auto& x : std::exchange(waiters_, {}))
    post(self_, x.reply_to, outcome{x.id, code, {}, entry, text, {}});
}

} // namespace caf::raft

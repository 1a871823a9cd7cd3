#include "caf/raft/log_actor.hpp"

#include <algorithm>
#include <chrono>

namespace caf::raft {

/// Here, and nowhere else, something is said to be on disk.
struct durability_witness {
  template <class T>
  static durable<T> make(T what) {
    return durable<T>{std::move(what)};
  }
};

namespace {

/// How often a full disk is tried again.
constexpr auto retry_interval = std::chrono::milliseconds(250);

/// Smaller changes of the room are not worth a message.
constexpr size_t room_step = 1 << 20;

/// With less, and no more to be had, the disk counts as full.
constexpr size_t full_below = 3 << 20;

constexpr auto disk_is_full
  = "the disk is full: writes are refused until there is room";

/// With that much room a group begins.
constexpr size_t enough_to_start = 8 << 20;

bool has_promise(const std::vector<log_write>& writes) {
  return std::any_of(writes.begin(), writes.end(),
                     [](const log_write& x) { return x.state.has_value(); });
}

} // namespace

log_actor_state::log_actor_state(scheduled_actor* self,
                                 std::shared_ptr<storage::log_store> store,
                                 logger log, fatal_handler fatal)
  : self_(self),
    store_(std::move(store)),
    log_(std::move(log)),
    fatal_(std::move(fatal)) {
  // nop
}

log_actor::behavior_type log_actor_state::make_behavior() {
  return {
    [this](const recover_group& msg) { on(msg); },
    [this](store& msg) { on(msg); },
    [this](const found_cluster& msg) { on(msg); },
    [this](drain msg) { on(msg); },
    [this](settle msg) { on(msg); },
    [this](wake msg) { on(msg); },
    [this](const stop_log& msg) { on(msg); },
  };
}

void log_actor_state::on(const recover_group& msg) {
  auto content = store_->recover(msg.group, msg.max_recent_bytes);
  if (!content)
    log_.error(content.error().text);
  clients_[msg.group] = msg.server;
  post(self_, msg.server, recovered{std::move(content)});
  // Nobody shall be refused because the first room is still being made.
  while (!make_room() && store_->room() < enough_to_start)
    ; // nop
  reported_room_ = 0;
  report_room();
  post_self(self_, settle{});
}

void log_actor_state::on(store& msg) {
  queue_.push_back(std::move(msg.what));
  if (!draining_) {
    draining_ = true;
    post_self(self_, drain{});
  }
}

void log_actor_state::on(const found_cluster& msg) {
  founding_ = msg;
  found();
}

void log_actor_state::on(drain) {
  draining_ = false;
  commit_queue();
  // Also where that failed for lack of room: what was committed before it waits.
  post_self(self_, settle{});
}

void log_actor_state::on(settle) {
  if (failed_ || draining_)
    return;
  sync();
  make_room_soon();
}

void log_actor_state::on(wake) {
  making_room_ = false;
  if (failed_)
    return;
  make_room();
  found();
  report_room();
  if (!trouble_.empty() && !queue_.empty() && !draining_) {
    draining_ = true;
    post_self(self_, drain{});
  }
  if (!room_is_all_)
    make_room_soon();
  else if (!trouble_.empty())
    retry_later();
}

void log_actor_state::make_room_soon() {
  if (making_room_)
    return;
  making_room_ = true;
  post_self(self_, wake{});
}

void log_actor_state::retry_later() {
  if (making_room_)
    return;
  making_room_ = true;
  wake_at(self_, now(self_) + retry_interval, wake{});
}

/// @returns Whether there is as much as wanted now, or can be no more.
bool log_actor_state::make_room() {
  room_is_all_ = store_->make_room();
  // A store that failed by this says so with the next call. Nobody shall count
  // on this member until its next write, so ask; there is nothing to sync.
  if (room_is_all_ && !failed_ && unconfirmed_.empty())
    if (auto ok = store_->sync(); !ok)
      fail(ok.error());
  return room_is_all_;
}

void log_actor_state::on(const stop_log& msg) {
  commit_queue();
  sync();
  post(self_, msg.reply_to, stopped{});
  self_->quit();
}

void log_actor_state::commit_queue() {
  if (failed_ || queue_.empty())
    return;
  auto room = store_->room();
  if (auto ok = store_->commit(queue_); !ok) {
    refused(ok.error());
    return;
  }
  commit_record record;
  for (auto& x : queue_)
    record[x.group] = x.number;
  unconfirmed_.push_back(std::move(record));
  ++commits_;
  auto promise = has_promise(queue_);
  queue_.clear();
  if (promise)
    sync();
  else
    report_durable();
  // Under load there is no idle moment, so what the commit took is set aside
  // again at once, and a step more while there is less than wanted.
  while (!failed_ && !make_room() && store_->room() < room)
    ; // nop
  report_room();
}

void log_actor_state::found() {
  if (failed_ || !founding_)
    return;
  if (auto ok = store_->found(founding_->cluster, founding_->zero); !ok) {
    refused(ok.error());
    return;
  }
  post(self_, founding_->reply_to,
       cluster_founded{founding_->cluster, founding_->zero});
  founding_ = std::nullopt;
}

void log_actor_state::sync() {
  if (failed_ || unconfirmed_.empty())
    return;
  if (auto ok = store_->sync(); !ok) {
    fail(ok.error());
    return;
  }
  report_durable();
}

void log_actor_state::report_durable() {
  auto waiting = commits_ - store_->durable_commits();
  commit_record newest;
  while (unconfirmed_.size() > waiting) {
    for (auto& [group, number] : unconfirmed_.front())
      newest[group] = number;
    unconfirmed_.pop_front();
  }
  for (auto& [group, number] : newest)
    if (auto i = clients_.find(group); i != clients_.end())
      post(self_, i->second, log_stored{durability_witness::make(number)});
  report_room();
}

void log_actor_state::report_room() {
  auto room = store_->room();
  auto was_full = !trouble_.empty();
  if (room < full_below && room_is_all_ && !was_full) {
    trouble_ = disk_is_full;
    log_.error(trouble_);
    make_room_soon();
  } else if (room >= full_below && was_full && queue_.empty() && !founding_) {
    trouble_.clear();
    log_.info("there is room on the disk again");
  }
  auto moved = std::max(room, reported_room_) - std::min(room, reported_room_);
  if (moved < room_step && was_full != trouble_.empty())
    return;
  reported_room_ = room;
  for (auto& [group, client] : clients_)
    post(self_, client, log_room{room, trouble_});
}

void log_actor_state::refused(const failure& why) {
  if (why.code == errc::no_space)
    no_space(why);
  else
    fail(why);
}

void log_actor_state::no_space(const failure& why) {
  if (trouble_.empty())
    log_.error(why.text);
  trouble_ = disk_is_full;
  reported_room_ = 0;
  for (auto& [group, client] : clients_)
    post(self_, client, log_room{0, trouble_});
  retry_later();
}

void log_actor_state::fail(const failure& why) {
  failed_ = true;
  log_.error(why.text);
  fatal_(why);
}

} // namespace caf::raft

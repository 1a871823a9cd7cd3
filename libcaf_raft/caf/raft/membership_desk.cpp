#include "caf/raft/membership_desk.hpp"

#include "caf/raft/core/change_plan.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/wire/codec.hpp"

#include <algorithm>

namespace caf::raft {

namespace {

/// How many committed configurations are remembered: far more than can be between
/// the commit of one and the answer of the leader that it was appended.
constexpr size_t max_reached = 64;

} // namespace

void membership_desk::add(const change_members& msg, time_point deadline) {
  waiters_.push_back({msg, deadline, {}, state_t::waiting, {}, {}, {}});
}

void membership_desk::pass_on(const way_to_leader& way) {
  if (!way || hold_until_)
    return;
  for (auto& x : waiters_) {
    if (x.state != state_t::waiting)
      continue;
    // A late answer to the last time is not one to this.
    x.id = ++last_;
    x.state = state_t::asked;
    x.asked = way.leader;
    x.asked_in = way.term;
    if (way.role)
      post(self_, way.role, begin_change{x.id, x.order.what});
    else
      post(self_, way.peer,
           send_frame{wire::encode(group_, request_change{me_, way.term, x.id,
                                                          x.order.what})});
  }
}

// -- what becomes of it -------------------------------------------------------

void membership_desk::decided(const change_result& msg, time_point hold) {
  auto i = std::find_if(waiters_.begin(), waiters_.end(), [&](auto& x) {
    return x.id == msg.id && x.state == state_t::asked;
  });
  if (i == waiters_.end())
    return;
  if (msg.code == errc::no_leader) {
    i->state = state_t::waiting;
    hold_until_ = hold;
    return;
  }
  auto& what = i->order.what;
  if (msg.code == errc::none && !what.dry_run
      && (msg.entry.index || i->order.wait_for_voters)) {
    i->entry = msg.entry;
    // Where nothing had to be appended it is so already.
    i->state = msg.entry.index ? state_t::appended : state_t::committed;
    settle_all();
    return;
  }
  post(self_, i->order.reply_to,
       members_changed{i->order.id, msg.code, msg.text, msg.newest, msg.members,
                       core::losses_survived(msg.members)});
  waiters_.erase(i);
}

void membership_desk::committed(const members_known& msg) {
  newest_committed_ = msg.committed;
  for (auto& id : msg.reached)
    reached_.push_back(id);
  while (reached_.size() > max_reached)
    reached_.pop_front();
  settle_all();
}

void membership_desk::commit_reached(index_t commit) {
  commit_ = std::max(commit_, commit);
  settle_all();
}

void membership_desk::jumped_to(index_t index) {
  commit_ = std::max(commit_, index);
  std::erase_if(waiters_, [&](const waiter& x) {
    if (x.state != state_t::appended || x.entry.index > index
        || std::find(reached_.begin(), reached_.end(), x.entry)
             != reached_.end())
      return false;
    give_up(x);
    return true;
  });
}

void membership_desk::settle_all() {
  std::erase_if(waiters_, [this](waiter& x) { return settle(x); });
}

/// @returns Whether it was answered.
bool membership_desk::settle(waiter& x) {
  if (x.state == state_t::appended) {
    auto i = std::find(reached_.begin(), reached_.end(), x.entry);
    if (i != reached_.end()) {
      x.state = state_t::committed;
    } else if (x.entry.index <= commit_) {
      // Another entry took its place: it was not done, and never will be.
      x.state = state_t::waiting;
    }
  }
  if (x.state != state_t::committed || newest_committed_.value == nullptr
      || core::is_joint(*newest_committed_.value))
    return false;
  if (x.order.wait_for_voters && !has_voters(x))
    return false;
  answer(x, errc::none, {});
  return true;
}

bool membership_desk::has_voters(const waiter& x) const {
  auto& conf = *newest_committed_.value;
  auto is_wanted = [&](const member& m) {
    return std::any_of(x.order.what.members.begin(), x.order.what.members.end(),
                       [&](auto& wanted) {
                         return wanted.voter
                                && (wanted.id ? wanted.id == m.id
                                              : wanted.address == m.address);
                       });
  };
  return std::all_of(conf.members.begin(), conf.members.end(), [&](auto& m) {
    return !is_wanted(m) || core::is_voter(conf, m.id);
  });
}

// -- what happens besides -----------------------------------------------------

void membership_desk::tenure_over() {
  hold_until_.reset();
  wait_again([this](const waiter& x) { return x.asked == me_.id; });
}

void membership_desk::connection_lost(server_id member) {
  std::erase_if(waiters_, [&](const waiter& x) {
    if (x.state != state_t::asked || x.asked != member)
      return false;
    give_up(x);
    return true;
  });
}

void membership_desk::refused_all(server_id member, term_t term) {
  hold_until_.reset();
  wait_again(
    [=](const waiter& x) { return x.asked == member && x.asked_in <= term; });
}

template <class Predicate>
void membership_desk::wait_again(Predicate which) {
  for (auto& x : waiters_)
    if (x.state == state_t::asked && which(x))
      x.state = state_t::waiting;
}

std::optional<time_point> membership_desk::next_deadline() const {
  auto result = hold_until_;
  for (auto& x : waiters_)
    if (!result || x.deadline < *result)
      result = x.deadline;
  return result;
}

void membership_desk::expire(time_point now) {
  if (hold_until_ && *hold_until_ <= now)
    hold_until_.reset();
  std::erase_if(waiters_, [&](const waiter& x) {
    if (x.deadline > now)
      return false;
    give_up(x);
    return true;
  });
}

void membership_desk::close() {
  for (auto& x : waiters_)
    give_up(x);
  waiters_.clear();
}

void membership_desk::give_up(const waiter& x) {
  switch (x.state) {
    case state_t::waiting:
      return answer(x, errc::no_leader,
                    "no leader took it in time; nothing was done and never "
                    "will be");
    case state_t::committed:
      // It was done, and goes on by itself.
      return answer(x, errc::none, {});
    default:
      return answer(x, errc::outcome_unknown,
                    "it may or may not have been done: its outcome was not "
                    "known in time");
  }
}

void membership_desk::answer(const waiter& x, errc code, std::string text) {
  members_changed result{
    x.order.id, code, std::move(text), newest_committed_.index, {}, 0};
  if (newest_committed_.value)
    result.members = *newest_committed_.value;
  result.losses_survived = core::losses_survived(result.members);
  post(self_, x.order.reply_to, std::move(result));
}

} // namespace caf::raft

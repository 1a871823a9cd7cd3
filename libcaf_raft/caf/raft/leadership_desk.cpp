#include "caf/raft/leadership_desk.hpp"

#include <algorithm>

namespace caf::raft {

void leadership_desk::add(const ask_is_leader& msg, time_point deadline) {
  waiters_.push_back({msg.id, msg.reply_to, deadline, {}, {}});
}

void leadership_desk::add(const transfer_leadership& msg, request_id id,
                          time_point deadline) {
  waiters_.push_back({msg.id, msg.reply_to, deadline, id, msg.to});
}

void leadership_desk::settled(request_id id, errc code, server_id to,
                              server_id leader) {
  switch (code) {
    case errc::none:
      begun(id, to, leader);
      break;
    case errc::no_leader:
      refuse(id, {code, "that member leads no more"});
      break;
    default:
      refuse(id, {code, "the leader refused: there is no such voter, it is cut "
                        "off, or another transfer is under way"});
  }
}

void leadership_desk::refuse(request_id id, const failure& why) {
  auto i = find(id);
  if (i == waiters_.end())
    return;
  answer(*i, why.code, {}, why.text);
  waiters_.erase(i);
}

void leadership_desk::begun(request_id id, server_id to, server_id leader) {
  auto i = find(id);
  if (i == waiters_.end())
    return;
  i->to = to;
  if (to != leader)
    return;
  answer(*i, errc::none, {}, {});
  waiters_.erase(i);
}

void leadership_desk::leader_is(server_id leader, server_id self) {
  std::erase_if(waiters_, [&](const waiter& x) {
    if (!x.id) {
      answer(x, errc::none, bytes{std::byte{leader == self}}, {});
      return true;
    }
    if (x.to != leader)
      return false;
    answer(x, errc::none, {}, {});
    return true;
  });
}

std::optional<time_point> leadership_desk::next_deadline() const {
  std::optional<time_point> result;
  for (auto& x : waiters_)
    if (!result || x.deadline < *result)
      result = x.deadline;
  return result;
}

void leadership_desk::expire(time_point now) {
  std::erase_if(waiters_, [&](const waiter& x) {
    if (x.deadline > now)
      return false;
    give_up(x, x.id ? "nobody was seen to take over in time"
                    : "no leader was found in time");
    return true;
  });
}

void leadership_desk::close() {
  for (auto& x : waiters_)
    give_up(x, "this member stops");
  waiters_.clear();
}

std::vector<leadership_desk::waiter>::iterator
leadership_desk::find(request_id id) {
  return std::find_if(waiters_.begin(), waiters_.end(),
                      [id](auto& x) { return x.id && x.id == id; });
}

/// A transfer may have begun, and end well.
void leadership_desk::give_up(const waiter& who, std::string text) {
  answer(who, who.id ? errc::outcome_unknown : errc::no_leader, {},
         std::move(text));
}

void leadership_desk::answer(const waiter& who, errc code, bytes content,
                             std::string text) {
  post(
    self_, who.reply_to,
    outcome{who.client_id, code, std::move(content), {}, std::move(text), {}});
}

} // namespace caf::raft

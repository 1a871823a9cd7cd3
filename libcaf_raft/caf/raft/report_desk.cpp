#include "caf/raft/report_desk.hpp"

#include <algorithm>

namespace caf::raft {

request_id report_desk::ask(const get_status& msg) {
  statuses_[++last_] = msg;
  return last_;
}

request_id report_desk::ask(const get_log& msg) {
  pages_[++last_].question = msg;
  return last_;
}

std::vector<request_id> report_desk::unanswered() const {
  std::vector<request_id> result;
  for (auto& [id, unused] : statuses_)
    result.push_back(id);
  for (auto& [id, x] : pages_)
    if (x.bounds.id == server_id{})
      result.push_back(id);
  return result;
}

void report_desk::answer(request_id id, const status& value) {
  auto i = statuses_.find(id);
  if (i == statuses_.end())
    return;
  post(self_, i->second.reply_to, status_report{i->second.id, value});
  statuses_.erase(i);
}

const report_desk::page_order* report_desk::page(request_id id,
                                                 const status& value) {
  auto i = pages_.find(id);
  if (i == pages_.end())
    return nullptr;
  auto& x = i->second;
  x.bounds = value;
  auto first = std::max(x.question.from, value.first_index);
  auto end = value.last_index + 1;
  auto wanted = std::min<uint64_t>(x.question.limit, 10'000);
  x.order.first = std::min(first, end);
  x.order.last = std::min(x.order.first + wanted, end);
  return &x.order;
}

void report_desk::answer_page(request_id id, const log_read& content) {
  auto i = pages_.find(id);
  if (i == pages_.end())
    return;
  auto& x = i->second;
  log_page result;
  result.id = x.question.id;
  result.first_index = x.bounds.first_index;
  result.last_index = x.bounds.last_index;
  result.commit_index = x.bounds.commit_index;
  if (content.content) {
    result.content = *content.content;
  } else {
    result.code = content.content.error().code;
    result.text = content.content.error().text;
  }
  post(self_, x.question.reply_to, std::move(result));
  pages_.erase(i);
}

void report_desk::add(const subscribe& msg, const group_event& now) {
  subscribers_.push_back(actor_cast<weak_actor_ptr>(msg.who));
  for (auto kind : {group_event::kind_t::role, group_event::kind_t::leader,
                    group_event::kind_t::commit}) {
    auto event = now;
    event.kind = kind;
    post(self_, msg.who, event);
  }
}

void report_desk::publish(const group_event& what) {
  std::erase_if(subscribers_, [&](const weak_actor_ptr& x) {
    auto who = actor_cast<strong_actor_ptr>(x);
    if (who)
      post(self_, actor_cast<subscriber_actor>(who), what);
    return !who;
  });
}

} // namespace caf::raft

#include "kvnode/response_queue.hpp"

#include <algorithm>

namespace kvnode {

raft::request_id response_queue::open(const reply_plan& plan,
                                      const answer_form& form,
                                      raft::time_point deadline) {
  slots_.push_back({plan, form, deadline, false, {}});
  return id_of(slots_.size() - 1);
}

bool response_queue::is_open(raft::request_id id) const {
  return id >= first_ && id - first_ < slots_.size()
         && !slots_[id - first_].settled;
}

const reply_plan* response_queue::find(raft::request_id id) const {
  return is_open(id) ? &slots_[id - first_].plan : nullptr;
}

void response_queue::settle(raft::request_id id, const http_answer& what,
                            std::string& out) {
  if (!is_open(id))
    return;
  auto& found = slots_[id - first_];
  found.settled = true;
  auto is_first = id == first_;
  append(is_first ? out : found.text, what, found.form);
  if (!is_first) {
    held_bytes_ += found.text.size();
    return;
  }
  slots_.pop_front();
  ++first_;
  while (!slots_.empty() && slots_.front().settled) {
    out += slots_.front().text;
    held_bytes_ -= slots_.front().text.size();
    slots_.pop_front();
    ++first_;
  }
}

void response_queue::end_with_last() {
  if (!slots_.empty() && !slots_.back().settled)
    slots_.back().form.last = true;
}

std::vector<raft::request_id> response_queue::late(raft::time_point now) const {
  std::vector<raft::request_id> result;
  for (size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].settled && slots_[i].deadline <= now)
      result.push_back(id_of(i));
  return result;
}

raft::time_point response_queue::nearest_deadline() const {
  auto result = raft::time_point::max();
  for (auto& x : slots_)
    if (!x.settled)
      result = std::min(result, x.deadline);
  return result;
}

} // namespace kvnode

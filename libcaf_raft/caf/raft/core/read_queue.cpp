#include "caf/raft/core/read_queue.hpp"

#include "caf/raft/assert.hpp"

#include <utility>

namespace caf::raft::core {

void read_queue::add(reader who) {
  waiting_.push_back(who);
}

bool read_queue::wants_round() const {
  return !waiting_.empty() && underway_.empty();
}

std::optional<round_t> read_queue::underway() const {
  if (underway_.empty())
    return std::nullopt;
  return round_;
}

void read_queue::start(round_t round, index_t commit) {
  CAF_RAFT_ASSERT(wants_round());
  CAF_RAFT_ASSERT(round > round_);
  underway_.swap(waiting_);
  round_ = round;
  index_ = commit;
}

read_queue::confirmed_reads read_queue::confirm(round_t round) {
  if (underway_.empty() || round < round_)
    return {};
  return {index_, std::exchange(underway_, {})};
}

std::vector<reader> read_queue::take_all() {
  auto result = std::exchange(underway_, {});
  result.insert(result.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  return result;
}

} // namespace caf::raft::core

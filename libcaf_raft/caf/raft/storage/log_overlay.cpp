#include "caf/raft/storage/log_overlay.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>

namespace caf::raft::storage {

void log_overlay::add(std::span<const log_write> batch) {
  std::lock_guard guard{mutex_};
  for (auto& x : batch) {
    CAF_RAFT_ASSERT(!x.base);
    auto first = x.truncate_from;
    if (!first && !x.append.empty())
      first = x.append.front().index();
    if (!first)
      continue;
    auto& part = parts_.try_emplace(x.group).first->second;
    if (!part.begin)
      part.begin = first;
    // A truncation may begin below what is here, or behind its end.
    part.begin = std::min(part.begin, first);
    if (x.truncate_from && x.truncate_from < part.end())
      part.xs.resize(x.truncate_from.value - part.begin.value);
    if (x.append.empty())
      continue;
    if (part.xs.empty())
      part.begin = std::min(part.begin, x.append.front().index());
    CAF_RAFT_ASSERT(x.append.front().index() == part.end());
    part.xs.insert(part.xs.end(), x.append.begin(), x.append.end());
  }
}

void log_overlay::clear() {
  std::lock_guard guard{mutex_};
  parts_.clear();
}

std::optional<result_of<entries>>
log_overlay::read(group_id group, index_t first, index_t& last,
                  size_t max_bytes) const {
  std::lock_guard guard{mutex_};
  auto i = parts_.find(group);
  if (i == parts_.end())
    return std::nullopt;
  auto& part = i->second;
  if (first < part.begin) {
    last = std::min(last, part.begin);
    return std::nullopt;
  }
  if (first >= part.end())
    return failure{errc::compacted, "entry " + to_string(first) + " of group "
                                      + to_string(group)
                                      + " is not there: the log ends with "
                                      + to_string(part.end() - 1)};
  entries result;
  size_t total = 0;
  auto end = std::min(last, part.end());
  for (auto index = first; index < end; ++index) {
    auto& x = part.xs[index.value - part.begin.value];
    total += x.record().size();
    if (!result.empty() && total > max_bytes)
      break;
    result.push_back(x);
  }
  return result;
}

} // namespace caf::raft::storage

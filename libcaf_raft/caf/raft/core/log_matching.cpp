#include "caf/raft/core/log_matching.hpp"

#include <algorithm>

namespace caf::raft::core {

match_result match(const log_tail& log, const append_entries& msg) {
  match_result result;
  auto base = log.base().index;
  if (msg.prev.index >= base && !log.has(msg.prev)) {
    result.hint = log.last_not_above(msg.prev);
    return result;
  }
  result.matches = true;
  auto known = [&](const entry& x) {
    return x.index() < base || log.has(x.id());
  };
  auto& xs = msg.entries;
  auto i = std::find_if_not(xs.begin(), xs.end(), known);
  result.first_new = static_cast<size_t>(i - xs.begin());
  if (i != xs.end() && i->index() <= log.last_index())
    result.truncate_from = i->index();
  return result;
}

} // namespace caf::raft::core

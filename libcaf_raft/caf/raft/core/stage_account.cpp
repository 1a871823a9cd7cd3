#include "caf/raft/core/stage_account.hpp"

namespace caf::raft::core {

namespace {

constexpr std::string_view names[]{"queue",  "forward", "append",
                                   "quorum", "apply",   "total"};

} // namespace

void stage_account::add(const stage_times& x) {
  const std::array<timespan, stages> spans{x.queue,  x.forward, x.append,
                                           x.quorum, x.apply,   x.total()};
  for (size_t i = 0; i < stages; ++i)
    if (spans[i].count() > 0)
      all_[i].add(spans[i]);
}

void stage_account::describe(std::string_view request,
                             std::vector<stage_status>& to) const {
  for (size_t i = 0; i < stages; ++i)
    if (auto& x = all_[i]; x.count() > 0)
      to.push_back({request, names[i], x.count(), x.percentile(0.5),
                    x.percentile(0.99), x.largest()});
}

} // namespace caf::raft::core

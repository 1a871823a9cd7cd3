#include "caf/raft/testing/same_everywhere.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>

namespace caf::raft::testing {

namespace {

/// Ends the run.
[[noreturn]] void complain(sim_cluster& sim, const std::string& what) {
  sim.rules().complain(what);
  sim.run_for(std::chrono::milliseconds(1));
  throw invariant_violated(what);
}

} // namespace

bytes same_everywhere(sim_cluster& sim, group_id group, const bytes& query,
                      const std::vector<server_id>& members, timespan limit) {
  using answers = std::map<server_id, bytes>;
  // Answers may come after the time is up.
  auto found = std::make_shared<answers>();
  for (auto id : members) {
    if (!sim.is_up(id))
      complain(sim, fmt::format("member {} is down", id.value));
    sim.submit(id, group, request_kind::query, query, limit,
               [found, id](const outcome& x) {
                 if (x.code == errc::none)
                   found->emplace(id, x.answer);
               });
  }
  sim.run_until([&] { return found->size() == members.size(); }, limit);
  for (auto id : members) {
    auto i = found->find(id);
    if (i == found->end())
      complain(sim, fmt::format("member {} does not answer", id.value));
    if (i->second != found->begin()->second)
      complain(sim,
               fmt::format("the state machines of members {} and {} answer "
                           "a query differently",
                           found->begin()->first.value, id.value));
  }
  return found->empty() ? bytes{} : found->begin()->second;
}

} // namespace caf::raft::testing

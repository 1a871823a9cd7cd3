#include "caf/raft/assert.hpp"
#include "caf/raft/testing/sim_cluster.hpp"

#include <fmt/format.h>

// Changes of the members.

namespace caf::raft::testing {

void sim_cluster::add_member(server_id id) {
  CAF_RAFT_ASSERT(members_.count(id) == 0);
  make_member(id).joins = true;
}

void sim_cluster::change(server_id at, group_id group, raft::change what,
                         bool wait_for_voters, timespan time_left,
                         change_handler f) {
  auto id = ++last_request_;
  tell(request_made{id, at, group, "change of the members"});
  changes_[id] = {at, std::move(f)};
  life(at).change(group, id, std::move(what), wait_for_voters, time_left);
}

void sim_cluster::on_changed(server_id member, const members_changed& what) {
  auto i = changes_.find(what.id);
  if (i == changes_.end()) {
    rules_.complain(fmt::format("member {} answers a change of the members "
                                "twice",
                                member.value));
    return;
  }
  auto f = std::move(i->second.second);
  changes_.erase(i);
  f(what);
}

void sim_cluster::lose_changes(server_id at) {
  members_changed unknown;
  unknown.code = errc::outcome_unknown;
  unknown.text = "the member is gone";
  std::vector<change_handler> lost;
  std::erase_if(changes_, [&](auto& x) {
    if (x.second.first != at)
      return false;
    lost.push_back(std::move(x.second.second));
    return true;
  });
  for (auto& f : lost)
    f(unknown);
}

void sim_cluster::on_removed(server_id member, group_id group) {
  members_.at(member).ended.insert(group);
}

bool sim_cluster::has_ended(server_id id, group_id group) const {
  return members_.at(id).ended.count(group) > 0;
}

} // namespace caf::raft::testing

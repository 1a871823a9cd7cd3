#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"
#include "caf/raft/testing/invariants.hpp"

#include <fmt/format.h>

#include <algorithm>

// What holds of the members of a group.

namespace caf::raft::testing {

placed_configuration newest_members(const sim_disk& disk, group_id group) {
  auto* log = disk.find(group);
  if (log == nullptr)
    return {index_t{}, disk.who().zero};
  for (auto i = log->log.rbegin(); i != log->log.rend(); ++i)
    if (auto conf = i->configuration())
      return {i->index(), conf};
  if (log->base_configuration)
    return {log->base_configuration_index, log->base_configuration};
  return {index_t{}, disk.who().zero};
}

namespace {

bool has_durable(const sim_disk& disk, group_id group, entry_id what) {
  auto* log = disk.find(group);
  if (log == nullptr || disk.durable_index(group) < what.index)
    return false;
  if (what.index <= log->base.index)
    return true;
  auto* x = log->find(what.index);
  return x != nullptr && x->term() == what.term;
}

} // namespace

/// Whether this life of the member has it, if the configuration names that.
bool invariants::is_stored_by(server_id id, group_id group,
                              const configuration& conf, entry_id what) const {
  auto i = disks_.find(id);
  return i != disks_.end()
         && core::names(conf, {id, i->second->who().incarnation})
         && has_durable(*i->second, group, what);
}

/// Also where the next life has not begun yet.
bool invariants::any_wiped() const {
  return any_wiped_
         || std::any_of(disks_.begin(), disks_.end(), [this](auto& x) {
              return lives_.at(x.first) != x.second->who().incarnation;
            });
}

/// Each configuration is appended behind one that is committed (§4.1). Where a
/// directory was lost, those that had the one before may not have it any more.
void invariants::check_members(group_view& group, const sim_disk& disk,
                               const log_write& what) {
  auto before = newest_members(disk, what.group);
  if (what.truncate_from && before.index >= what.truncate_from)
    before = {};
  if (what.base)
    before = {what.base->members_index, what.base->members};
  entry_id last;
  auto* log = disk.find(what.group);
  if (auto* x = log == nullptr ? nullptr : log->find(before.index))
    last = x->id();
  for (auto& x : what.append) {
    const auto& conf = x.configuration();
    if (!conf)
      continue;
    auto is_new = group.configurations.insert(x.id()).second;
    auto is_committed = [&] {
      return group.log.count(before.index) > 0
             || core::is_quorum(*before.value, [&](server_id id) {
                  return is_stored_by(id, what.group, *before.value, last);
                });
    };
    if (is_new && last.index && !any_wiped() && !is_committed())
      complain(
        fmt::format("configuration {} is appended before {} is committed",
                    to_string(x.id()), to_string(last)));
    before = {x.index(), conf};
    last = x.id();
  }
}

void invariants::see_leader(group_view& group, term_t term, server_id leader,
                            group_id id) {
  auto [i, added] = group.leaders.emplace(term, leader);
  if (added)
    check_electorate(group, term, leader, id);
  if (i->second != leader)
    complain(fmt::format("members {} and {} both lead term {}", i->second.value,
                         leader.value, term.value));
}

/// A leader has the votes of a majority as its log says who votes (§4.3): of the
/// very lives that are named there.
void invariants::check_electorate(const group_view& group, term_t term,
                                  server_id leader, group_id id) {
  auto disk = disks_.find(leader);
  if (disk == disks_.end())
    return;
  auto conf = newest_members(*disk->second, id).value;
  if (!conf)
    return;
  auto voted = [&](server_id who) {
    if (who == leader)
      return core::names(*conf, {who, disk->second->who().incarnation});
    auto view = group.members.find(who);
    auto* member = core::find_member(*conf, who);
    if (view == group.members.end() || member == nullptr)
      return false;
    auto vote = view->second.votes.find({term, member->incarnation});
    return vote != view->second.votes.end() && vote->second == leader;
  };
  if (!core::is_quorum(*conf, voted))
    complain(fmt::format("member {} leads term {} without the votes of a "
                         "majority of those that may vote",
                         leader.value, term.value));
}

} // namespace caf::raft::testing

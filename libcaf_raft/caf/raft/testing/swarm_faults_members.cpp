#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"
#include "caf/raft/testing/swarm_faults.hpp"

#include <algorithm>

// Changes of the members, and which members a cluster can lose meanwhile.

namespace caf::raft::testing {

namespace {

constexpr size_t max_members = 7;

/// Including those that were removed.
constexpr size_t max_ids = 12;

/// For so long, what nobody has answered may still come about.
constexpr auto may_come_about = std::chrono::seconds(15);

} // namespace

// -- what can be lost ---------------------------------------------------------

/// What a member that is not damaged has of a group, in order.
std::vector<placed_configuration>
swarm_faults::stored_members(server_id id, group_id group) const {
  auto& disk = sim_.disk(id);
  std::vector<placed_configuration> result{{index_t{}, disk.who().zero}};
  auto* log = disk.find(group);
  if (log == nullptr || rotten_.count(id) > 0)
    return {};
  if (log->base_configuration)
    result = {{log->base_configuration_index, log->base_configuration}};
  for (auto& x : log->log)
    if (auto conf = x.configuration())
      result.push_back({x.index(), conf});
  if (!result.front().value)
    result.erase(result.begin());
  return result;
}

/// The newest configuration that anybody knows to be committed, and all behind
/// it. Who still goes by an older one cannot win an election: of a majority of
/// each configuration since then somebody has a newer log (§4.1). So what those
/// believe that were removed, or lag behind, does not count.
std::vector<configuration_ptr> swarm_faults::acting(group_id group) const {
  index_t newest;
  for (auto id : sim_.ids())
    for (auto& x : stored_members(id, group))
      if (x.index <= sim_.view(id, group).commit_index)
        newest = std::max(newest, x.index);
  std::vector<configuration_ptr> result;
  for (auto id : sim_.ids())
    for (auto& x : stored_members(id, group))
      if (x.index >= newest)
        result.push_back(x.value);
  return result;
}

bool swarm_faults::all_acting(
  const std::function<bool(const configuration&)>& rule) const {
  for (auto group : sim_.groups())
    for (auto& conf : acting(group))
      if (!rule(*conf))
        return false;
  return true;
}

bool swarm_faults::is_intact(const configuration& conf, server_id id) const {
  auto& who = sim_.disk(id).who();
  return rotten_.count(id) == 0 && core::names(conf, {id, who.incarnation});
}

/// Also where everybody becomes a voter.
bool swarm_faults::survives(const configuration& conf, server_id but) const {
  auto intact = [&](server_id id) { return id != but && is_intact(conf, id); };
  size_t left = 0;
  for (auto& x : conf.members)
    left += intact(x.id) ? 1 : 0;
  return 2 * left > conf.members.size() && core::is_quorum(conf, intact);
}

std::vector<server_id> swarm_faults::sound() const {
  auto group = sim_.groups().front();
  placed_configuration newest;
  if (auto leader = sim_.leader(group))
    newest = newest_members(sim_.disk(leader), group);
  for (auto id : sim_.ids())
    if (!newest.value)
      newest = newest_members(sim_.disk(id), group);
  std::vector<server_id> result;
  if (newest.value)
    for (auto& x : newest.value->members)
      if (is_intact(*newest.value, x.id))
        result.push_back(x.id);
  return result;
}

bool swarm_faults::can_recover() const {
  return all_acting([this](const configuration& conf) {
    return core::is_quorum(conf,
                           [&](server_id id) { return is_intact(conf, id); });
  });
}

/// Whether there is still a majority without it, whatever is under way.
bool swarm_faults::can_lose(server_id id) const {
  return open_changes_ == 0 && sim_.now() >= quiet_from_
         && rotten_.count(id) == 0
         && all_acting(
           [&](const configuration& conf) { return survives(conf, id); });
}

// -- changes ------------------------------------------------------------------

std::optional<std::pair<server_id, placed_configuration>>
swarm_faults::somebodys_members() {
  auto at = victim();
  if (!sim_.is_up(at))
    return std::nullopt;
  auto conf = newest_members(sim_.disk(at), group_id{1});
  if (!conf.value)
    return std::nullopt;
  return std::pair{at, conf};
}

/// Somebody who was never a member; nobody where there were enough.
server_id swarm_faults::newcomer(const configuration& conf) {
  for (auto id : sim_.ids())
    if (core::find_member(conf, id) == nullptr && !core::is_removed(conf, id)
        && rotten_.count(id) == 0)
      return id;
  auto next = server_id{sim_.ids().size() + 1};
  if (next.value > max_ids)
    return {};
  sim_.add_member(next);
  return next;
}

bool swarm_faults::request(server_id at, change what) {
  ++open_changes_;
  auto wait = sim_.rng()() % 4 == 0;
  sim_.change(at, group_id{1}, std::move(what), wait, std::chrono::seconds(2),
              [this](const members_changed& x) {
                --open_changes_;
                if (x.code == errc::outcome_unknown)
                  quiet_from_ = sim_.now() + may_come_about;
              });
  return true;
}

bool swarm_faults::add_member() {
  auto found = somebodys_members();
  if (!found || found->second.value->members.size() >= max_members)
    return false;
  auto id = newcomer(*found->second.value);
  if (!id)
    return false;
  // Before it is added, or some time after.
  if (sim_.rng()() % 2 == 0)
    start_member(id);
  else
    restart_later(id);
  change what{change_kind::add,
              {{id, sim_cluster::address(id), sim_.rng()() % 4 != 0}},
              {},
              false};
  return request(found->first, std::move(what));
}

/// Changes one of those that are members, where the others can do without it.
bool swarm_faults::change_one(change_kind kind, bool must_be_voter) {
  auto found = somebodys_members();
  if (!found)
    return false;
  auto& conf = *found->second.value;
  auto& who = conf.members[sim_.rng()() % conf.members.size()];
  if (core::is_voter(conf, who.id) != must_be_voter
      && kind != change_kind::remove)
    return false;
  if (kind != change_kind::promote && !survives(conf, who.id))
    return false;
  change what{kind, {{who.id, who.address}}, {}, false};
  if (sim_.rng()() % 2 == 0)
    what.only_at = found->second.index;
  return request(found->first, std::move(what));
}

bool swarm_faults::remove_member() {
  return change_one(change_kind::remove, false);
}

bool swarm_faults::demote() {
  return change_one(change_kind::demote, true);
}

bool swarm_faults::promote() {
  return change_one(change_kind::promote, false);
}

/// Some of those that are members, and now and then a new one.
bool swarm_faults::replace() {
  auto found = somebodys_members();
  if (!found)
    return false;
  auto& conf = *found->second.value;
  change what{change_kind::set, {}, found->second.index, false};
  auto left = conf;
  left.outgoing.clear();
  left.voters.clear();
  std::erase_if(left.members, [this](auto&) { return sim_.rng()() % 4 == 0; });
  for (auto& x : left.members) {
    auto votes = sim_.rng()() % 5 != 0;
    what.members.push_back({x.id, x.address, votes});
    if (votes)
      left.voters.push_back(x.id);
  }
  if (left.voters.empty() || !survives(left, {}) || !survives(conf, {}))
    return false;
  if (sim_.rng()() % 2 == 0 && left.members.size() < max_members)
    if (auto id = newcomer(conf)) {
      restart_later(id);
      what.members.push_back({id, sim_cluster::address(id), true});
    }
  return request(found->first, std::move(what));
}

} // namespace caf::raft::testing

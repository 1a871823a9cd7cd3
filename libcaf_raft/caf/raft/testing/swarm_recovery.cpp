#include "caf/raft/testing/swarm_recovery.hpp"

#include "caf/raft/core/membership.hpp"
#include "caf/raft/testing/describe.hpp"
#include "caf/raft/testing/swarm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace caf::raft::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Of a log that a snapshot stands for, the last entry of that.
entry_id last_of(const sim_disk::group_log* log) {
  if (log == nullptr)
    return {};
  return log->log.empty() ? log->base : log->log.back().id();
}

} // namespace

swarm_recovery::swarm_recovery(sim_cluster& sim, std::set<server_id> rotten)
  : sim_(sim),
    rotten_(std::move(rotten)) {
  // nop
}

void swarm_recovery::run(std::deque<swarm_clients>& clients) {
  for (auto group : sim_.groups()) {
    demand([&] { return bool{sim_.leader(group)}; }, "has a leader");
    demand([&] { return members_are_settled(group); },
           "has done with changes of its members: "
             + describe(members_of(group)));
    sound_.clear();
    for (auto& x : members_of(group).members)
      if (rotten_.count(x.id) == 0)
        sound_.push_back(x.id);
    for (auto id : sound_)
      write_at(id, group);
    demand([&] { return logs_are_equal(group); },
           "has equal logs, but" + state_of(group));
    demand([&] { return removed_have_ended(group); },
           "has told whom it removed");
  }
  // All groups have the same members, if not the same configurations.
  for (auto& x : clients)
    for (auto id : sound_)
      x.read_all(id);
  demand([&] { return sim_.open_requests() == 0; },
         "has answered every request");
  for (auto id : sound_)
    sim_.rules().check_complete(sim_.disk(id));
  sim_.step(sim_.now());
}

void swarm_recovery::demand(const std::function<bool()>& what,
                            const std::string& text) {
  if (!sim_.run_until(what, seconds(60)))
    throw swarm_failure(fmt::format("a minute after all was healed the cluster "
                                    "is not one that {}",
                                    text));
}

configuration swarm_recovery::members_of(group_id group) {
  auto leader = sim_.leader(group);
  return leader ? *newest_members(sim_.disk(leader), group).value
                : configuration{};
}

/// Where somebody is to leave, all that come wait for each other; those whose disk
/// is damaged never come.
bool swarm_recovery::members_are_settled(group_id group) {
  auto conf = members_of(group);
  auto is_rotten = [this](auto& x) { return rotten_.count(x.id) > 0; };
  auto& xs = conf.members;
  auto comes = [](auto& x) { return x.promote; };
  auto leaves = [](auto& x) { return x.leave; };
  auto is_stuck = std::any_of(xs.begin(), xs.end(), leaves)
                  && std::any_of(xs.begin(), xs.end(), [&](auto& x) {
                       return comes(x) && is_rotten(x);
                     });
  return !xs.empty() && !core::is_joint(conf)
         && (is_stuck || std::all_of(xs.begin(), xs.end(), [&](auto& x) {
               return (!comes(x) || is_rotten(x)) && !leaves(x);
             }));
}

/// Who has an empty directory was never a member.
bool swarm_recovery::removed_have_ended(group_id group) {
  for (auto id : members_of(group).removed)
    if (rotten_.count(id) == 0 && sim_.disk(id).who().cluster
        && !sim_.has_ended(id, group))
      return false;
  return true;
}

void swarm_recovery::write_at(server_id id, group_id group) {
  auto done = false;
  auto tries = 0;
  std::function<void()> one_try = [&] {
    ++tries;
    sim_.submit(id, group, request_kind::command,
                to_bytes(fmt::format("put last v{}", tries)), seconds(2),
                [&](const outcome& x) {
                  if (x.code == errc::none)
                    done = true;
                  else
                    sim_.at(sim_.now() + milliseconds(100), one_try);
                });
  };
  one_try();
  demand([&] { return done; },
         fmt::format("does a new write at member {}", id.value));
}

bool swarm_recovery::logs_are_equal(group_id group) const {
  std::set<entry_id> ends;
  std::set<index_t> commits;
  for (auto id : sound_) {
    auto last = last_of(sim_.disk(id).find(group));
    if (!last.index)
      return false;
    ends.insert(last);
    commits.insert(sim_.view(id, group).commit_index);
  }
  return ends.size() == 1 && commits.size() == 1
         && *commits.begin() == ends.begin()->index;
}

std::string swarm_recovery::state_of(group_id group) const {
  std::string result;
  for (auto id : sound_) {
    auto last = last_of(sim_.disk(id).find(group));
    result += fmt::format(" {}: last {} commit {};", id.value, to_string(last),
                          sim_.view(id, group).commit_index.value);
  }
  return result;
}

} // namespace caf::raft::testing

#include "caf/raft/core/leader_membership.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/change_plan.hpp"
#include "caf/raft/core/membership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace caf::raft::core {

namespace {

/// Whether a change may be proposed now.
result_of<done> may_propose(const leader& self) {
  if (self.handing_over)
    return failure{errc::no_leader, "leadership is being handed over"};
  auto& newest = self.self.log.newest_configuration();
  auto commit = self.self.commit_index;
  auto ok = may_change(newest.index, commit, commit >= self.first_own);
  if (ok && is_joint(*newest.value))
    return failure{errc::rejected,
                   fmt::format("another change is under way: the configuration "
                               "at index {} is a joint one",
                               newest.index.value)};
  return ok;
}

/// Those that are alive must be able to commit the change, and what comes after.
result_of<done> check_quorum(const leader& self, const configuration& next,
                             time_point now, const settings& cfg) {
  if (next.voters == self.self.members().voters && !is_joint(next))
    return done{};
  return keeps_quorum(next, [&](server_id id) {
    return is_alive(self, id, now, cfg);
  });
}

bool is_at(const leader& self, const change& what) {
  return !what.only_at
         || *what.only_at == self.self.log.newest_configuration().index;
}

} // namespace

result_of<change_begun> begin_change(const leader& self, const change& what,
                                     time_point now, const settings& cfg) {
  if (auto ok = may_propose(self); !ok)
    return ok.error();
  auto& newest = self.self.log.newest_configuration();
  if (!is_at(self, what))
    return failure{errc::rejected,
                   fmt::format("the members were changed meanwhile: their "
                               "configuration stands at index {}, not {}",
                               newest.index.value, what.only_at->value)};
  auto target = target_of(*newest.value, what);
  if (!target)
    return target.error();
  auto next = step_towards(*newest.value, *target);
  if (auto ok = validate(next); !ok)
    return ok.error();
  if (auto ok = check_quorum(self, next, now, cfg); !ok)
    return ok.error();
  auto result = is_joint(next) ? leave_joint(next) : next;
  if (what.dry_run || result == *newest.value)
    return change_begun{std::nullopt, std::move(result)};
  return change_begun{std::move(next), std::move(result)};
}

// -- what the leader does by itself -------------------------------------------

namespace {

/// An unformed learner is named under its new incarnation. An unformed voter has
/// lost its directory: it becomes a learner first. Neither while its former life
/// is heard: somebody else may use its id.
std::optional<configuration> take_in(leader& self, time_point now,
                                     const settings& cfg) {
  auto& conf = self.self.members();
  for (auto i = self.unformed.begin(); i != self.unformed.end();) {
    auto id = i->first;
    auto incarnation = i->second;
    auto* known = find_member(conf, id);
    if (known == nullptr || known->incarnation == incarnation) {
      i = self.unformed.erase(i);
      continue;
    }
    ++i;
    // Whose former life was not heard may not have had the time to be.
    auto is_early = known->incarnation
                    && now - self.since < cfg.election_timeout;
    if (is_early || is_alive(self, id, now, cfg))
      continue;
    if (is_learner(conf, id))
      return with_incarnation(conf, id, incarnation);
    return demoted_for_loss(conf, id);
  }
  return std::nullopt;
}

std::optional<configuration> note_addresses(leader& self) {
  auto& conf = self.self.members();
  while (!self.announced.empty()) {
    auto next = self.announced.extract(self.announced.begin());
    change what{change_kind::address, {{next.key(), next.mapped()}}, {}, false};
    auto result = target_of(conf, what);
    if (result && *result != conf)
      return *result;
  }
  return std::nullopt;
}

/// Follows how the learners that are to be promoted catch up.
void follow_learners(leader& self, time_point now, const settings& cfg) {
  auto& conf = self.self.members();
  auto last = self.self.log.last_index();
  std::erase_if(self.catching_up, [&](auto& kv) {
    auto* known = find_member(conf, kv.first);
    return known == nullptr || !known->promote;
  });
  for (auto& x : conf.members) {
    if (!x.promote || !is_alive(self, x.id, now, cfg))
      continue;
    auto [i, is_new] = self.catching_up.try_emplace(x.id, last, now);
    auto peer = self.peers.find(x.id);
    if (peer != self.peers.end())
      i->second.progressed(peer->second.match_index(), last, now,
                           cfg.election_timeout);
  }
}

configuration promote_ready(const leader& self, time_point now,
                            const settings& cfg) {
  return promoted(self.self.members(), [&](server_id id) {
    auto i = self.catching_up.find(id);
    return i != self.catching_up.end() && i->second.ready()
           && id != self.self.self.id && is_alive(self, id, now, cfg);
  });
}

} // namespace

namespace {

/// Whether there may be anything to do: nearly never.
bool is_settled(const leader& self) {
  auto& conf = self.self.members();
  return !is_joint(conf) && self.unformed.empty() && self.announced.empty()
         && std::none_of(conf.members.begin(), conf.members.end(),
                         [](auto& x) { return x.promote || x.leave; });
}

} // namespace

std::optional<configuration> next_configuration(leader& self, time_point now,
                                                const settings& cfg) {
  if (is_settled(self))
    return std::nullopt;
  auto& newest = self.self.log.newest_configuration();
  if (is_joint(*newest.value)) {
    auto commit = self.self.commit_index;
    if (newest.index <= commit && commit >= self.first_own
        && !self.handing_over)
      return leave_joint(*newest.value);
    return std::nullopt;
  }
  follow_learners(self, now, cfg);
  if (!may_propose(self))
    return std::nullopt;
  auto& conf = *newest.value;
  auto target = take_in(self, now, cfg);
  if (!target)
    target = note_addresses(self);
  if (!target)
    target = promote_ready(self, now, cfg);
  auto next = step_towards(conf, *target);
  if (next == conf || !check_quorum(self, next, now, cfg))
    return std::nullopt;
  return next;
}

// -- the log ------------------------------------------------------------------

namespace {

void forget(leader& self, server_id id) {
  self.peers.erase(id);
  self.answered.erase(id);
  self.catching_up.erase(id);
}

/// Begins and ends to follow members as the newest configuration has them.
void follow(leader& self, const configuration& before, time_point now) {
  auto& newest = self.self.log.newest_configuration();
  auto own = self.self.self.id;
  for (auto& x : newest.value->members) {
    // Who becomes a learner again catches up anew.
    if (!x.promote)
      self.catching_up.erase(x.id);
    if (x.id == own)
      continue;
    auto* was = find_member(before, x.id);
    // What another life of it has acknowledged does not count.
    if (was == nullptr || was->incarnation != x.incarnation)
      forget(self, x.id);
    self.peers.try_emplace(x.id, progress{newest.index, now});
  }
  for (auto id : others(before, own))
    if (find_member(*newest.value, id) == nullptr)
      self.leaving.try_emplace(
        id, leader::farewell_to{find_member(before, id)->incarnation,
                                newest.index, now});
}

} // namespace

entry_id append_configuration(leader& self, configuration_ptr what,
                              bytes_view encoded, time_point now) {
  CAF_RAFT_ASSERT(validate(*what));
  auto before = self.self.log.newest_configuration().value;
  CAF_RAFT_ASSERT(self.self.log.newest_configuration().index
                  <= self.self.commit_index);
  auto next = entry::make(self.self.log.last_index() + 1, self.self.term,
                          std::move(what), encoded);
  auto id = next.id();
  append(self, std::move(next));
  follow(self, *before, now);
  return id;
}

// -- what the members say -----------------------------------------------------

void on_unformed_member(leader& self, const sender& who,
                        const std::string& address) {
  auto* known = find_member(self.self.members(), who.id);
  if (known != nullptr && known->address == address
      && known->incarnation != who.incarnation)
    self.unformed[who.id] = who.incarnation;
}

void on_life(leader& self, const sender& who, time_point now,
             const settings& cfg) {
  auto* known = find_member(self.self.members(), who.id);
  if (known == nullptr || known->incarnation == who.incarnation) {
    self.other_lives.erase(who.id);
    return;
  }
  auto [i, is_new] = self.other_lives.try_emplace(who.id, who.incarnation, now);
  if (i->second.first != who.incarnation)
    i->second = {who.incarnation, now};
  // What a former life has said may come late, but not for so long.
  else if (now - i->second.second >= cfg.election_timeout)
    self.unformed[who.id] = who.incarnation;
}

void on_address(leader& self, const sender& who, const std::string& address) {
  auto& conf = self.self.members();
  if (!names(conf, who))
    return;
  if (find_member(conf, who.id)->address != address)
    self.announced[who.id] = address;
  else
    self.announced.erase(who.id);
}

bool told_of_removal(leader& self, server_id id, index_t commit) {
  auto i = self.leaving.find(id);
  if (i == self.leaving.end() || commit < i->second.removed_at)
    return false;
  auto peer = self.peers.find(id);
  // What was sent is not known before the entries before it are there.
  if (peer != self.peers.end()
      && peer->second.match_index() < i->second.removed_at)
    return false;
  self.leaving.erase(i);
  forget(self, id);
  return true;
}

bool give_up_on_removed(leader& self, server_id id, time_point now,
                        const settings& cfg) {
  auto i = self.leaving.find(id);
  if (i == self.leaving.end() || is_alive(self, id, now, cfg)
      || now - i->second.since < cfg.election_timeout)
    return false;
  self.leaving.erase(i);
  forget(self, id);
  return true;
}

bool must_step_down(const leader& self) {
  auto& newest = self.self.log.newest_configuration();
  return newest.index <= self.self.commit_index
         && self.self.commit_index >= self.first_own && !is_joint(*newest.value)
         && !is_voter(*newest.value, self.self.self.id);
}

} // namespace caf::raft::core

#include "caf/raft/testing/invariants.hpp"

#include "caf/raft/core/tenure.hpp"
#include "caf/raft/crc32c.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace caf::raft::testing {

namespace {

uint32_t checksum_of(const entry& x) {
  uint32_t result = 0;
  memcpy(&result, x.record().data(), sizeof(result));
  return result;
}

term_t term_at(const sim_disk::group_log* log, index_t index) {
  if (log == nullptr || !index)
    return term_t{};
  if (index == log->base.index)
    return log->base.term;
  auto* x = log->find(index);
  return x == nullptr ? term_t{} : x->term();
}

/// Of a log as it will be, before the entries of the write are appended.
term_t term_at(const sim_disk::group_log* log, const log_write& what,
               index_t index) {
  auto is_base = what.base && what.base->id.index == index;
  return is_base ? what.base->id.term : term_at(log, index);
}

/// Up to which entry a snapshot stands for the log.
index_t covered(const sim_disk::group_log* log, const log_write& what) {
  auto base = log == nullptr ? index_t{} : log->base.index;
  return what.base ? std::max(base, what.base->id.index) : base;
}

std::string name(server_id x) {
  return "member " + to_string(x);
}

/// Whether only a leader of that term sends this.
bool is_leaders(const message& what) {
  return std::holds_alternative<append_entries>(what)
         || std::holds_alternative<heartbeat>(what)
         || std::holds_alternative<commit_notice>(what)
         || std::holds_alternative<timeout_now>(what);
}

bool is_question_only(const message& what) {
  auto* x = std::get_if<request_vote>(&what);
  auto* y = std::get_if<vote_result>(&what);
  return (x != nullptr && x->pre_vote) || (y != nullptr && y->pre_vote);
}

} // namespace

void invariants::complain(const std::string& what) {
  if (!violation_)
    violation_ = what;
}

void invariants::watch(const sim_disk& disk) {
  disks_[disk.who().id] = &disk;
  lives_[disk.who().id] = disk.who().incarnation;
}

void invariants::assume_committed(const sim_disk& disk, group_id group,
                                  index_t last) {
  auto* log = disk.find(group);
  for (index_t i{1}; i <= last; ++i)
    if (auto* x = log == nullptr ? nullptr : log->find(i))
      see_committed(groups_[group], *x, name(disk.who().id));
}

// -- what is stored -----------------------------------------------------------

void invariants::on_opened(const sim_disk& disk) {
  auto& life = lives_[disk.who().id];
  any_wiped_ |= life != disk.who().incarnation;
  life = disk.who().incarnation;
  for (auto& [id, group] : groups_) {
    auto& view = group.members[disk.who().id];
    auto votes = std::move(view.votes);
    view = {};
    view.votes = std::move(votes);
  }
  for (auto& [id, log] : disk.groups()) {
    auto& group = groups_[id];
    group.members[disk.who().id].stored = log.state;
    see_term(group, log.state.term);
    see_entries(group, log.base.term, log.log);
    for (auto& x : log.log)
      group.begun.insert(x.term());
  }
}

void invariants::on_store(const sim_disk& disk, const log_write& what) {
  auto& group = groups_[what.group];
  if (what.state)
    check_state(group, disk, *what.state);
  check_base(group, disk, what);
  check_truncation(group, disk, what);
  if (what.append.empty())
    return;
  check_new_terms(group, disk, what);
  check_members(group, disk, what);
  auto before = what.append.front().index() - 1;
  see_entries(group, term_at(disk.find(what.group), what, before), what.append);
}

void invariants::check_base(group_view& group, const sim_disk& disk,
                            const log_write& what) {
  if (!what.base)
    return;
  auto& id = what.base->id;
  auto known = group.log.find(id.index);
  if (known != group.log.end() && known->second.id != id)
    complain(fmt::format("the log of {} begins behind {}, but {} is committed",
                         name(disk.who().id), to_string(id),
                         to_string(known->second.id)));
}

void invariants::check_state(group_view& group, const sim_disk& disk,
                             const hard_state& next) {
  auto& last = group.members[disk.who().id].stored;
  if (next.term < last.term)
    complain(fmt::format("{} stores term {} after term {}", name(disk.who().id),
                         next.term.value, last.term.value));
  if (next.term == last.term && last.voted_for
      && next.voted_for != last.voted_for)
    complain(fmt::format("{} stores a vote for {} in term {} after one for {}",
                         name(disk.who().id), next.voted_for.value,
                         next.term.value, last.voted_for.value));
  last = next;
  see_term(group, next.term);
}

void invariants::check_truncation(group_view& group, const sim_disk& disk,
                                  const log_write& what) {
  auto* log = disk.find(what.group);
  if (!what.truncate_from || log == nullptr)
    return;
  auto id = disk.who().id;
  auto term = group.members[id].stored.term;
  auto leader = group.leaders.find(term);
  if (leader != group.leaders.end() && leader->second == id
      && what.truncate_from <= log->last_index())
    complain(fmt::format("{}, which leads term {}, removes entries from {} on",
                         name(id), term.value, what.truncate_from.value));
  for (auto i = what.truncate_from; i <= log->last_index(); ++i) {
    auto found = group.log.find(i);
    if (found != group.log.end() && found->second.id.term == term_at(log, i))
      complain(fmt::format("{} removes entry {}, which is committed",
                           name(disk.who().id), to_string(found->second.id)));
  }
}

/// The first entry of a term anywhere is its leader's, so what is before it is
/// the log with which that leader began.
void invariants::check_new_terms(group_view& group, const sim_disk& disk,
                                 const log_write& what) {
  auto* log = disk.find(what.group);
  for (auto& x : what.append) {
    if (!group.begun.insert(x.term()).second)
      continue;
    see_term(group, x.term());
    auto last = std::find_if(group.log.rbegin(), group.log.rend(),
                             [&](const auto& kvp) {
                               return kvp.second.known_in < x.term();
                             });
    if (last == group.log.rend() || last->first < covered(log, what))
      continue;
    auto& id = last->second.id;
    auto term = term_t{};
    if (id.index >= what.append.front().index() && id.index < x.index())
      term = what.append[id.index - what.append.front().index()].term();
    else if (id.index < what.append.front().index())
      term = term_at(log, what, id.index);
    if (term != id.term)
      complain(fmt::format("the leader of term {} does not have entry {}, "
                           "which was committed before",
                           x.term().value, to_string(id)));
  }
}

void invariants::see_entries(group_view& group, term_t before,
                             const entries& xs) {
  for (auto& x : xs) {
    fingerprint seen{checksum_of(x), before};
    auto [i, added] = group.entries.emplace(x.id(), seen);
    if (!added && i->second != seen)
      complain(fmt::format("there are two entries {}, or two before it",
                           to_string(x.id())));
    before = x.term();
  }
}

// -- what is sent -------------------------------------------------------------

void invariants::on_sent(server_id to, const envelope& what) {
  auto& group = groups_[what.group];
  auto from = core::sender_of(what.body).id;
  auto term = core::term_of(what.body);
  if (!is_question_only(what.body))
    see_term(group, term);
  if (is_leaders(what.body))
    see_leader(group, term, from, what.group);
  if (auto* x = std::get_if<append_entries>(&what.body))
    see_entries(group, x->prev.term, x->entries);
  auto disk = disks_.find(from);
  if (disk == disks_.end())
    return;
  if (auto* x = std::get_if<vote_result>(&what.body))
    check_promise(group, to, *x, *disk->second, what.group);
  if (auto* x = std::get_if<append_result>(&what.body))
    check_promise(*x, *disk->second, what.group);
  if (is_leaders(what.body))
    check_own_vote(from, term, *disk->second, what.group);
}

void invariants::check_own_vote(server_id leader, term_t term,
                                const sim_disk& disk, group_id id) {
  auto durable = disk.durable_state(id);
  if (durable.term < term
      || (durable.term == term && durable.voted_for != leader))
    complain(fmt::format("{} leads term {} before its own vote is durable",
                         name(leader), term.value));
}

void invariants::check_promise(group_view& group, server_id to,
                               const vote_result& msg, const sim_disk& disk,
                               group_id id) {
  if (!msg.granted || msg.pre_vote)
    return;
  auto& votes = group.members[msg.from.id].votes;
  auto [i, added] = votes.emplace(std::pair{msg.term, msg.from.incarnation},
                                  to);
  if (i->second != to)
    complain(fmt::format("{} votes for {} and for {} in term {}",
                         name(msg.from.id), i->second.value, to.value,
                         msg.term.value));
  auto durable = disk.durable_state(id);
  if (durable.term < msg.term
      || (durable.term == msg.term && durable.voted_for != to))
    complain(fmt::format("{} gives {} its vote in term {} before that is "
                         "durable",
                         name(msg.from.id), to.value, msg.term.value));
}

void invariants::check_promise(const append_result& msg, const sim_disk& disk,
                               group_id id) {
  if (!msg.success)
    return;
  auto durable = disk.durable_state(id);
  if (durable.term > msg.term)
    return;
  if (durable.term < msg.term)
    complain(fmt::format("{} acknowledges entries in term {} before that term "
                         "is durable",
                         name(msg.from.id), msg.term.value));
  if (disk.durable_index(id) < msg.index)
    complain(fmt::format("{} acknowledges entry {} before it is durable",
                         name(msg.from.id), msg.index.value));
}

void invariants::see_term(group_view& group, term_t term) {
  group.newest_term = std::max(group.newest_term, term);
}

// -- what is applied and answered ---------------------------------------------

void invariants::on_applied(group_id id, server_id member, index_t index,
                            bytes_view command) {
  auto& group = groups_[id];
  auto& view = group.members[member];
  if (index <= view.applied)
    complain(fmt::format("{} applies entry {} after entry {}", name(member),
                         index.value, view.applied.value));
  auto before = std::exchange(view.applied, index);
  auto* disk = disks_[member];
  auto* log = disk->find(id);
  auto* x = log == nullptr ? nullptr : log->find(index);
  if (x == nullptr || disk->durable_index(id) < index) {
    complain(fmt::format("{} applies entry {} before it is durable there",
                         name(member), index.value));
    return;
  }
  auto stored = x->payload();
  if (!std::equal(command.begin(), command.end(), stored.begin(), stored.end()))
    complain(fmt::format("{} applies something else than entry {}",
                         name(member), index.value));
  // What is before a committed entry is committed, no-ops too.
  for (auto i = before + 1; i <= index; ++i)
    if (auto* y = log->find(i))
      see_committed(group, *y, name(member));
}

void invariants::on_answered(group_id id, server_id member, index_t index,
                             bytes_view answer) {
  auto& log = groups_[id].log;
  auto i = log.find(index);
  if (i == log.end())
    return;
  auto seen = crc32c(0, answer);
  if (i->second.answer && *i->second.answer != seen)
    complain(fmt::format("the state machine of {} answers entry {} otherwise "
                         "than another member's",
                         name(member), to_string(i->second.id)));
  i->second.answer = seen;
}

void invariants::on_loaded(group_id id, server_id member, index_t last) {
  auto& view = groups_[id].members[member];
  view.applied = std::max(view.applied, last);
}

void invariants::see_committed(group_view& group, const entry& what,
                               const std::string& who) {
  committed seen{what.id(), checksum_of(what), group.newest_term};
  auto [i, added] = group.log.emplace(what.index(), seen);
  auto& known = i->second;
  if (known.id != seen.id || known.checksum != seen.checksum)
    complain(fmt::format("{} applies entry {}, but entry {} is committed there",
                         who, to_string(seen.id), to_string(known.id)));
  known.known_in = std::min(known.known_in, seen.known_in);
}

void invariants::on_event(group_id id, server_id member,
                          const group_event& what) {
  auto& group = groups_[id];
  auto& view = group.members[member];
  if (what.term < view.term)
    complain(fmt::format("{} is in term {} after term {}", name(member),
                         what.term.value, view.term.value));
  view.term = what.term;
  if (what.role == role_name::leader)
    see_leader(group, what.term, member, id);
  if (what.leader)
    see_leader(group, what.term, what.leader, id);
  if (what.commit_index < view.commit)
    complain(fmt::format("the commit index of {} goes back from {} to {}",
                         name(member), view.commit.value,
                         what.commit_index.value));
  view.commit = what.commit_index;
}

void invariants::on_done(group_id id, entry_id entry) {
  auto& group = groups_[id];
  group.acknowledged = std::max(group.acknowledged, entry.index);
  auto& log = group.log;
  auto i = log.find(entry.index);
  if (i == log.end() || i->second.id != entry)
    complain(fmt::format("a client was told that entry {} is done, but it is "
                         "not committed",
                         to_string(entry)));
}

index_t invariants::acknowledged(group_id id) const {
  auto i = groups_.find(id);
  return i == groups_.end() ? index_t{} : i->second.acknowledged;
}

void invariants::on_read(group_id id, server_id member, index_t must_see) {
  auto applied = groups_[id].members[member].applied;
  if (applied < must_see)
    complain(fmt::format("{} answers a read after entry {}, but entry {} was "
                         "acknowledged before the read",
                         name(member), applied.value, must_see.value));
}

void invariants::check_complete(const sim_disk& disk) {
  for (auto& [id, group] : groups_) {
    auto* log = disk.find(id);
    // A snapshot stands for what is before the base.
    auto first = log == nullptr ? index_t{} : log->base.index;
    for (auto& [index, x] : group.log)
      if (index >= first && term_at(log, index) != x.id.term)
        complain(fmt::format("{} does not have entry {}, which is committed",
                             name(disk.who().id), to_string(x.id)));
  }
}

size_t invariants::committed_entries(group_id group) const {
  auto i = groups_.find(group);
  return i == groups_.end() ? 0 : i->second.log.size();
}

} // namespace caf::raft::testing

#include "caf/raft/core/follower.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/log_matching.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

/// Whether the log has stored the term.
bool term_is_durable(const follower& self) {
  return self.self.log.stored_write() >= self.begun_with;
}

append_result success(follower& self, index_t index) {
  self.owes_answer = false;
  self.acknowledged = std::max(self.acknowledged, index);
  return {self.self.self, self.self.term, self.leader_tenure, true, index, {}};
}

/// Replaces what conflicts by what is new.
log_write take(follower& self, const append_entries& msg,
               const match_result& found) {
  auto& log = self.self.log;
  log_write result;
  result.group = self.self.group;
  result.number = log.next_write();
  result.truncate_from = found.truncate_from;
  if (found.truncate_from) {
    // No leader lacks what is committed (§3.6.3), and none takes back what it
    // sent itself.
    CAF_RAFT_ASSERT(found.truncate_from > self.self.commit_index);
    CAF_RAFT_ASSERT(found.truncate_from > self.accepted);
    log.truncate(found.truncate_from);
  }
  auto first_new = msg.entries.begin()
                   + static_cast<std::ptrdiff_t>(found.first_new);
  result.append.assign(first_new, msg.entries.end());
  log.append(result.append, result.number);
  return result;
}

/// What the leader says is committed, of what we acknowledged.
void follow_commit(follower& self, index_t commit) {
  if (commit <= self.self.log.last_index())
    advance_commit(self.self, commit);
}

} // namespace

follower become_follower(tenure self, time_point now, const settings& cfg,
                         uint64_t draw) {
  follower result;
  result.self = std::move(self);
  result.self.leader = server_id{};
  result.timeout = random_timeout(cfg, draw);
  result.election_deadline
    = result.self.election_due.value_or(now + result.timeout);
  result.begun_with = result.self.log.newest_write();
  return result;
}

// -- votes (§3.4, §3.6.1) -----------------------------------------------------

bool grant_vote(tenure& self, const request_vote& msg) {
  CAF_RAFT_ASSERT(msg.term == self.term);
  CAF_RAFT_ASSERT(!msg.pre_vote);
  if (self.voted_for && self.voted_for != msg.from.id)
    return false;
  if (msg.last < self.log.last())
    return false;
  self.voted_for = msg.from.id;
  return true;
}

bool grant_pre_vote(const tenure& self, const request_vote& msg,
                    bool leader_is_alive) {
  CAF_RAFT_ASSERT(msg.pre_vote);
  if (leader_is_alive || msg.term < self.term)
    return false;
  if (msg.term == self.term && self.voted_for && self.voted_for != msg.from.id)
    return false;
  return msg.last >= self.log.last();
}

vote_result pre_vote_answer(const tenure& self, const request_vote& msg,
                            bool granted) {
  return {self.self, granted ? msg.term : self.term, msg.tenure, true, granted};
}

// -- the leader's messages (§3.5) ---------------------------------------------

void hear_leader(follower& self, const sender& from, tenure_id leader_tenure,
                 time_point now) {
  auto& leader = self.self.leader;
  CAF_RAFT_ASSERT(from.id != self.self.self.id);
  CAF_RAFT_ASSERT(!leader || leader == from.id);
  leader = from.id;
  if (self.leader_tenure != leader_tenure) {
    self.leader_tenure = leader_tenure;
    self.accepted = index_t{};
    self.acknowledged = index_t{};
    self.owes_answer = false;
  }
  self.leader_heard = now;
  self.election_deadline = now + self.timeout;
}

std::optional<append_result> accept_up_to(follower& self, index_t index) {
  self.accepted = std::max(self.accepted, index);
  advance_commit(self.self, index);
  if (term_is_durable(self))
    return success(self, std::min(index, self.self.log.durable_index()));
  self.owes_answer = true;
  return std::nullopt;
}

append_outcome on_append(follower& self, const append_entries& msg,
                         time_point now, bool has_room) {
  CAF_RAFT_ASSERT(msg.term == self.self.term);
  hear_leader(self, msg.from, msg.tenure, now);
  append_outcome result;
  auto found = match(self.self.log, msg);
  if (!found.matches) {
    result.answer = append_result{self.self.self, self.self.term, msg.tenure,
                                  false,          msg.prev.index, found.hint};
    return result;
  }
  if (found.first_new < msg.entries.size()) {
    if (!has_room)
      return result;
    result.write = take(self, msg, found);
  }
  auto last = msg.entries.empty() ? msg.prev.index : msg.entries.back().index();
  self.accepted = std::max(self.accepted, last);
  advance_commit(self.self, std::min(msg.commit, last));
  auto durable = std::min(last, self.self.log.durable_index());
  if (durable != last && !msg.entries.empty())
    return result;
  if (term_is_durable(self))
    result.answer = success(self, durable);
  else
    self.owes_answer = true;
  return result;
}

heartbeat_result on_heartbeat(follower& self, const heartbeat& msg,
                              time_point now) {
  CAF_RAFT_ASSERT(msg.term == self.self.term);
  hear_leader(self, msg.from, msg.tenure, now);
  follow_commit(self, msg.commit);
  return {self.self.self, self.self.term, msg.tenure, msg.round};
}

bool lacks_acknowledged(const follower& self, const heartbeat& msg) {
  return msg.life == self.self.self.incarnation
         && msg.acknowledged > self.self.log.last_index();
}

void on_commit_notice(follower& self, const commit_notice& msg) {
  CAF_RAFT_ASSERT(msg.term == self.self.term);
  follow_commit(self, msg.commit);
}

std::optional<append_result> acknowledge(follower& self,
                                         const durable<write_id>& stored) {
  auto& log = self.self.log;
  log.stored(stored);
  if (!term_is_durable(self))
    return std::nullopt;
  auto index = std::min(self.accepted, log.durable_index());
  if (index <= self.acknowledged && !self.owes_answer)
    return std::nullopt;
  return success(self, index);
}

// -- elections ----------------------------------------------------------------

bool election_due(const follower& self, time_point now) {
  return now >= self.election_deadline && may_campaign(self.self);
}

bool leader_is_alive(const follower& self, time_point now, const settings& cfg,
                     server_id asking) {
  auto& leader = self.self.leader;
  return leader && leader != asking
         && now - self.leader_heard < cfg.election_timeout;
}

} // namespace caf::raft::core

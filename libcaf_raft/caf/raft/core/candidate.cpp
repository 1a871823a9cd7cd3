#include "caf/raft/core/candidate.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"

namespace caf::raft::core {

namespace {

candidate begin(tenure self, time_point now, const settings& cfg,
                uint64_t draw) {
  CAF_RAFT_ASSERT(may_campaign(self));
  candidate result;
  result.self = std::move(self);
  result.self.leader = server_id{};
  result.deadline = now + random_timeout(cfg, draw);
  result.self.election_due = result.deadline;
  return result;
}

/// The term that is asked for.
term_t wanted_term(const candidate& self) {
  return self.pre_vote ? self.self.term + 1 : self.self.term;
}

} // namespace

candidate become_pre_candidate(tenure self, time_point now, const settings& cfg,
                               uint64_t draw) {
  auto result = begin(std::move(self), now, cfg, draw);
  result.pre_vote = true;
  result.votes.emplace(result.self.self.id, true);
  return result;
}

candidate become_candidate(tenure self, bool transfer, time_point now,
                           const settings& cfg, uint64_t draw) {
  CAF_RAFT_ASSERT(self.voted_for == self.self.id);
  auto result = begin(std::move(self), now, cfg, draw);
  result.transfer = transfer;
  return result;
}

request_vote ask(const candidate& self) {
  return {self.self.self, wanted_term(self), self.self.number,
          self.pre_vote,  self.transfer,     self.self.log.last()};
}

tally_result count_own_vote(candidate& self, write_id stored_by,
                            const durable<write_id>& stored) {
  self.self.log.stored(stored);
  if (!self.pre_vote && *stored >= stored_by)
    self.votes.emplace(self.self.self.id, true);
  return tally(self);
}

tally_result count(candidate& self, const vote_result& msg) {
  auto is_answer = msg.tenure == self.self.number
                   && msg.pre_vote == self.pre_vote
                   && (!msg.granted || msg.term == wanted_term(self));
  if (is_answer && msg.from.id != self.self.self.id
      && names(self.self.members(), msg.from))
    self.votes.emplace(msg.from.id, msg.granted);
  return tally(self);
}

tally_result tally(const candidate& self) {
  auto result = tally(self.self.members(), self.votes);
  if (result == tally_result::won && self.votes.count(self.self.self.id) == 0)
    return tally_result::pending;
  return result;
}

} // namespace caf::raft::core

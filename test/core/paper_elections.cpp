// Claims of the Raft dissertation about elections: §3.3, §3.4, §3.6.1, §3.8,
// §3.10, §4.2.3, §6.2 and §9.6.

#include "caf/raft/core/candidate.hpp"
#include "caf/raft/core/follower.hpp"

#include "core/fixture.hpp"

#include <algorithm>
#include <random>
#include <type_traits>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr tenure_id asking{500};

request_vote vote_of(uint64_t id, uint64_t term, entry_id last) {
  return {member_sender(id), term_t{term}, asking, false, false, last};
}

request_vote pre_vote_of(uint64_t id, uint64_t term, entry_id last) {
  return {member_sender(id), term_t{term}, asking, true, false, last};
}

passage fence_of(const tenure& self, const message& what,
                 bool leader_is_alive = false) {
  return fence(self.term, self.number, what, leader_is_alive);
}

/// What member `self` answers to a pre-vote, in whichever term it is.
vote_result answer_pre_vote(const tenure& self, const request_vote& msg,
                            bool leader_is_alive = false) {
  if (fence_of(self, msg, leader_is_alive) == passage::refuse)
    return std::get<vote_result>(*answer_stale(self.self, self.term, msg));
  auto granted = grant_pre_vote(self, msg, leader_is_alive);
  return pre_vote_answer(self, msg, granted);
}

/// A follower that heard member 2, the leader of term 5, at `t0`.
follower with_leader(uint64_t id, const log_tail& log) {
  auto self = become_follower(tenure_of(id, 5, log), t0, settings{}, 0);
  on_heartbeat(self,
               {member_sender(2), term_t{5}, tenure_id{2}, round_t{1}, {}}, t0);
  return self;
}

} // namespace

// -- terms, §3.3 --------------------------------------------------------------

TEST_CASE("whoever sees a newer term enters it, as a follower, §3.3") {
  auto self = tenure_of(1, 5, log_of({1}));
  self.voted_for = server_id{1};
  message msg = append_entries{member_sender(3), term_t{7}, tenure_id{3},
                               at(1, 1),         {},        {}};
  CHECK(fence_of(self, msg) == passage::newer_term);
  auto next = next_tenure(self, term_of(msg), tenure_id{6});
  CHECK(next.state() == hard_state{term_t{7}, server_id{}});
  CHECK(fence_of(next, msg) == passage::deliver);
}

TEST_CASE("requests of an older term are refused, §3.3") {
  auto self = tenure_of(1, 5, log_of({1}));
  auto msg = vote_of(2, 4, at(9, 4));
  CHECK(fence_of(self, msg) == passage::refuse);
}

// -- votes, §3.4 --------------------------------------------------------------

TEST_CASE("each server votes for at most one candidate in a term, §3.4") {
  auto self = tenure_of(1, 5, log_of({1}));
  CHECK(grant_vote(self, vote_of(2, 5, at(1, 1))));
  CHECK_FALSE(grant_vote(self, vote_of(3, 5, at(1, 1))));
  auto next = next_tenure(self, term_t{6}, tenure_id{6});
  CHECK(grant_vote(next, vote_of(3, 6, at(1, 1))));
}

TEST_CASE("a candidate that steps down in its term does not vote again, §3.4") {
  // CCF 8091, nebula 3415, eliben/raft 27: its vote was its own.
  auto self = tenure_of(1, 5, log_of({1}));
  self.voted_for = server_id{1};
  auto running = become_candidate(self, false, t0, settings{}, 0);
  auto next = become_follower(
    next_tenure(running.self, term_t{5}, tenure_id{6}), t0, settings{}, 0);
  CHECK_FALSE(grant_vote(next.self, vote_of(3, 5, at(9, 4))));
}

TEST_CASE("a pre-candidate keeps the vote of its followership, §9.6") {
  auto self = tenure_of(1, 5, log_of({1}));
  CHECK(grant_vote(self, vote_of(2, 5, at(1, 1))));
  auto asks = become_pre_candidate(self, t0, settings{}, 0);
  CHECK_FALSE(grant_vote(asks.self, vote_of(3, 5, at(1, 1))));
  CHECK(grant_vote(asks.self, vote_of(2, 5, at(1, 1))));
  auto next = next_tenure(asks.self, term_t{5}, tenure_id{6});
  CHECK_FALSE(grant_vote(next, vote_of(3, 5, at(1, 1))));
}

TEST_CASE("a vote holds over a restart, §3.8") {
  // hashicorp/raft 661: term and vote are one state, stored as one.
  auto self = tenure_of(1, 5, log_of({1}));
  grant_vote(self, vote_of(2, 5, at(1, 1)));
  auto state = self.state();
  CHECK(state == hard_state{term_t{5}, server_id{2}});
  auto restarted = tenure_of(1, state.term.value, log_of({1}));
  restarted.voted_for = state.voted_for;
  auto again = become_follower(restarted, t0, settings{}, 0);
  CHECK_FALSE(grant_vote(again.self, vote_of(3, 5, at(9, 4))));
}

TEST_CASE("nothing but the log can say that something is durable, §3.8") {
  static_assert(!std::is_constructible_v<durable<write_id>, write_id>);
  static_assert(!std::is_convertible_v<write_id, durable<write_id>>);
  CHECK(*durable<write_id>{} == write_id{});
}

TEST_CASE("late votes of an older candidacy are ignored, §3.4") {
  // little-raft 44.
  auto self = tenure_of(1, 6, log_of({1}));
  self.voted_for = server_id{1};
  auto running = become_candidate(self, false, t0, settings{}, 0);
  vote_result late{member_sender(2), term_t{5}, tenure_id{1005}, false, true};
  CHECK(fence_of(running.self, late) == passage::drop);
  // Nor do those of the same term from before a restart or a step-down count.
  late.term = term_t{6};
  CHECK(fence_of(running.self, late) == passage::drop);
  count(running, late);
  CHECK(running.votes.empty());
}

TEST_CASE("a candidate follows a leader of its own term, §3.4") {
  auto self = tenure_of(1, 5, log_of({1}));
  self.voted_for = server_id{1};
  auto running = become_candidate(self, false, t0, settings{}, 0);
  append_entries msg{member_sender(2), term_t{5}, tenure_id{2},
                     at(1, 1),         {},        {}};
  CHECK(fence_of(running.self, msg) == passage::deliver);
  auto next = become_follower(
    next_tenure(running.self, term_t{5}, tenure_id{6}), t0, settings{}, 0);
  CHECK(on_append(next, msg, t0, true).answer->success);
  CHECK(next.self.leader == server_id{2});
  CHECK(next.self.voted_for == server_id{1});
}

TEST_CASE("a split vote ends without a winner, and the next term decides, "
          "§3.4") {
  auto members = conf({1, 2, 3, 4});
  auto self = tenure_of(1, 5, log_of({1}, members));
  self.voted_for = server_id{1};
  auto number = self.log.next_write();
  auto running = become_candidate(self, false, t0, settings{}, 0);
  count_own_vote(running, number, stored(number));
  auto say = [&](uint64_t id, bool granted) {
    return count(running, {member_sender(id), term_t{5}, running.self.number,
                           false, granted});
  };
  CHECK(say(2, true) == tally_result::pending);
  CHECK(say(3, false) == tally_result::pending);
  CHECK(say(4, false) == tally_result::lost);
  auto next = next_tenure(running.self, term_t{6}, tenure_id{6});
  CHECK(next.voted_for == server_id{});
}

TEST_CASE("random timeouts leave time for one to win before the others start, "
          "§3.4") {
  // Five servers, timeouts between 150 and 300 ms: in most elections the first
  // is more than 10 ms before the second (§9.3 measures how that plays out).
  settings cfg;
  cfg.election_timeout = 150ms;
  std::mt19937_64 generator{7};
  int clear = 0;
  for (int i = 0; i < 10'000; ++i) {
    timespan xs[5];
    for (auto& x : xs)
      x = random_timeout(cfg, generator());
    std::sort(std::begin(xs), std::end(xs));
    if (xs[1] - xs[0] > 10ms)
      ++clear;
  }
  // (14/15) to the power of five, as for any gap of a fifteenth.
  CHECK(clear > 6'800);
  CHECK(clear < 7'400);
}

// -- the election restriction, §3.6.1 -----------------------------------------

TEST_CASE("a vote goes only to a log that is at least as up-to-date, §3.6.1") {
  // dotNext 298: the term of the last entry first, then its index.
  struct row {
    std::string what;
    entry_id candidates;
    entry_id ours;
    bool granted;
  };
  row rows[]{
    {"equal", at(3, 2), at(3, 2), true},
    {"longer", at(4, 2), at(3, 2), true},
    {"shorter", at(2, 2), at(3, 2), false},
    {"newer term, longer", at(4, 3), at(3, 2), true},
    {"newer term, as long", at(3, 3), at(3, 2), true},
    {"newer term, shorter", at(1, 3), at(3, 2), true},
    {"older term, longer", at(9, 1), at(3, 2), false},
    {"older term, as long", at(3, 1), at(3, 2), false},
    {"both empty", at(0, 0), at(0, 0), true},
    {"its empty", at(0, 0), at(1, 1), false},
    {"ours empty", at(1, 1), at(0, 0), true},
  };
  for (auto& x : rows) {
    CAPTURE(x.what);
    log_tail::contents xs;
    xs.base_configuration = conf_ptr(conf({1, 2, 3}));
    xs.base = x.ours;
    xs.last_index = x.ours.index;
    auto self = tenure_of(1, 5, log_tail{std::move(xs)});
    CHECK(grant_pre_vote(self, pre_vote_of(2, 6, x.candidates), false)
          == x.granted);
    CHECK(grant_vote(self, vote_of(2, 5, x.candidates)) == x.granted);
    CHECK(self.voted_for == server_id{x.granted ? 2u : 0u});
  }
}

TEST_CASE("who lacks a committed entry is not elected, §3.6.1") {
  // Entry 3@2 is on members 1, 2 and 3 of five.
  auto has = log_of({1, 2, 2}, conf({1, 2, 3, 4, 5}));
  auto lacks = log_of({1, 2}, conf({1, 2, 3, 4, 5}));
  auto votes_for = [](entry_id last, const log_tail& log) {
    auto self = tenure_of(1, 5, log);
    return grant_vote(self, vote_of(9, 5, last));
  };
  CHECK_FALSE(votes_for(lacks.last(), has));
  CHECK(votes_for(lacks.last(), lacks));
  CHECK(votes_for(has.last(), lacks));
}

TEST_CASE("a server that restarts far behind does not win, nor depose, §9.6") {
  // ClickHouse 121252.
  auto behind = log_of({1});
  for (uint64_t id : {2, 3}) {
    auto self = tenure_of(id, 5, log_of({1, 2, 5}));
    auto msg = pre_vote_of(1, 6, behind.last());
    CHECK(fence_of(self, msg) == passage::deliver);
    auto answer = answer_pre_vote(self, msg);
    CHECK_FALSE(answer.granted);
    // Nobody's term has moved.
    CHECK(answer.term == term_t{5});
  }
}

// -- transfer, §3.10 ----------------------------------------------------------

TEST_CASE("whom the leader tells to campaign is heard in spite of it, §3.10") {
  auto self = with_leader(1, log_of({1}));
  auto msg = vote_of(3, 6, at(1, 1));
  CHECK(fence_of(self.self, msg, true) == passage::refuse);
  msg.transfer = true;
  CHECK(fence_of(self.self, msg, true) == passage::newer_term);
}

// -- disturbances, §4.2.3 -----------------------------------------------------

TEST_CASE("a removed server does not depose a leader that is heard, §4.2.3") {
  settings cfg;
  auto self = with_leader(1, log_of({1}));
  auto msg = vote_of(4, 9, at(9, 5));
  auto pass = [&](timespan after) {
    auto alive = leader_is_alive(self, t0 + after, cfg, server_id{4});
    return fence_of(self.self, msg, alive);
  };
  CHECK(pass(0s) == passage::refuse);
  CHECK(pass(cfg.election_timeout - 1ns) == passage::refuse);
  CHECK(pass(cfg.election_timeout) == passage::newer_term);
}

TEST_CASE("the leader itself is not deposed so either, §4.2.3") {
  auto self = tenure_of(2, 5, log_of({1}));
  CHECK(fence_of(self, vote_of(4, 9, at(9, 5)), true) == passage::refuse);
}

// -- pre-votes, §9.6 ----------------------------------------------------------

TEST_CASE("a partitioned server does not raise its term, §9.6") {
  auto self = tenure_of(1, 5, log_of({1}));
  for (int i = 0; i < 10; ++i) {
    auto asks = become_pre_candidate(self, t0, settings{}, 0);
    CHECK(ask(asks).term == term_t{6});
    CHECK(tally(asks) == tally_result::pending);
    self = next_tenure(asks.self, term_t{5}, tenure_id{6});
  }
  CHECK(self.term == term_t{5});
}

TEST_CASE("a pre-vote changes nothing at those who are asked, §9.6") {
  auto self = tenure_of(1, 5, log_of({1}));
  auto before = self.state();
  CHECK(answer_pre_vote(self, pre_vote_of(2, 6, at(1, 1))).granted);
  CHECK(answer_pre_vote(self, pre_vote_of(3, 6, at(1, 1))).granted);
  CHECK(self.state() == before);
}

TEST_CASE("followers of a live leader refuse pre-votes, but not that leader's, "
          "§9.6") {
  // hashicorp/raft 606.
  settings cfg;
  auto self = with_leader(1, log_of({1}));
  auto answer = [&](uint64_t id) {
    auto alive = leader_is_alive(self, t0 + 1ms, cfg, server_id{id});
    return answer_pre_vote(self.self, pre_vote_of(id, 6, at(1, 1)), alive);
  };
  CHECK_FALSE(answer(3).granted);
  CHECK(answer(2).granted);
}

TEST_CASE("a server with an older term learns the term from a refusal, §9.6") {
  // canonical/raft 279: in term 1, it asks about term 2, and others are in 5.
  auto self = tenure_of(1, 1, log_of({1}));
  auto asks = become_pre_candidate(self, t0, settings{}, 0);
  auto other = tenure_of(2, 5, log_of({1, 5}));
  auto answer = answer_pre_vote(other, ask(asks));
  CHECK_FALSE(answer.granted);
  CHECK(answer.term == term_t{5});
  CHECK(fence_of(asks.self, answer) == passage::newer_term);
}

TEST_CASE("also where the term asked about is the other's own, §9.6") {
  auto self = tenure_of(1, 4, log_of({1}));
  auto asks = become_pre_candidate(self, t0, settings{}, 0);
  auto other = tenure_of(2, 5, log_of({1, 5}));
  auto answer = answer_pre_vote(other, ask(asks));
  CHECK_FALSE(answer.granted);
  CHECK(fence_of(asks.self, answer) == passage::newer_term);
}

TEST_CASE("a granted pre-vote ends nobody's tenure, §9.6") {
  auto asks = become_pre_candidate(tenure_of(1, 5, log_of({1})), t0, settings{},
                                   0);
  auto answer = answer_pre_vote(tenure_of(2, 3, log_of({1})), ask(asks));
  CHECK(answer.granted);
  CHECK(fence_of(asks.self, answer) == passage::deliver);
  CHECK(count(asks, answer) == tally_result::won);
  // Late, it is nobody's.
  auto next = next_tenure(asks.self, term_t{5}, tenure_id{6});
  CHECK(fence_of(next, answer) == passage::drop);
}

#include "caf/raft/core/candidate.hpp"
#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/leader.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr tenure_id leading{70};

heartbeat beat() {
  return {member_sender(2), term_t{5}, leading, round_t{3}, index_t{}};
}

request_vote vote_of(uint64_t candidate, entry_id last, uint64_t term = 5) {
  return {
    member_sender(candidate), term_t{term}, tenure_id{9}, false, false, last};
}

request_vote pre_vote_of(uint64_t candidate, entry_id last, uint64_t term) {
  auto result = vote_of(candidate, last, term);
  result.pre_vote = true;
  return result;
}

} // namespace

// -- votes --------------------------------------------------------------------

TEST_CASE("votes are given first come, first served, one per term, §3.4") {
  auto self = tenure_of(1, 5, log_of({1, 1}));
  CHECK(grant_vote(self, vote_of(2, at(2, 1))));
  CHECK(self.state() == hard_state{term_t{5}, server_id{2}});
  CHECK_FALSE(grant_vote(self, vote_of(3, at(9, 4))));
  CHECK(self.voted_for == server_id{2});
  // The same candidate may ask again: the answer was lost.
  CHECK(grant_vote(self, vote_of(2, at(2, 1))));
}

TEST_CASE("a repeated request with less of a log is refused") {
  // The candidate crashed before what it had in memory was stored, and came
  // back in the same term.
  auto self = tenure_of(1, 5, log_of({1, 1}));
  CHECK(grant_vote(self, vote_of(2, at(3, 1))));
  CHECK_FALSE(grant_vote(self, vote_of(2, at(1, 1))));
}

TEST_CASE("entries that are not durable yet count for the own log") {
  auto self = tenure_of(1, 5, log_of({1}));
  self.log.append(entries_from(2, {4}), self.log.next_write());
  CHECK_FALSE(grant_vote(self, vote_of(2, at(9, 3))));
  CHECK(self.voted_for == server_id{});
  CHECK(grant_vote(self, vote_of(3, at(2, 4))));
}

TEST_CASE("who is no voter, or unknown, votes and is voted for, §4.1") {
  auto self = tenure_of(4, 5, log_of({1}, conf({1, 2, 3}, {}, {4})));
  CHECK(grant_vote(self, vote_of(9, at(1, 1))));
}

TEST_CASE("votes and pre-votes are not mixed up") {
  auto self = tenure_of(1, 5, log_of({1}));
  CHECK(dies([&] { grant_vote(self, pre_vote_of(2, at(1, 1), 5)); }));
  CHECK(dies([&] { grant_vote(self, vote_of(2, at(1, 1), 6)); }));
  CHECK(dies([&] { grant_pre_vote(self, vote_of(2, at(1, 1), 6), false); }));
}

TEST_CASE("a pre-vote says whether we would vote in that term, §9.6") {
  auto self = tenure_of(1, 5, log_of({1, 1}));
  self.voted_for = server_id{3};
  struct row {
    std::string what;
    request_vote msg;
    bool leader_is_alive;
    bool expected;
  };
  row rows[]{
    {"next term", pre_vote_of(2, at(2, 1), 6), false, true},
    {"far term", pre_vote_of(2, at(2, 1), 60), false, true},
    {"a leader is alive", pre_vote_of(2, at(2, 1), 6), true, false},
    {"log behind", pre_vote_of(2, at(1, 1), 6), false, false},
    {"our term, vote given", pre_vote_of(2, at(2, 1), 5), false, false},
    {"our term, vote given to it", pre_vote_of(3, at(2, 1), 5), false, true},
    {"older term", pre_vote_of(3, at(2, 1), 4), false, false},
  };
  for (auto& x : rows) {
    CAPTURE(x.what);
    CHECK(grant_pre_vote(self, x.msg, x.leader_is_alive) == x.expected);
  }
  // It promises nothing.
  CHECK(self.voted_for == server_id{3});
  CHECK(pre_vote_answer(self, rows[0].msg, true)
        == vote_result{member_sender(1), term_t{6}, tenure_id{9}, true, true});
  CHECK(pre_vote_answer(self, rows[0].msg, false)
        == vote_result{member_sender(1), term_t{5}, tenure_id{9}, true, false});
}

// -- elections ----------------------------------------------------------------

TEST_CASE("an election is due when no leader was heard for the timeout, §3.4") {
  settings cfg;
  auto half = static_cast<uint64_t>(cfg.election_timeout.count() / 2);
  auto self = become_follower(tenure_of(1, 5, log_of({1})), t0, cfg, half);
  auto timeout = cfg.election_timeout * 3 / 2;
  CHECK(self.timeout == timeout);
  CHECK_FALSE(election_due(self, t0 + timeout - 1ns));
  CHECK(election_due(self, t0 + timeout));
  on_heartbeat(self, beat(), t0 + 1s);
  CHECK_FALSE(election_due(self, t0 + 1s + timeout - 1ns));
  CHECK(election_due(self, t0 + 1s + timeout));
  append_entries msg{member_sender(2), term_t{5}, leading, at(9, 9), {}, {}};
  on_append(self, msg, t0, true);
  CHECK(election_due(self, t0 + timeout));
}

// Who cannot win would keep those waiting who can: in Figure 16 of the paper half of
// the servers are like that.
TEST_CASE("a newer term does not put an election off, §3.4") {
  settings cfg;
  auto self = become_follower(tenure_of(1, 5, log_of({1})), t0, cfg, 0);
  auto due = self.election_deadline;
  self.self.election_due = due;
  auto next = become_follower(next_tenure(self.self, term_t{6}, tenure_id{6}),
                              t0 + 500ms, cfg, 12345);
  CHECK(next.election_deadline == due);
  // Nor does an election that was lost.
  auto asks = become_pre_candidate(next.self, due, cfg, 7);
  auto lost = become_follower(next_tenure(asks.self, term_t{6}, tenure_id{7}),
                              due + 1ms, cfg, 12345);
  CHECK(lost.election_deadline == asks.deadline);
  // A leadership does.
  auto leads = become_leader(lost.self, due + 1s);
  auto after = become_follower(next_tenure(leads.self, term_t{7}, tenure_id{8}),
                               due + 2s, cfg, 0);
  CHECK(after.election_deadline == due + 2s + cfg.election_timeout);
}

TEST_CASE("a learner's election is never due") {
  auto tenure = tenure_of(4, 5, log_of({1}, conf({1, 2, 3}, {}, {4})));
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  CHECK_FALSE(election_due(self, t0 + 1h));
}

TEST_CASE("a leader is alive for the minimum election timeout, §4.2.3") {
  settings cfg;
  auto self = become_follower(tenure_of(1, 5, log_of({1})), t0, cfg, 12345);
  auto alive = [&](timespan after, uint64_t asking) {
    return leader_is_alive(self, t0 + after, cfg, server_id{asking});
  };
  CHECK_FALSE(alive(0s, 3));
  on_heartbeat(self, beat(), t0 + 1s);
  CHECK(alive(1s, 3));
  CHECK(alive(1s + cfg.election_timeout - 1ns, 3));
  CHECK_FALSE(alive(1s + cfg.election_timeout, 3));
  // The leader itself asks for votes: it leads no more.
  CHECK_FALSE(alive(1s, 2));
}

TEST_CASE("a followership begins without a leader") {
  // Otherwise each failed pre-vote would make the lost leader look alive again.
  auto tenure = tenure_of(1, 5, log_of({1}));
  tenure.leader = server_id{2};
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  CHECK(self.self.leader == server_id{});
  CHECK_FALSE(leader_is_alive(self, t0, settings{}, server_id{3}));
}

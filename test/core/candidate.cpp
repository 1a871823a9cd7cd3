#include "caf/raft/core/candidate.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr auto pending = tally_result::pending;
constexpr auto won = tally_result::won;
constexpr auto lost = tally_result::lost;

/// Member 1 asks for votes in term 5; its own is in write 1.
candidate make_candidate(configuration members, bool transfer = false) {
  auto tenure = tenure_of(1, 5, log_of({1, 2}, std::move(members)));
  tenure.voted_for = server_id{1};
  tenure.log.next_write();
  return become_candidate(std::move(tenure), transfer, t0, settings{}, 0);
}

/// Member 1, in term 5, asks for pre-votes for term 6.
candidate make_pre_candidate(configuration members) {
  auto tenure = tenure_of(1, 5, log_of({1, 2}, std::move(members)));
  tenure.voted_for = server_id{3};
  tenure.leader = server_id{3};
  return become_pre_candidate(std::move(tenure), t0, settings{}, 0);
}

vote_result answer(const candidate& self, uint64_t from, bool granted) {
  auto term = self.pre_vote && granted ? self.self.term + 1 : self.self.term;
  return {member_sender(from), term, self.self.number, self.pre_vote, granted};
}

tally_result yes(candidate& self, uint64_t from) {
  return count(self, answer(self, from, true));
}

tally_result no(candidate& self, uint64_t from) {
  return count(self, answer(self, from, false));
}

tally_result own(candidate& self, uint64_t stored_up_to = 1) {
  return count_own_vote(self, write_id{1}, stored(stored_up_to));
}

} // namespace

TEST_CASE("a candidate wins with its own vote and those of a majority, §3.4") {
  auto self = make_candidate(conf({1, 2, 3, 4, 5}));
  CHECK(tally(self) == pending);
  CHECK(own(self) == pending);
  CHECK(yes(self, 2) == pending);
  CHECK(no(self, 3) == pending);
  CHECK(yes(self, 4) == won);
}

TEST_CASE("a candidate has lost once no majority is possible") {
  auto self = make_candidate(conf({1, 2, 3, 4, 5}));
  CHECK(no(self, 2) == pending);
  CHECK(no(self, 3) == pending);
  CHECK(no(self, 4) == lost);
}

TEST_CASE("the own vote counts when it is durable") {
  auto self = make_candidate(conf({1, 2, 3}));
  CHECK(own(self, 0) == pending);
  CHECK(yes(self, 2) == pending);
  CHECK(own(self) == won);
}

TEST_CASE("no election is won before the own vote is durable") {
  // A leader that is not sure to remember its term could be elected in it once
  // more.
  auto self = make_candidate(conf({1, 2, 3}));
  CHECK(yes(self, 2) == pending);
  CHECK(yes(self, 3) == pending);
  CHECK(own(self) == won);
}

TEST_CASE("a voter that is alone wins by its own vote") {
  auto self = make_candidate(conf({1}, {}, {2}));
  CHECK(tally(self) == pending);
  CHECK(own(self) == won);
  auto before = make_pre_candidate(conf({1}));
  CHECK(tally(before) == won);
}

TEST_CASE("a joint configuration elects with both majorities, §4.3") {
  auto self = make_candidate(conf({1, 4, 5}, {1, 2, 3}));
  CHECK(own(self) == pending);
  CHECK(yes(self, 4) == pending);
  CHECK(yes(self, 5) == pending);
  CHECK(yes(self, 3) == won);
}

TEST_CASE("only answers count that are meant for this candidacy") {
  auto self = make_candidate(conf({1, 2, 3}, {}, {4}));
  own(self);
  auto good = answer(self, 2, true);
  SUBCASE("of another tenure") {
    good.tenure = tenure_id{9};
  }
  SUBCASE("of a pre-vote") {
    good.pre_vote = true;
  }
  SUBCASE("of another term") {
    good.term = term_t{4};
  }
  SUBCASE("of another life of the voter's directory") {
    good.from.incarnation = incarnation_t{9};
  }
  SUBCASE("of a learner") {
    good.from = member_sender(4);
  }
  SUBCASE("of a stranger") {
    good.from = member_sender(9);
  }
  SUBCASE("of ourselves") {
    good.from = member_sender(1);
  }
  CHECK(count(self, good) == pending);
  CHECK(yes(self, 2) == won);
}

TEST_CASE("of each voter the first answer counts") {
  auto self = make_candidate(conf({1, 2, 3, 4, 5}));
  own(self);
  no(self, 2);
  CHECK(yes(self, 2) == pending);
  CHECK(yes(self, 3) == pending);
  CHECK(yes(self, 3) == pending);
  CHECK(no(self, 3) == pending);
  CHECK(yes(self, 4) == won);
}

TEST_CASE("a pre-candidate asks about the next term and keeps its vote, §9.6") {
  auto self = make_pre_candidate(conf({1, 2, 3}));
  CHECK(ask(self)
        == request_vote{member_sender(1), term_t{6}, self.self.number, true,
                        false, at(2, 2)});
  CHECK(self.self.state() == hard_state{term_t{5}, server_id{3}});
  // It has given the leader up.
  CHECK(self.self.leader == server_id{});
  CHECK(no(self, 2) == pending);
  CHECK(yes(self, 3) == won);
}

TEST_CASE("a refused pre-vote counts whatever the refuser's term is") {
  auto self = make_pre_candidate(conf({1, 2, 3}));
  auto msg = answer(self, 2, false);
  msg.term = term_t{3};
  CHECK(count(self, msg) == pending);
  CHECK(no(self, 3) == lost);
}

TEST_CASE("a granted pre-vote of another term does not count") {
  auto self = make_pre_candidate(conf({1, 2, 3}));
  auto msg = answer(self, 2, true);
  msg.term = term_t{5};
  CHECK(count(self, msg) == pending);
  CHECK(yes(self, 2) == won);
}

TEST_CASE("a candidate asks in its own term and says if the leader sent it") {
  CHECK(ask(make_candidate(conf({1, 2, 3})))
        == request_vote{member_sender(1), term_t{5}, tenure_id{1005}, false,
                        false, at(2, 2)});
  CHECK(ask(make_candidate(conf({1, 2, 3}), true)).transfer);
}

TEST_CASE("candidacies end after a time that is drawn, §3.4") {
  settings cfg;
  auto tenure = tenure_of(1, 5, log_of({1}));
  auto before = become_pre_candidate(tenure, t0, cfg, 77);
  CHECK(before.deadline == t0 + cfg.election_timeout + 77ns);
  tenure.voted_for = server_id{1};
  auto self = become_candidate(tenure, false, t0, cfg, 78);
  CHECK(self.deadline == t0 + cfg.election_timeout + 78ns);
}

TEST_CASE("the log hears what is stored while votes are counted") {
  auto tenure = tenure_of(1, 5, log_of({1}));
  tenure.log.append(entries_from(2, {4}), tenure.log.next_write());
  auto self = become_pre_candidate(std::move(tenure), t0, settings{}, 0);
  count_own_vote(self, write_id{}, stored(1));
  CHECK(self.self.log.durable_index() == index_t{2});
}

TEST_CASE("only who may campaign does, and a candidate votes for itself") {
  auto learner = tenure_of(4, 5, log_of({1}, conf({1, 2, 3}, {}, {4})));
  learner.voted_for = server_id{4};
  CHECK(dies([&] { become_pre_candidate(learner, t0, settings{}, 0); }));
  CHECK(dies([&] { become_candidate(learner, false, t0, settings{}, 0); }));
  auto voter = tenure_of(1, 5, log_of({1}));
  CHECK(dies([&] { become_candidate(voter, false, t0, settings{}, 0); }));
}

TEST_CASE("who is about to be removed counts the others only, §4.2.2") {
  auto tenure = tenure_of(2, 5, log_of({1}, conf({3, 4, 5}, {1, 2, 3})));
  auto after = conf_ptr(conf({3, 4, 5}));
  tenure.log.append({configuration_entry(2, 1, after)},
                    tenure.log.next_write());
  tenure.voted_for = server_id{2};
  auto self = become_candidate(std::move(tenure), false, t0, settings{}, 0);
  CHECK(own(self) == pending);
  CHECK(yes(self, 3) == pending);
  CHECK(yes(self, 4) == won);
}

#include "caf/raft/core/tenure.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

#include <random>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr auto deliver = passage::deliver;
constexpr auto drop = passage::drop;
constexpr auto refuse = passage::refuse;
constexpr auto newer = passage::newer_term;

constexpr tenure_id ours{77};
constexpr tenure_id theirs{78};

/// One of each kind, of this term; answers are for that tenure.
std::vector<message> messages_of(term_t term, tenure_id to = ours) {
  auto from = member_sender(2);
  return {
    request_vote{from, term, theirs, false, false, at(3, 1)},
    request_vote{from, term, theirs, false, true, at(3, 1)},
    request_vote{from, term, theirs, true, false, at(3, 1)},
    vote_result{from, term, to, false, false},
    vote_result{from, term, to, false, true},
    vote_result{from, term, to, true, false},
    append_entries{from, term, theirs, at(3, 1), index_t{3}, {}},
    append_result{from, term, to, true, index_t{3}, {}},
    heartbeat{from, term, theirs, round_t{1}, index_t{3}},
    heartbeat_result{from, term, to, round_t{1}},
    commit_notice{from, term, theirs, index_t{3}},
    timeout_now{from, term, theirs},
    propose{from, term, {{request_id{8}, 1s, {}}, {request_id{9}, 1s, {}}}},
    propose_result{from, term, {}},
    read_index{from, term, request_id{7}},
    read_index_result{from, term, request_id{7}, errc::none, {}, {}},
    request_transfer{from, term, request_id{7}, server_id{3}},
    transfer_result{from, term, request_id{7}, errc::none, server_id{3}},
    farewell{from, term},
    farewell_result{from, term},
    request_change{from, term, request_id{7}, {}},
    change_result{from, term, request_id{7}, errc::none, {}, {}, {}, {}},
    removal_notice{from, term, index_t{5}},
  };
}

/// What becomes of them in the order above, in our term five.
void check_fence(term_t term, tenure_id to, bool leader_is_alive,
                 const std::vector<passage>& expected) {
  auto all = messages_of(term, to);
  REQUIRE(all.size() == expected.size());
  for (size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    CAPTURE(name_of(all[i]));
    CHECK(is_name_of_message(name_of(all[i])));
    CHECK_FALSE(is_name_of_message(name_of(all[i]) + std::string{"s"}));
    CHECK(fence(term_t{5}, ours, all[i], leader_is_alive) == expected[i]);
  }
}

vote_result granted_pre_vote(uint64_t term, tenure_id to) {
  return {member_sender(2), term_t{term}, to, true, true};
}

} // namespace

TEST_CASE("there is one comparison of terms, §3.3") {
  CHECK(compare_terms(term_t{5}, term_t{4}) == term_order::stale);
  CHECK(compare_terms(term_t{5}, term_t{5}) == term_order::same);
  CHECK(compare_terms(term_t{5}, term_t{6}) == term_order::newer);
}

TEST_CASE("messages of an older term are answered or dropped") {
  std::vector<passage> expected{
    refuse,  refuse,  refuse,  // request_vote
    drop,    drop,    deliver, // vote_result
    refuse,  drop,             // append_entries
    refuse,  drop,             // heartbeat
    drop,    drop,             // commit_notice, timeout_now
    refuse,  deliver,          // propose
    refuse,  deliver,          // read_index
    refuse,  deliver,          // request_transfer
    deliver, deliver,          // farewell
    refuse,  deliver,          // request_change
    deliver,                   // removal_notice
  };
  for (auto alive : {false, true}) {
    check_fence(term_t{4}, ours, alive, expected);
    check_fence(term_t{1}, ours, alive, expected);
  }
}

TEST_CASE("messages of our term are delivered") {
  std::vector<passage> expected(23, deliver);
  for (auto alive : {false, true})
    check_fence(term_t{5}, ours, alive, expected);
}

TEST_CASE("answers to another tenure of our term are dropped") {
  check_fence(term_t{5}, theirs, false,
              {deliver, deliver, deliver, // request_vote
               drop,    drop,    drop,    // vote_result
               deliver, drop,             // append_entries
               deliver, drop,             // heartbeat
               deliver, deliver,          // commit_notice, timeout_now
               deliver, deliver,          // propose
               deliver, deliver,          // read_index
               deliver, deliver,          // request_transfer
               deliver, deliver,          // farewell
               deliver, deliver,          // request_change
               deliver});                 // removal_notice
  // A refused pre-vote says the refuser's own term, an older one perhaps.
  check_fence(term_t{4}, theirs, false,
              {refuse,  refuse,  refuse, drop,    drop,   drop,
               refuse,  drop,    refuse, drop,    drop,   drop,
               refuse,  deliver, refuse, deliver, refuse, deliver,
               deliver, deliver, refuse, deliver, deliver});
}

TEST_CASE("a newer term ends the tenure, §3.3") {
  std::vector<passage> expected{newer, newer, deliver};
  expected.resize(23, newer);
  check_fence(term_t{6}, ours, false, expected);
  check_fence(term_t{9}, theirs, false, expected);
}

TEST_CASE("a vote request does not disturb a live leader, §4.2.3") {
  std::vector<passage> expected{refuse, newer, deliver};
  expected.resize(23, newer);
  check_fence(term_t{6}, ours, true, expected);
}

TEST_CASE(
  "a granted pre-vote is of our tenure and the term behind ours, §9.6") {
  for (auto alive : {false, true}) {
    auto pass = [&](uint64_t term, tenure_id to) {
      return fence(term_t{5}, ours, granted_pre_vote(term, to), alive);
    };
    CHECK(pass(6, ours) == deliver);
    CHECK(pass(6, theirs) == drop);
    // Nobody has entered that term, so it never ends a tenure.
    CHECK(pass(7, ours) == drop);
    CHECK(pass(9, theirs) == drop);
    CHECK(pass(5, ours) == drop);
    CHECK(pass(4, ours) == drop);
  }
}

TEST_CASE("a late answer to a vote of an older term is ignored") {
  // little-raft 44: votes of term 4 must not elect us in term 5.
  vote_result late{member_sender(2), term_t{4}, ours, false, true};
  CHECK(fence(term_t{5}, ours, late, false) == drop);
}

TEST_CASE("refused requests learn our term and promise nothing") {
  for (auto& msg : messages_of(term_t{4})) {
    CAPTURE(name_of(msg));
    auto answer = answer_stale(member_sender(1), term_t{5}, msg);
    auto refused = fence(term_t{5}, ours, msg, false) == refuse;
    REQUIRE(answer.has_value() == refused);
    if (!answer)
      continue;
    CHECK(sender_of(*answer) == member_sender(1));
    CHECK(term_of(*answer) == term_t{5});
    // The sender is told to leave its term.
    CHECK(fence(term_t{4}, theirs, *answer, true) == newer);
  }
}

TEST_CASE("what refused requests are told") {
  auto self = member_sender(1);
  auto from = member_sender(2);
  auto told = [&](const message& msg) {
    return *answer_stale(self, term_t{5}, msg);
  };
  for (auto pre_vote : {false, true})
    CHECK(std::get<vote_result>(
            told(request_vote{from, term_t{4}, theirs, pre_vote, false, {}}))
          == vote_result{self, term_t{5}, theirs, pre_vote, false});
  CHECK(std::get<append_result>(
          told(append_entries{from, term_t{4}, theirs, at(3, 1), {}, {}}))
        == append_result{self, term_t{5}, theirs, false, index_t{3}, {}});
  CHECK(std::get<heartbeat_result>(
          told(heartbeat{from, term_t{4}, theirs, round_t{6}, {}}))
        == heartbeat_result{self, term_t{5}, theirs, round_t{6}});
  CHECK(std::get<read_index_result>(
          told(read_index{from, term_t{4}, request_id{7}}))
        == read_index_result{
          self, term_t{5}, request_id{7}, errc::no_leader, {}, {}});
  auto results
    = std::get<propose_result>(
        told(propose{
          from, term_t{4}, {{request_id{8}, 1s, {}}, {request_id{9}, 1s, {}}}}))
        .results;
  CHECK(results
        == std::vector<proposal_result>{{request_id{8}, errc::no_leader, {}},
                                        {request_id{9}, errc::no_leader, {}}});
}

TEST_CASE("a vote that was refused for a live leader is a stale answer") {
  // The asker is in term 6, and our term 5 means nothing to it.
  request_vote msg{member_sender(2), term_t{6}, theirs, false, false, {}};
  auto answer = answer_stale(member_sender(1), term_t{5}, msg);
  CHECK(fence(term_t{6}, theirs, *answer, false) == drop);
}

TEST_CASE("a newer term forgets vote and leader, the same term keeps them") {
  auto x = tenure_of(1, 5, log_of({1, 2}));
  x.voted_for = server_id{2};
  x.leader = server_id{2};
  x.commit_index = index_t{1};
  auto same = next_tenure(x, term_t{5}, tenure_id{9});
  CHECK(same.number == tenure_id{9});
  CHECK(same.voted_for == server_id{2});
  CHECK(same.leader == server_id{2});
  auto later = next_tenure(x, term_t{6}, tenure_id{9});
  CHECK(later.term == term_t{6});
  CHECK(later.state() == hard_state{term_t{6}, server_id{}});
  CHECK(later.leader == server_id{});
  CHECK(later.commit_index == index_t{1});
  CHECK(later.log.last() == at(2, 2));
  CHECK(dies([&] { next_tenure(x, term_t{4}, tenure_id{9}); }));
}

TEST_CASE("the commit index never moves back and never beyond the log") {
  auto x = tenure_of(1, 5, log_of({1, 2, 2}));
  CHECK(advance_commit(x, index_t{2}));
  CHECK(x.commit_index == index_t{2});
  CHECK_FALSE(advance_commit(x, index_t{2}));
  CHECK_FALSE(advance_commit(x, index_t{1}));
  CHECK(x.commit_index == index_t{2});
  CHECK(advance_commit(x, index_t{9}));
  CHECK(x.commit_index == index_t{3});
}

TEST_CASE("an entry is applied when it is committed and durable here") {
  auto x = tenure_of(1, 5, log_of({1, 2}));
  x.log.append(entries_from(3, {5, 5}), x.log.next_write());
  advance_commit(x, index_t{1});
  CHECK(applicable_index(x) == index_t{1});
  advance_commit(x, index_t{4});
  CHECK(applicable_index(x) == index_t{2});
  x.log.stored(stored(1));
  CHECK(applicable_index(x) == index_t{4});
}

TEST_CASE("only voters campaign, and only in the life that is named") {
  auto campaigns = [](uint64_t id, configuration members) {
    return may_campaign(tenure_of(id, 5, log_of({1}, std::move(members))));
  };
  CHECK(campaigns(1, conf({1, 2, 3})));
  CHECK(campaigns(1, conf({3, 4}, {1, 2})));
  CHECK_FALSE(campaigns(4, conf({1, 2, 3}, {}, {4})));
  CHECK_FALSE(campaigns(5, conf({1, 2, 3})));
  CHECK_FALSE(campaigns(1, configuration{}));
  auto other_life = conf({1, 2, 3});
  other_life.members[0].incarnation = incarnation_t{9};
  CHECK_FALSE(campaigns(1, other_life));
}

TEST_CASE("who is about to be removed may campaign until that is committed, "
          "§4.2.2") {
  // Members 1 and 2 leave; of the outgoing voters only member 2 has the new
  // configuration, and without it no majority of the outgoing ones agrees.
  auto x = tenure_of(2, 5, log_of({1}, conf({3, 4, 5}, {1, 2, 3})));
  auto after = conf_ptr(conf({3, 4, 5}));
  x.log.append({configuration_entry(2, 1, after)}, x.log.next_write());
  advance_commit(x, index_t{1});
  CHECK(may_campaign(x));
  advance_commit(x, index_t{2});
  CHECK_FALSE(may_campaign(x));
}

TEST_CASE("a learner does not campaign as long as it is none but a learner") {
  auto x = tenure_of(4, 5, log_of({1}, conf({1, 2, 3})));
  auto with_learner = conf_ptr(conf({1, 2, 3}, {}, {4}));
  x.log.append({configuration_entry(2, 1, with_learner)}, x.log.next_write());
  CHECK_FALSE(may_campaign(x));
}

TEST_CASE(
  "election timeouts are drawn from [timeout, timeout + jitter), §3.4") {
  settings cfg;
  cfg.election_timeout = 150ms;
  cfg.heartbeat_interval = 50ms;
  cfg.election_jitter = 5ns;
  CHECK(random_timeout(cfg, 0) == 150ms);
  CHECK(random_timeout(cfg, 4) == 150ms + 4ns);
  CHECK(random_timeout(cfg, 5) == 150ms);
  cfg.election_jitter = 0ns;
  CHECK(random_timeout(cfg, 7) == 150ms);
  CHECK(validate(cfg));
  cfg.election_jitter = -1ns;
  CHECK_FALSE(validate(cfg));
}

TEST_CASE("without a jitter they are drawn from [timeout, 2 * timeout), §3.4") {
  settings cfg;
  cfg.election_timeout = 150ms;
  CHECK(random_timeout(cfg, 0) == 150ms);
  CHECK(random_timeout(cfg, 1) == 150ms + 1ns);
  std::mt19937_64 generator{1};
  size_t tenths[10] = {};
  for (int i = 0; i < 10'000; ++i) {
    auto x = random_timeout(cfg, generator());
    REQUIRE(x >= 150ms);
    REQUIRE(x < 300ms);
    ++tenths[(x - 150ms) / 15ms];
  }
  for (auto n : tenths) {
    CHECK(n > 800);
    CHECK(n < 1200);
  }
}

// Claims of the Raft dissertation about what a leader may commit: §3.5, §3.6.2,
// §4.3, §10.2.1.

#include "caf/raft/core/follower.hpp"

#include "core/leader_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

TEST_CASE("an entry is committed once a majority has stored it, §3.5") {
  auto x = lead(2, log_of({1}, conf({1, 2, 3, 4, 5})));
  store_all(x);
  CHECK(committed(x) == 0);
  CHECK(acknowledge_at(x, 2, 2));
  CHECK(committed(x) == 0);
  CHECK(acknowledge_at(x, 5, 2));
  CHECK(committed(x) == 2);
  // Repeated answers move nothing.
  CHECK(!acknowledge_at(x, 5, 2));
  CHECK(!update_commit(x));
}

TEST_CASE("committing an entry commits all before it, §3.5") {
  auto x = lead(2, log_of({1, 1, 1}));
  propose_many(x, 2);
  store_all(x);
  acknowledge_at(x, 3, 6);
  CHECK(committed(x) == 6);
}

TEST_CASE("the leader's own share is what its disk has, §10.2.1") {
  auto x = lead(2, log_of({1}));
  acknowledge_at(x, 2, 2);
  CHECK(committed(x) == 0);
  SUBCASE("its own write completes the majority") {
    store_all(x);
    CHECK(committed(x) == 2);
  }
  SUBCASE("the others are a majority without it") {
    acknowledge_at(x, 3, 2);
    CHECK(x.self.log.durable_index() == index_t{1});
    CHECK(committed(x) == 2);
    // But here nothing is applied before it is durable here.
    CHECK(applicable_index(x.self) == index_t{1});
    store_all(x);
    CHECK(applicable_index(x.self) == index_t{2});
  }
}

TEST_CASE("the commit index follows the slower half and never goes back") {
  auto x = lead(2, log_of({1}));
  propose_many(x, 8);
  store_all(x);
  for (auto [id, index, expected] :
       {std::tuple{2, 4, 4}, {3, 9, 9}, {2, 3, 9}, {3, 2, 9}, {2, 10, 10}}) {
    acknowledge_at(x, static_cast<uint64_t>(id), static_cast<uint64_t>(index));
    CHECK(committed(x) == static_cast<uint64_t>(expected));
  }
}

TEST_CASE("a single voter commits what its disk has") {
  auto x = lead(1, log_of({}, conf({1}, {}, {2})));
  CHECK(committed(x) == 0);
  store_all(x);
  CHECK(committed(x) == 1);
}

TEST_CASE("entries of earlier terms are not committed by counting, §3.6.2") {
  auto x = lead(4, log_of({1, 2, 2}));
  store_all(x);
  // A majority has stored everything before the own term (#16).
  acknowledge_at(x, 2, 3);
  acknowledge_at(x, 3, 3);
  CHECK(committed(x) == 0);
  acknowledge_at(x, 2, 4);
  CHECK(committed(x) == 4);
}

TEST_CASE("an old entry on a majority may be replaced, Figure 3.7") {
  auto five = conf({1, 2, 3, 4, 5});
  // (a), (b): S1 brought an entry of term 2 to S2; S5 led in term 3 with the
  // votes of S3 and S4, and has another at the same place.
  auto s5 = log_of({1, 3}, five);
  // (c): S1 leads again, and brings the entry of term 2 to S3.
  auto x = lead(4, log_of({1, 2}, five));
  store_all(x);
  acknowledge_at(x, 2, 2);
  acknowledge_at(x, 3, 2);
  CHECK(committed(x) == 0);
  SUBCASE("(d): S5 is elected by S2, S3 and S4, and replaces it") {
    for (uint64_t id : {2, 3, 4}) {
      auto voter = tenure_of(id, 5, log_of({1, 2}, five));
      request_vote ask{member_sender(5), term_t{5}, tenure_id{5}, false, false,
                       s5.last()};
      CHECK(grant_vote(voter, ask));
    }
    auto y = lead(5, s5, 5);
    auto s3 = become_follower(tenure_of(3, 5, log_of({1, 2}, five)), t0, {}, 0);
    on_append(s3, message_of(y, *next_for(y, 3)), t0, true);
    auto refused = on_append(
      s3, message_of(y, {at(2, 3), index_t{3}, index_t{4}}), t0, true);
    REQUIRE(refused.answer.has_value());
    CHECK(!refused.answer->success);
    on_append_result(y, *refused.answer, t0);
    CHECK(text_of(next_for(y, 3)) == "1@1 [2,4)");
    on_append(s3, message_of(y, {at(1, 1), index_t{2}, index_t{4}}), t0, true);
    CHECK(s3.self.log.has(at(2, 3)));
  }
  SUBCASE("(e): an entry of its own term on a majority keeps it for ever") {
    acknowledge_at(x, 2, 3);
    acknowledge_at(x, 3, 3);
    CHECK(committed(x) == 3);
    for (uint64_t id : {1, 2, 3}) {
      auto voter = tenure_of(id, 5, log_of({1, 2, 4}, five));
      request_vote ask{member_sender(5), term_t{5}, tenure_id{5}, false, false,
                       s5.last()};
      CHECK(!grant_vote(voter, ask));
    }
  }
}

// -- configurations -----------------------------------------------------------

TEST_CASE("a joint configuration commits with both majorities, §4.3") {
  struct row {
    std::vector<uint64_t> stored;
    bool expected;
  };
  // From {1, 2, 3} to {3, 4, 5}; member 1 leads.
  for (auto& x : {row{{2, 3}, false}, row{{4, 5}, false}, row{{2, 4, 5}, true},
                  row{{3, 4}, true}, row{{2, 4}, false}, row{{3}, false},
                  row{{2, 3, 4, 5}, true}}) {
    CAPTURE(x.stored);
    auto y = lead(2, log_of({1}, conf({3, 4, 5}, {1, 2, 3})));
    store_all(y);
    for (auto id : x.stored)
      acknowledge_at(y, id, 2);
    CHECK(committed(y) == (x.expected ? 2 : 0));
  }
}

TEST_CASE("a joint configuration needs an entry of the own term too") {
  auto y = lead(3, log_of({1, 2}, conf({3, 4, 5}, {1, 2, 3})));
  store_all(y);
  for (uint64_t id : {2, 3, 4, 5})
    acknowledge_at(y, id, 2);
  CHECK(committed(y) == 0);
  for (uint64_t id : {2, 4, 5})
    acknowledge_at(y, id, 3);
  CHECK(committed(y) == 3);
}

TEST_CASE("learners do not count, §4.2.1") {
  auto x = lead(2, log_of({1}, conf({1, 2, 3}, {}, {4, 5, 6})));
  store_all(x);
  for (uint64_t id : {4, 5, 6})
    acknowledge_at(x, id, 2);
  CHECK(committed(x) == 0);
  acknowledge_at(x, 3, 2);
  CHECK(committed(x) == 2);
}

TEST_CASE("a leader that is no voter any more does not count itself, §4.2.2") {
  auto x = lead(2, log_of({1}, conf({2, 3, 4}, {}, {1})));
  store_all(x);
  acknowledge_at(x, 2, 2);
  CHECK(committed(x) == 0);
  acknowledge_at(x, 4, 2);
  CHECK(committed(x) == 2);
}

TEST_CASE("only the life that the configuration names counts, the own too") {
  auto members = conf({1, 2, 3});
  members.members[0].incarnation = incarnation_t{7};
  auto x = lead(2, log_of({1}, members));
  store_all(x);
  acknowledge_at(x, 2, 2);
  CHECK(committed(x) == 0);
  on_append_result(x, success_of(x, {server_id{3}, incarnation_t{9}}, 2), t0);
  CHECK(committed(x) == 0);
  acknowledge_at(x, 3, 2);
  CHECK(committed(x) == 2);
}

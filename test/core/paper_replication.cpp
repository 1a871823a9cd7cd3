// Claims of the Raft dissertation about log replication, §3.5, §3.6 and §3.8,
// as far as followers go.

#include "caf/raft/core/follower.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// Member 1, which holds these entries, becomes follower in a term.
follower follower_in(uint64_t term, std::initializer_list<uint64_t> terms) {
  return become_follower(tenure_of(1, term, log_of(terms)), t0, settings{}, 0);
}

/// What a leader with this log sends behind `prev`.
append_entries from(const log_tail& leader, uint64_t term, entry_id prev,
                    uint64_t commit = 0) {
  auto xs = *leader.recent(prev.index + 1, leader.last_index() + 1, 1 << 20,
                           1000);
  return {member_sender(2), term_t{term}, tenure_id{term}, prev,
          index_t{commit},  std::move(xs)};
}

/// The leader probes, and follows the hints until the logs match.
/// @returns How many messages were refused.
int repair(follower& self, const log_tail& leader, uint64_t term,
           entry_id prev) {
  auto refused = 0;
  for (;;) {
    auto outcome = on_append(self, from(leader, term, prev), t0, true);
    if (!outcome.answer || outcome.answer->success)
      return refused;
    ++refused;
    auto next = leader.last_not_above(outcome.answer->hint);
    REQUIRE(next.index < prev.index);
    prev = next;
  }
}

std::vector<uint64_t> terms_of(const log_tail& log) {
  std::vector<uint64_t> result;
  for (auto i = log.first_index(); i <= log.last_index(); ++i)
    result.push_back(log.term_at(i)->value);
  return result;
}

void store_all(follower& self) {
  acknowledge(self, stored(self.self.log.newest_write()));
}

} // namespace

TEST_CASE("a leader brings the logs of Figure 3.6 to its own, §3.5") {
  auto leader = log_of({1, 1, 1, 4, 4, 5, 5, 6, 6, 6});
  struct row {
    std::string what;
    std::initializer_list<uint64_t> terms;
    int refused;
  };
  row rows[]{
    {"a: entries missing", {1, 1, 1, 4, 4, 5, 5, 6, 6}, 1},
    {"b: entries missing", {1, 1, 1, 4}, 1},
    {"c: extra entry of the last term", {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 0},
    {"d: extra entries", {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}, 0},
    {"e: both", {1, 1, 1, 4, 4, 4, 4}, 1},
    {"f: both, of several terms", {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 1},
  };
  for (auto& x : rows) {
    CAPTURE(x.what);
    auto self = follower_in(8, x.terms);
    CHECK(repair(self, leader, 8, at(10, 6)) == x.refused);
    CHECK(self.self.log.has(at(10, 6)));
    // Extra entries go when the first new one of the leader takes their place.
    auto longer = leader;
    longer.append(entries_from(11, {8}), longer.next_write());
    CHECK(repair(self, longer, 8, at(10, 6)) == 0);
    CHECK(terms_of(self.self.log) == terms_of(longer));
  }
}

TEST_CASE("a conflict takes one refusal per term at most, however long, §3.5") {
  log_tail::contents xs;
  xs.base_configuration = conf_ptr(conf({1, 2, 3}));
  xs.term_starts = {at(1, 1), at(11, 2), at(1011, 4)};
  xs.last_index = index_t{3000};
  auto self = become_follower(tenure_of(1, 9, log_tail{xs}), t0, settings{}, 0);
  xs.term_starts = {at(1, 1), at(11, 3), at(1011, 5)};
  log_tail leader{xs};
  auto refused = 0;
  for (auto prev = leader.last(); !self.self.log.has(prev); ++refused) {
    auto answer
      = on_append(
          self,
          {member_sender(2), term_t{9}, tenure_id{1}, prev, index_t{}, {}}, t0,
          true)
          .answer;
    prev = leader.last_not_above(answer->hint);
  }
  CHECK(refused <= 3);
}

TEST_CASE(
  "equal index and term mean equal entries, and all before them, §3.5") {
  auto self = follower_in(5, {1, 1, 2});
  // What is before `prev` is not looked at: it is equal.
  auto leader = log_of({1, 1, 2, 5});
  CHECK_FALSE(
    on_append(self, from(leader, 5, at(3, 2)), t0, true).answer.has_value());
  CHECK(terms_of(self.self.log) == terms_of(leader));
  // And the same index with another term is another entry.
  CHECK_FALSE(self.self.log.has(at(3, 1)));
}

TEST_CASE("old and repeated messages do not shorten the log, §3.5") {
  auto self = follower_in(5, {1, 1});
  auto leader = log_of({1, 1, 5});
  auto first = from(leader, 5, at(2, 1));
  leader.append(entries_from(4, {5, 5}), leader.next_write());
  auto second = from(leader, 5, at(3, 5));
  on_append(self, first, t0, true);
  on_append(self, second, t0, true);
  store_all(self);
  for (auto& msg : {first, second, first}) {
    auto outcome = on_append(self, msg, t0, true);
    CHECK_FALSE(outcome.write);
    CHECK(outcome.answer->success);
  }
  CHECK(self.self.log.last() == at(5, 5));
}

TEST_CASE("messages that overtake each other repair themselves, §3.5") {
  auto self = follower_in(5, {1, 1});
  auto leader = log_of({1, 1, 5});
  auto first = from(leader, 5, at(2, 1));
  leader.append(entries_from(4, {5}), leader.next_write());
  auto second = from(leader, 5, at(3, 5));
  auto refused = on_append(self, second, t0, true);
  CHECK(refused.answer->hint == at(2, 1));
  on_append(self, first, t0, true);
  on_append(self, second, t0, true);
  CHECK(self.self.log.last() == at(4, 5));
}

TEST_CASE("a follower commits what the leader says, no further than it agrees, "
          "§3.5") {
  auto self = follower_in(5, {1, 1, 3, 3});
  auto leader = log_of({1, 1, 5, 5, 5});
  on_append(self, from(log_of({1, 1}), 5, at(1, 1), 5), t0, true);
  CHECK(self.self.commit_index == index_t{2});
  on_append(self, from(leader, 5, at(2, 1), 4), t0, true);
  CHECK(self.self.commit_index == index_t{4});
}

TEST_CASE("Figure 3.7: an entry of an older term on a majority can still be "
          "replaced, §3.6.2") {
  // (a) S1 leads in term 2 and reaches S2 only; (b) S5 leads in term 3 and
  // reaches nobody; (c) S1 leads in term 4 and brings entry 2 to S3: now a
  // majority has it.
  auto s1 = log_of({1, 2});
  auto s3 = follower_in(4, {1});
  on_append(s3, from(s1, 4, at(1, 1), 1), t0, true);
  store_all(s3);
  CHECK(terms_of(s3.self.log) == std::vector<uint64_t>{1, 2});
  CHECK(s3.self.commit_index == index_t{1});
  SUBCASE("(d) S5 is elected by S2, S3 and S4, and replaces it") {
    auto next = next_tenure(s3.self, term_t{5}, tenure_id{5});
    CHECK(grant_vote(next, {member_sender(5), term_t{5}, tenure_id{50}, false,
                            false, at(2, 3)}));
    auto again = become_follower(std::move(next), t0, settings{}, 0);
    on_append(again, from(log_of({1, 3}), 5, at(1, 1)), t0, true);
    CHECK(terms_of(again.self.log) == std::vector<uint64_t>{1, 3});
  }
  SUBCASE("(e) an entry of term 4 on a majority keeps S5 from being elected") {
    s1.append(entries_from(3, {4}), s1.next_write());
    on_append(s3, from(s1, 4, at(2, 2)), t0, true);
    auto next = next_tenure(s3.self, term_t{5}, tenure_id{5});
    CHECK_FALSE(grant_vote(next, {member_sender(5), term_t{5}, tenure_id{50},
                                  false, false, at(2, 3)}));
  }
}

TEST_CASE("a leader that becomes follower keeps what it acknowledged") {
  // CCF 5674: the new leader has all that was acknowledged, or it was not
  // committed; and what is committed never goes.
  auto old_leader = tenure_of(1, 4, log_of({1, 4, 4, 4}));
  old_leader.leader = server_id{1};
  advance_commit(old_leader, index_t{3});
  auto self = become_follower(next_tenure(old_leader, term_t{5}, tenure_id{5}),
                              t0, settings{}, 0);
  CHECK(self.self.commit_index == index_t{3});
  auto leader = log_of({1, 4, 4, 5});
  CHECK(dies([&] {
    on_append(self, from(log_of({1, 4, 5}), 5, at(2, 4)), t0, true);
  }));
  repair(self, leader, 5, at(3, 4));
  CHECK(terms_of(self.self.log) == terms_of(leader));
}

TEST_CASE("nothing is answered as stored before it is, §3.8") {
  auto self = follower_in(5, {1});
  auto leader = log_of({1, 5, 5});
  CHECK_FALSE(on_append(self, from(leader, 5, at(1, 1)), t0, true).answer);
  CHECK(acknowledge(self, stored(0))->index == index_t{1});
  CHECK(acknowledge(self, stored(1))->index == index_t{3});
}

TEST_CASE("a message of an older leader changes nothing, §3.3") {
  append_entries msg{member_sender(2), term_t{4}, tenure_id{4},
                     at(1, 1),         {},        entries_from(2, {4})};
  CHECK(fence(term_t{5}, tenure_id{1}, msg, false) == passage::refuse);
  CHECK(fence(term_t{5}, tenure_id{1}, msg, true) == passage::refuse);
}

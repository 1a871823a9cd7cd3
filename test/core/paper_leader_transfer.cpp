// Claims of the Raft dissertation about leadership transfer, §3.10.

#include "caf/raft/core/candidate.hpp"
#include "caf/raft/core/follower.hpp"

#include "core/death.hpp"
#include "core/leader_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

const settings cfg;

/// Member 1 leads in term two and is heard; everyone has its first entry.
leader leading(configuration members = conf({1, 2, 3})) {
  auto result = lead(2, log_of({1}, std::move(members)));
  store_all(result);
  for (auto& [id, x] : result.peers)
    acknowledge_at(result, id.value, 2);
  update_commit(result);
  return result;
}

} // namespace

TEST_CASE("the receiver is told once it has the whole log, §3.10") {
  auto x = leading();
  propose_many(x, 2);
  auto to = begin_transfer(x, server_id{3}, t0, cfg);
  REQUIRE(to);
  CHECK(*to == server_id{3});
  CHECK(!ready_to_transfer(x));
  // Writes in flight go with it (#27).
  CHECK(text_of(next_for(x, 3)) == "2@2 [3,5)");
  acknowledge_at(x, 3, 3);
  CHECK(!ready_to_transfer(x));
  acknowledge_at(x, 2, 4);
  CHECK(!ready_to_transfer(x));
  acknowledge_at(x, 3, 4);
  auto what = ready_to_transfer(x);
  REQUIRE(what.has_value());
  CHECK(what->term == term_t{2});
  CHECK(what->tenure == x.self.number);
  // Only once.
  CHECK(!ready_to_transfer(x));
}

TEST_CASE("a receiver that has the whole log is told at once, §3.10") {
  auto x = leading();
  REQUIRE(begin_transfer(x, server_id{2}, t0, cfg));
  CHECK(ready_to_transfer(x));
}

TEST_CASE("nothing is proposed while leadership is handed over, §3.10") {
  auto x = leading();
  REQUIRE(begin_transfer(x, server_id{2}, t0, cfg));
  CHECK(dies([&] { propose_many(x, 1); }));
}

TEST_CASE("the receiver wins at once: others vote although we live, §3.10") {
  auto x = leading();
  REQUIRE(begin_transfer(x, server_id{2}, t0, cfg));
  REQUIRE(ready_to_transfer(x));
  auto next = next_tenure(tenure_of(2, 2, x.self.log), term_t{3}, tenure_id{9});
  next.voted_for = server_id{2};
  auto candidacy = become_candidate(next, true, t0, cfg, 0);
  message vote = ask(candidacy);
  CHECK(fence(term_t{2}, x.self.number, vote, true) == passage::newer_term);
}

TEST_CASE("a transfer that takes too long is given up, §3.10") {
  auto x = leading();
  CHECK(!abandon_transfer(x, t0 + 1h));
  REQUIRE(begin_transfer(x, server_id{2}, t0, cfg));
  ready_to_transfer(x);
  CHECK(!abandon_transfer(x, t0 + cfg.election_timeout - 1ns));
  CHECK(abandon_transfer(x, t0 + cfg.election_timeout));
  CHECK(!abandon_transfer(x, t0 + cfg.election_timeout));
  // It leads on as before.
  propose_many(x, 1);
  CHECK(x.self.log.last() == at(3, 2));
  // Another one may follow, and is told anew; not one that is silent since.
  CHECK(begin_transfer(x, server_id{3}, t0 + 2s, cfg).error().code
        == errc::rejected);
  acknowledge_at(x, 3, 2, t0 + 2s);
  REQUIRE(begin_transfer(x, server_id{3}, t0 + 2s, cfg));
  CHECK(!ready_to_transfer(x));
  acknowledge_at(x, 3, 3);
  CHECK(ready_to_transfer(x));
}

TEST_CASE("a transfer is refused where it makes no sense, §3.10") {
  auto x = leading(conf({1, 2, 3}, {}, {4}));
  auto code = [&](uint64_t to) {
    return begin_transfer(x, server_id{to}, t0, cfg).error().code;
  };
  CHECK(code(1) == errc::rejected);
  CHECK(code(4) == errc::rejected);
  CHECK(code(9) == errc::invalid_argument);
  CHECK(!x.handing_over);
  REQUIRE(begin_transfer(x, server_id{2}, t0, cfg));
  CHECK(code(3) == errc::rejected);
  CHECK(x.handing_over->to == server_id{2});
  auto alone = leading(conf({1}, {}, {2}));
  CHECK(begin_transfer(alone, server_id{}, t0, cfg).error().code
        == errc::rejected);
}

TEST_CASE("the best receiver is the voter that is furthest ahead, §3.10") {
  auto x = leading(conf({1, 2, 3, 4}, {1, 5}, {6}));
  propose_many(x, 9);
  auto now = t0 + cfg.election_timeout;
  auto best = [&] {
    x.handing_over.reset();
    auto result = begin_transfer(x, server_id{}, now, cfg);
    return result ? *result : server_id{};
  };
  // Nobody was heard lately.
  CHECK(!best());
  acknowledge_at(x, 3, 2, now);
  CHECK(best() == server_id{3});
  acknowledge_at(x, 4, 5, now);
  CHECK(best() == server_id{4});
  // Neither a learner nor one that is about to leave.
  acknowledge_at(x, 6, 11, now);
  acknowledge_at(x, 5, 11, now);
  CHECK(best() == server_id{4});
  // Furthest ahead, but not heard for long.
  acknowledge_at(x, 2, 9, t0);
  CHECK(best() == server_id{4});
  acknowledge_at(x, 2, 9, now);
  CHECK(best() == server_id{2});
  // As far ahead, and heard later.
  acknowledge_at(x, 3, 9, now + 1ms);
  CHECK(best() == server_id{3});
}

TEST_CASE("a leader whose disk is stuck should not lead, §3.10") {
  auto x = leading();
  auto timeout = cfg.election_timeout;
  auto stuck = [&](timespan after) {
    return disk_is_stuck(x, t0 + after, cfg);
  };
  // Nothing waits for it.
  CHECK(!stuck(timeout));
  CHECK(!stuck(2 * timeout));
  propose_many(x, 2);
  auto first = x.self.log.newest_write();
  take_write(x);
  propose_many(x, 2);
  take_write(x);
  CHECK(!stuck(3 * timeout - 1ns));
  CHECK(stuck(3 * timeout));
  // It is slow, but it moves.
  on_stored(x, stored(first));
  CHECK(!stuck(3 * timeout));
  CHECK(!stuck(4 * timeout - 1ns));
  CHECK(stuck(4 * timeout));
  store_all(x);
  CHECK(!stuck(9 * timeout));
}

TEST_CASE("who hands over leaves those behind who can elect another one") {
  auto x = leading();
  auto now = t0 + cfg.election_timeout;
  CHECK(!others_are_quorum(x, now, cfg));
  answer_round(x, 2, now);
  CHECK(!others_are_quorum(x, now, cfg));
  answer_round(x, 3, now);
  CHECK(others_are_quorum(x, now, cfg));
  auto two = leading(conf({1, 2}));
  answer_round(two, 2, now);
  CHECK(!others_are_quorum(two, now, cfg));
}

// Claims of the Raft dissertation about linearizable reads, §6.4, and about
// leaders that hear no quorum, §6.2.

#include "core/death.hpp"
#include "core/leader_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

reader r(uint64_t member, uint64_t id) {
  return {server_id{member}, request_id{id}};
}

/// Member 1 leads three voters in term two, its first entry is committed.
leader leading() {
  auto result = lead(2, log_of({1}));
  commit_first(result, 2);
  return result;
}

} // namespace

TEST_CASE("a read index is the commit index when its round begins, §6.4") {
  auto x = leading();
  x.reads.add(r(1, 1));
  CHECK(wants_round(x));
  start_round(x);
  CHECK(!wants_round(x));
  // What is committed meanwhile need not be waited for.
  propose_many(x, 1);
  store_all(x);
  acknowledge_at(x, 2, 3);
  CHECK(committed(x) == 3);
  auto confirmed = answer_round(x, 3);
  CHECK(confirmed.index == index_t{2});
  CHECK(confirmed.readers == std::vector{r(1, 1)});
}

TEST_CASE("no read index before an own entry is committed, §6.4") {
  auto x = lead(2, log_of({1}));
  x.self.commit_index = index_t{1};
  x.reads.add(r(1, 1));
  CHECK(!wants_round(x));
  // Rounds go on, as heartbeats, and confirm nothing.
  start_round(x);
  CHECK(answer_round(x, 2).readers.empty());
  commit_first(x, 2);
  CHECK(wants_round(x));
  CHECK(answer_round(x, 2).readers.empty());
  start_round(x);
  auto confirmed = answer_round(x, 2);
  CHECK(confirmed.readers.size() == 1);
  CHECK(confirmed.index >= x.first_own);
}

TEST_CASE("only a round that began after the read arrived confirms it, §6.4") {
  auto x = leading();
  start_round(x);
  auto old_round = x.round;
  x.reads.add(r(1, 1));
  start_round(x);
  x.reads.add(r(1, 2));
  // Answers to the round before.
  for (uint64_t id : {2, 3})
    CHECK(on_heartbeat_result(x, beat_of(x, member_sender(id), old_round), t0)
            .readers.empty());
  CHECK(answer_round(x, 2).readers == std::vector{r(1, 1)});
  CHECK(answer_round(x, 3).readers.empty());
  CHECK(wants_round(x));
  start_round(x);
  CHECK(answer_round(x, 3).readers == std::vector{r(1, 2)});
}

TEST_CASE("a later read never gets an older index") {
  auto x = leading();
  auto last = index_t{};
  for (uint64_t id = 1; id <= 20; ++id) {
    x.reads.add(r(3, id));
    if (wants_round(x))
      start_round(x);
    if (id % 3 == 0) {
      propose_many(x, 1);
      store_all(x);
      acknowledge_at(x, 2, x.self.log.last_index().value);
      update_commit(x);
    }
    if (id % 2 == 0) {
      auto confirmed = answer_round(x, 2);
      CHECK(confirmed.index >= last);
      last = confirmed.index;
    }
  }
}

TEST_CASE("a round that was lost is made up for by a later one, §6.4") {
  auto x = leading();
  x.reads.add(r(1, 1));
  start_round(x);
  // All its heartbeats are lost; the next ones come by themselves.
  start_round(x);
  CHECK(answer_round(x, 3).readers.size() == 1);
}

TEST_CASE("a round needs a quorum, the leader among it, §6.4") {
  auto x = lead(2, log_of({1}, conf({1, 2, 3, 4, 5}, {}, {6})));
  store_all(x);
  acknowledge_at(x, 2, 2);
  acknowledge_at(x, 3, 2);
  REQUIRE(update_commit(x));
  x.reads.add(r(1, 1));
  start_round(x);
  CHECK(answer_round(x, 2).readers.empty());
  CHECK(answer_round(x, 2).readers.empty());
  CHECK(answer_round(x, 6).readers.empty());
  CHECK(answer_round(x, 5).readers.size() == 1);
}

TEST_CASE("an older answer takes no newer one back") {
  auto x = lead(2, log_of({1}, conf({1, 2, 3, 4, 5})));
  store_all(x);
  acknowledge_at(x, 2, 2);
  acknowledge_at(x, 3, 2);
  REQUIRE(update_commit(x));
  start_round(x);
  auto older = beat_of(x, member_sender(2), x.round);
  x.reads.add(r(1, 1));
  start_round(x);
  answer_round(x, 2);
  on_heartbeat_result(x, older, t0);
  CHECK(answer_round(x, 3).readers.size() == 1);
}

TEST_CASE("a round needs both quorums of a joint configuration, §4.3") {
  auto x = lead(2, log_of({1}, conf({3, 4, 5}, {1, 2, 3})));
  store_all(x);
  for (uint64_t id : {2, 3, 4})
    acknowledge_at(x, id, 2);
  REQUIRE(update_commit(x));
  x.reads.add(r(1, 1));
  start_round(x);
  CHECK(answer_round(x, 2).readers.empty());
  CHECK(answer_round(x, 4).readers.empty());
  CHECK(answer_round(x, 5).readers.size() == 1);
}

TEST_CASE("a leader that is no voter does not confirm itself, §4.2.2") {
  auto x = lead(2, log_of({1}, conf({2, 3}, {}, {1})));
  for (uint64_t id : {2, 3})
    acknowledge_at(x, id, 2);
  REQUIRE(update_commit(x));
  x.reads.add(r(1, 1));
  start_round(x);
  CHECK(confirm_alone(x).readers.empty());
  CHECK(answer_round(x, 2).readers.empty());
  CHECK(answer_round(x, 3).readers.size() == 1);
}

TEST_CASE("a single voter confirms its reads alone, §6.4") {
  auto x = lead(1, log_of({}, conf({1}, {}, {2})));
  store_all(x);
  x.reads.add(r(1, 1));
  CHECK(!wants_round(x));
  REQUIRE(update_commit(x));
  start_round(x);
  auto confirmed = confirm_alone(x);
  CHECK(confirmed.readers.size() == 1);
  CHECK(confirmed.index == index_t{1});
  CHECK(confirm_alone(x).readers.empty());

  auto y = leading();
  y.reads.add(r(1, 1));
  start_round(y);
  CHECK(confirm_alone(y).readers.empty());
}

TEST_CASE("an answer to a heartbeat is of the configured life only") {
  auto x = leading();
  x.reads.add(r(1, 1));
  start_round(x);
  for (uint64_t id : {2, 3})
    CHECK(on_heartbeat_result(
            x, beat_of(x, {server_id{id}, incarnation_t{9}}, x.round), t0)
            .readers.empty());
  CHECK(answer_round(x, 2).readers.size() == 1);
}

TEST_CASE("a leader whose own life is not the configured one is not counted") {
  // It leads by the committed configuration, the newest names another life.
  settings cfg;
  auto members = conf({1, 2, 3});
  members.members[0].incarnation = incarnation_t{9};
  auto x = lead(2, log_of({1}, members));
  for (uint64_t id : {2, 3})
    acknowledge_at(x, id, 2);
  REQUIRE(update_commit(x));
  x.reads.add(r(1, 1));
  start_round(x);
  auto now = t0 + cfg.election_timeout;
  CHECK(answer_round(x, 2, now).readers.empty());
  CHECK(!has_quorum(x, now, cfg));
  CHECK(answer_round(x, 3, now).readers.size() == 1);
  CHECK(has_quorum(x, now, cfg));
}

TEST_CASE("reads that are not confirmed are given back at the end") {
  auto x = leading();
  x.reads.add(r(1, 1));
  start_round(x);
  x.reads.add(r(2, 5));
  CHECK(x.reads.take_all() == std::vector{r(1, 1), r(2, 5)});
}

// -- check-quorum -------------------------------------------------------------

TEST_CASE("a leader that hears no quorum leads no more, §6.2") {
  settings cfg;
  auto x = lead(2, log_of({1}, conf({1, 2, 3, 4, 5})));
  auto at_ms = [](int ms) { return t0 + std::chrono::milliseconds{ms}; };
  // The first election timeout is for being heard at all.
  CHECK(has_quorum(x, at_ms(999), cfg));
  CHECK(!has_quorum(x, at_ms(1000), cfg));
  start_round(x);
  answer_round(x, 2, at_ms(500));
  CHECK(!has_quorum(x, at_ms(1000), cfg));
  acknowledge_at(x, 4, 2, at_ms(700));
  CHECK(has_quorum(x, at_ms(1499), cfg));
  CHECK(!has_quorum(x, at_ms(1500), cfg));
  // A refusal is heard as well.
  on_append_result(x, refusal_of(x, member_sender(3), 1, at(0, 0)),
                   at_ms(1600));
  CHECK(has_quorum(x, at_ms(1699), cfg));
  CHECK(!has_quorum(x, at_ms(1700), cfg));
}

TEST_CASE("check-quorum counts voters of both configurations, §6.2, §4.3") {
  settings cfg;
  auto x = lead(2, log_of({1}, conf({3, 4, 5}, {1, 2, 3}, {6})));
  start_round(x);
  auto now = t0 + cfg.election_timeout;
  for (auto [id, expected] :
       {std::pair{6, false}, {2, false}, {4, false}, {5, true}}) {
    answer_round(x, static_cast<uint64_t>(id), now);
    CHECK(has_quorum(x, now, cfg) == expected);
  }
}

TEST_CASE("a single voter always hears itself, §6.2") {
  auto x = lead(1, log_of({}, conf({1}, {}, {2, 3})));
  CHECK(has_quorum(x, t0 + 24h, settings{}));
}

TEST_CASE("a leader that is no voter must hear the others, §6.2") {
  settings cfg;
  auto x = lead(2, log_of({1}, conf({2, 3}, {}, {1})));
  start_round(x);
  auto now = t0 + cfg.election_timeout;
  answer_round(x, 2, now);
  CHECK(!has_quorum(x, now, cfg));
  answer_round(x, 3, now);
  CHECK(has_quorum(x, now, cfg));
}

TEST_CASE("who speaks from another life is not heard, §6.2") {
  settings cfg;
  auto x = lead(2, log_of({1}));
  start_round(x);
  auto now = t0 + cfg.election_timeout;
  sender lost{server_id{2}, incarnation_t{9}};
  on_heartbeat_result(x, beat_of(x, lost, x.round), now);
  on_append_result(x, success_of(x, lost, 2), now);
  CHECK(!has_quorum(x, now, cfg));
}

// Claims of the Raft dissertation about log replication as far as leaders go:
// §3.5, §10.2.1; with followers by the rules on the other side.

#include "caf/raft/core/follower.hpp"

#include "core/leader_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

std::vector<uint64_t> terms_of(const log_tail& log) {
  std::vector<uint64_t> result;
  for (auto i = log.first_index(); i <= log.last_index(); ++i)
    result.push_back(log.term_at(i)->value);
  return result;
}

/// Member 2 with this log, which is durable, in a term.
follower follow(uint64_t term, std::initializer_list<uint64_t> terms) {
  return become_follower(tenure_of(2, term, log_of(terms)), t0, {}, 0);
}

/// The disk is as fast as can be.
std::optional<append_result> deliver(follower& to, const append_entries& msg) {
  auto outcome = on_append(to, msg, t0, true);
  if (outcome.answer)
    return outcome.answer;
  return acknowledge(to, stored(to.self.log.newest_write()));
}

/// The leader sends to member 2 until there is nothing more to send.
/// @returns How many messages were refused.
int replicate(leader& self, follower& to) {
  auto refused = 0;
  for (auto round = 0; round < 100; ++round) {
    auto order = next_for(self, 2);
    if (!order)
      return refused;
    auto answer = deliver(to, message_of(self, *order));
    REQUIRE(answer.has_value());
    refused += answer->success ? 0 : 1;
    on_append_result(self, *answer, t0);
  }
  FAIL("no end");
  return refused;
}

struct log_row {
  const char* what;
  std::initializer_list<uint64_t> terms;
  /// How many terms there differ from the leader's where the logs part.
  int most_refusals;
};

} // namespace

TEST_CASE("the leader makes every log of Figure 3.6 its own, §3.5") {
  for (auto& x : {log_row{"a", {1, 1, 1, 4, 4, 5, 5, 6, 6}, 1},
                  log_row{"b", {1, 1, 1, 4}, 1},
                  log_row{"c", {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 0},
                  log_row{"d", {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}, 0},
                  log_row{"e", {1, 1, 1, 4, 4, 4, 4}, 2},
                  log_row{"f", {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 2},
                  log_row{"empty", {}, 1}}) {
    CAPTURE(x.what);
    auto self = lead(8, log_of({1, 1, 1, 4, 4, 5, 5, 6, 6, 6}));
    auto to = follow(8, x.terms);
    auto refused = replicate(self, to);
    CHECK(refused <= x.most_refusals);
    CHECK(terms_of(to.self.log) == terms_of(self.self.log));
    CHECK(peer(self, 2).match_index() == self.self.log.last_index());
  }
}

TEST_CASE("a conflict costs a round trip per term, not per entry, §3.5") {
  // Five terms on either side, two hundred entries in each.
  log_tail::contents here;
  log_tail::contents there;
  auto conf_of_all = conf_ptr(conf({1, 2, 3}));
  for (auto* xs : {&here, &there}) {
    xs->base_configuration = conf_of_all;
    xs->last_index = index_t{1000};
    for (uint64_t i = 0; i < 5; ++i)
      xs->term_starts.push_back(at(1 + 200 * i, (xs == &here ? 2 : 1) + 2 * i));
    for (uint64_t i = 1; i <= 1000; ++i)
      xs->recent.push_back(
        entries_from(i, {(xs == &here ? 2 : 1) + (i - 1) / 200 * 2}).front());
  }
  auto self = lead(20, log_tail{std::move(here)});
  auto to = become_follower(tenure_of(2, 20, log_tail{std::move(there)}), t0,
                            {}, 0);
  CHECK(replicate(self, to) <= 6);
  CHECK(terms_of(to.self.log) == terms_of(self.self.log));
}

TEST_CASE("a leader never overwrites or deletes entries of its log, §3.5") {
  auto self = lead(8, log_of({1, 1, 4}));
  auto before = terms_of(self.self.log);
  auto to = follow(8, {1, 2, 2, 2, 2});
  replicate(self, to);
  on_append_result(self, refusal_of(self, member_sender(3), 3, at(0, 0)), t0);
  on_peer_reset(self, server_id{3});
  CHECK(terms_of(self.self.log) == before);
}

TEST_CASE("entries are sent again until all have stored them, §3.5") {
  settings cfg;
  auto self = lead(2, log_of({1}));
  auto to = follow(2, {1});
  auto now = t0;
  // The first three messages are lost.
  for (auto i = 0; i < 3; ++i) {
    auto order = next_for(self, 2, now);
    CHECK(text_of(order) == "1@1 [2,3)");
    CHECK(text_of(next_for(self, 2, now)) == "nothing");
    now += cfg.election_timeout + 1ns;
    reset_stalled(self, now, cfg);
  }
  CHECK(replicate(self, to) == 0);
  CHECK(to.self.log.last() == at(2, 2));
}

TEST_CASE("a message that arrives twice is answered twice, §3.5") {
  auto self = lead(2, log_of({1}));
  auto to = follow(2, {1});
  auto msg = message_of(self, *next_for(self, 2));
  for (auto i = 0; i < 2; ++i) {
    auto answer = deliver(to, msg);
    REQUIRE(answer.has_value());
    on_append_result(self, *answer, t0);
    CHECK(peer(self, 2).match_index() == index_t{2});
  }
  CHECK(terms_of(to.self.log) == terms_of(self.self.log));
}

TEST_CASE("the leader sends beside its own disk write, §10.2.1") {
  auto self = lead(2, log_of({1}));
  // Nothing was stored yet, nor even handed to the disk.
  CHECK(text_of(next_for(self, 2)) == "1@1 [2,3)");
  CHECK(self.self.log.durable_index() == index_t{1});
}

TEST_CASE("messages stream without waiting for answers, §10.2.1") {
  settings cfg;
  cfg.max_append_entries = 40;
  auto self = lead(2, log_of({1}));
  auto to = follow(2, {1});
  replicate(self, to);
  propose_many(self, 120);
  std::vector<append_entries> sent;
  while (auto order = next_for(self, 2, t0, cfg))
    sent.push_back(message_of(self, *order));
  CHECK(sent.size() == 3);
  SUBCASE("and arrive in order") {
    for (auto& x : sent)
      on_append_result(self, *deliver(to, x), t0);
  }
  SUBCASE("and one that is lost is sent again with all behind it") {
    for (size_t i = 1; i < 3; ++i) {
      auto answer = deliver(to, sent[i]);
      REQUIRE(answer.has_value());
      CHECK(!answer->success);
      on_append_result(self, *answer, t0);
    }
    CHECK(text_of(next_for(self, 2, t0, cfg)) == "2@2 [3,43)");
    on_append_result(self, *deliver(to, sent[0]), t0);
    replicate(self, to);
  }
  SUBCASE("and may arrive in any order") {
    for (size_t i : {2, 0, 1})
      on_append_result(self, *deliver(to, sent[i]), t0);
    replicate(self, to);
  }
  CHECK(peer(self, 2).match_index() == index_t{122});
  CHECK(to.self.log.last_index() == index_t{122});
}

TEST_CASE("heartbeats carry a commit index no further than acknowledged") {
  auto self = lead(2, log_of({1, 1, 1}));
  propose_many(self, 4);
  store_all(self);
  acknowledge_at(self, 2, 8);
  acknowledge_at(self, 3, 5);
  CHECK(committed(self) == 8);
  start_round(self);
  CHECK(heartbeat_for(self, server_id{2}).commit == index_t{8});
  CHECK(heartbeat_for(self, server_id{3}).commit == index_t{5});
  CHECK(commit_for(self, server_id{3}) == index_t{5});
  CHECK(commit_for(self, server_id{9}) == index_t{0});
  propose_many(self, 1);
  acknowledge_at(self, 2, 9);
  // Not what is acknowledged but not committed.
  CHECK(commit_for(self, server_id{2}) == index_t{8});
}

TEST_CASE("a follower that acknowledged nothing is told of no commit") {
  // What it has may be another leader's, as far as it reaches.
  auto self = lead(2, log_of({1, 1, 1}));
  store_all(self);
  acknowledge_at(self, 2, 4);
  CHECK(committed(self) == 4);
  start_round(self);
  CHECK(heartbeat_for(self, server_id{3}).commit == index_t{0});
}

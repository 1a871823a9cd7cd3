#include "caf/raft/testing/invariants.hpp"

#include <doctest/doctest.h>

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

constexpr group_id one{1};

entry command(uint64_t index, uint64_t term, const char* text = "x") {
  return entry::make(index_t{index}, term_t{term}, entry_kind::command,
                     as_bytes(text));
}

/// Two members, and whoever looks on.
struct fixture {
  fixture() {
    for (auto* x : {&first, &second}) {
      x->observe(&rules);
      rules.watch(*x);
      stores.push_back(x->open());
    }
  }

  void append(size_t member, entries xs, uint64_t truncate_from = 0) {
    log_write x;
    x.group = one;
    x.append = std::move(xs);
    x.truncate_from = index_t{truncate_from};
    REQUIRE(stores[member]->commit({&x, 1}));
  }

  void begin_behind(size_t member, uint64_t index, uint64_t term,
                    entries xs = {}) {
    log_write x;
    x.group = one;
    x.base = log_base{{term_t{term}, index_t{index}}, nullptr, {}};
    x.append = std::move(xs);
    REQUIRE(stores[member]->commit({&x, 1}));
  }

  void promise(size_t member, uint64_t term, uint64_t vote) {
    log_write x;
    x.group = one;
    x.state = hard_state{term_t{term}, server_id{vote}};
    REQUIRE(stores[member]->commit({&x, 1}));
  }

  void sync(size_t member) {
    REQUIRE(stores[member]->sync());
  }

  void apply(size_t member, uint64_t index, const char* text = "x") {
    rules.on_applied(one, server_id{member + 1}, index_t{index},
                     as_bytes(text));
  }

  void send(message what) {
    rules.on_sent(server_id{9}, {one, std::move(what)});
  }

  bool complains_of(const std::string& what) const {
    INFO(rules.violation().value_or("nothing"));
    return rules.violation()
           && rules.violation()->find(what) != std::string::npos;
  }

  invariants rules;
  sim_disk first{server_id{1}, incarnation_t{1}};
  sim_disk second{server_id{2}, incarnation_t{2}};
  std::vector<std::shared_ptr<storage::log_store>> stores;
};

sender from(uint64_t id) {
  return {server_id{id}, incarnation_t{id}};
}

} // namespace

TEST_CASE("what is as it must be raises no complaint") {
  fixture f;
  f.promise(0, 2, 1);
  f.promise(1, 2, 1);
  f.sync(1);
  f.rules.on_sent(server_id{1}, {one, vote_result{from(2), term_t{2},
                                                  tenure_id{}, false, true}});
  f.append(0, {command(1, 2)});
  f.append(1, {command(1, 2)});
  f.sync(0);
  f.sync(1);
  f.send(append_result{from(2), term_t{2}, {}, true, index_t{1}, {}});
  f.apply(0, 1);
  f.apply(1, 1);
  f.rules.on_done(one, {term_t{2}, index_t{1}});
  f.rules.check_complete(f.first);
  f.rules.check_complete(f.second);
  CHECK(!f.rules.violation());
}

TEST_CASE("two leaders in one term are seen") {
  fixture f;
  f.promise(0, 3, 1);
  f.promise(1, 4, 2);
  f.sync(0);
  f.sync(1);
  f.send(heartbeat{from(1), term_t{3}, {}, {}, {}});
  f.send(heartbeat{from(2), term_t{4}, {}, {}, {}});
  CHECK(!f.rules.violation());
  group_event role;
  role.role = role_name::leader;
  role.term = term_t{3};
  f.rules.on_event(one, server_id{2}, role);
  CHECK(f.complains_of("members 1 and 2 both lead term 3"));
}

TEST_CASE("a leader whose own vote is not durable is seen") {
  fixture f;
  f.promise(0, 3, 1);
  f.send(heartbeat{from(1), term_t{3}, {}, {}, {}});
  CHECK(f.complains_of("leads term 3 before its own vote is durable"));
}

TEST_CASE("a leader that removes entries is seen") {
  fixture f;
  f.append(0, {command(1, 2), command(2, 2)});
  f.promise(0, 3, 1);
  f.sync(0);
  f.send(heartbeat{from(1), term_t{3}, {}, {}, {}});
  CHECK(!f.rules.violation());
  f.append(0, {command(2, 3)}, 2);
  CHECK(f.complains_of("which leads term 3, removes entries from 2 on"));
}

TEST_CASE("a follower may remove what the leader of its term does not have") {
  fixture f;
  f.append(0, {command(1, 2), command(2, 2)});
  f.promise(0, 3, 2);
  f.append(0, {command(2, 3)}, 2);
  CHECK(!f.rules.violation());
}

TEST_CASE("a read that misses what was acknowledged before is seen") {
  fixture f;
  for (size_t member : {0, 1}) {
    f.append(member, {command(1, 2)});
    f.sync(member);
  }
  f.apply(0, 1);
  auto before = f.rules.acknowledged(one);
  f.rules.on_done(one, {term_t{2}, index_t{1}});
  f.rules.on_read(one, server_id{1}, f.rules.acknowledged(one));
  // One that was asked for before may miss it.
  f.rules.on_read(one, server_id{2}, before);
  CHECK(!f.rules.violation());
  f.rules.on_read(one, server_id{2}, f.rules.acknowledged(one));
  CHECK(f.complains_of("member 2 answers a read after entry 0, but entry 1"));
}

TEST_CASE("two votes in one term are seen") {
  fixture f;
  f.promise(0, 3, 8);
  f.sync(0);
  vote_result yes{from(1), term_t{3}, {}, false, true};
  f.rules.on_sent(server_id{8}, {one, yes});
  CHECK(!f.rules.violation());
  f.rules.on_sent(server_id{9}, {one, yes});
  CHECK(f.complains_of("votes for 8 and for 9 in term 3"));
}

TEST_CASE("a stored vote that changes is seen") {
  fixture f;
  f.promise(0, 3, 8);
  f.promise(0, 3, 9);
  CHECK(f.complains_of("a vote for 9 in term 3 after one for 8"));
}

TEST_CASE("a stored term that goes back is seen") {
  fixture f;
  f.promise(0, 3, 0);
  f.promise(0, 2, 0);
  CHECK(f.complains_of("stores term 2 after term 3"));
}

TEST_CASE("promises before they are durable are seen") {
  SUBCASE("a vote") {
    fixture f;
    f.promise(0, 3, 9);
    f.send(vote_result{from(1), term_t{3}, {}, false, true});
    CHECK(f.complains_of("before that is durable"));
  }
  SUBCASE("entries") {
    fixture f;
    f.promise(0, 3, 0);
    f.append(0, {command(1, 3)});
    f.send(append_result{from(1), term_t{3}, {}, true, index_t{1}, {}});
    CHECK(f.complains_of("acknowledges entry 1 before it is durable"));
  }
  SUBCASE("a term") {
    fixture f;
    f.append(0, {command(1, 3)});
    f.sync(0);
    f.send(append_result{from(1), term_t{3}, {}, true, index_t{1}, {}});
    CHECK(f.complains_of("before that term is durable"));
  }
}

TEST_CASE("entries that differ under one id are seen") {
  SUBCASE("in two logs") {
    fixture f;
    f.append(0, {command(1, 2, "x")});
    f.append(1, {command(1, 2, "y")});
    CHECK(f.complains_of("there are two entries 1@2"));
  }
  SUBCASE("in what is before them") {
    fixture f;
    f.append(0, {command(1, 1), command(2, 3)});
    f.append(1, {command(1, 2), command(2, 3)});
    CHECK(f.complains_of("2@3, or two before it"));
  }
  SUBCASE("on the wire") {
    fixture f;
    f.append(0, {command(1, 2, "x")});
    append_entries msg;
    msg.from = from(2);
    msg.term = term_t{2};
    msg.entries = {command(1, 2, "y")};
    f.send(msg);
    CHECK(f.complains_of("there are two entries 1@2"));
  }
}

TEST_CASE("a leader without what was committed before is seen") {
  fixture f;
  f.append(0, {command(1, 1), command(2, 1)});
  f.sync(0);
  f.apply(0, 2);
  f.append(1, {command(1, 1), command(2, 4)});
  CHECK(f.complains_of("the leader of term 4 does not have entry 2@1"));
}

TEST_CASE("committed entries that are removed are seen") {
  fixture f;
  f.append(0, {command(1, 1), command(2, 1)});
  f.sync(0);
  f.apply(0, 2);
  f.append(0, {}, 2);
  CHECK(f.complains_of("removes entry 2@1, which is committed"));
}

TEST_CASE("a log may begin behind what is committed") {
  fixture f;
  f.append(0, {command(1, 1), command(2, 1), command(3, 1)});
  f.sync(0);
  f.apply(0, 2);
  f.begin_behind(0, 2, 1);
  f.append(0, {command(4, 2)});
  f.append(1, {command(1, 1)});
  f.begin_behind(1, 2, 1, {command(3, 1)});
  f.append(1, {command(4, 2), command(5, 3)});
  f.sync(0);
  f.apply(0, 4);
  f.rules.check_complete(f.first);
  f.rules.check_complete(f.second);
  CHECK(!f.rules.violation());
}

TEST_CASE("a log that begins behind what is not committed is seen") {
  fixture f;
  f.append(0, {command(1, 1), command(2, 1), command(3, 1)});
  f.sync(0);
  f.apply(0, 3);
  SUBCASE("another entry stands there") {
    f.begin_behind(1, 2, 2);
    CHECK(f.complains_of("member 2 begins behind 2@2, but 2@1 is committed"));
  }
  SUBCASE("what is behind it is missing in the end") {
    f.begin_behind(1, 2, 1);
    f.rules.check_complete(f.second);
    CHECK(f.complains_of("member 2 does not have entry 3@1"));
  }
}

TEST_CASE("members that apply different entries are seen") {
  fixture f;
  f.append(0, {command(1, 1, "x")});
  f.append(1, {command(1, 2, "y")});
  f.sync(0);
  f.sync(1);
  f.apply(0, 1, "x");
  f.apply(1, 1, "y");
  CHECK(f.complains_of("applies entry 1@2, but entry 1@1 is committed"));
}

TEST_CASE("what is applied out of order, too early or changed is seen") {
  SUBCASE("twice") {
    fixture f;
    f.append(0, {command(1, 1)});
    f.sync(0);
    f.apply(0, 1);
    f.apply(0, 1);
    CHECK(f.complains_of("applies entry 1 after entry 1"));
  }
  SUBCASE("too early") {
    fixture f;
    f.append(0, {command(1, 1)});
    f.apply(0, 1);
    CHECK(f.complains_of("applies entry 1 before it is durable"));
  }
  SUBCASE("changed") {
    fixture f;
    f.append(0, {command(1, 1)});
    f.sync(0);
    f.apply(0, 1, "z");
    CHECK(f.complains_of("something else than entry 1"));
  }
}

TEST_CASE("state machines that answer differently are seen") {
  fixture f;
  for (size_t i = 0; i < 2; ++i) {
    f.append(i, {command(1, 1)});
    f.sync(i);
    f.apply(i, 1);
  }
  f.rules.on_answered(one, server_id{1}, index_t{1}, as_bytes("7"));
  CHECK(!f.rules.violation());
  f.rules.on_answered(one, server_id{2}, index_t{1}, as_bytes("8"));
  CHECK(f.complains_of("the state machine of member 2 answers entry 1@1"));
}

TEST_CASE("an answer without a committed entry is seen") {
  fixture f;
  f.append(0, {command(1, 1)});
  f.sync(0);
  f.rules.on_done(one, {term_t{1}, index_t{1}});
  CHECK(f.complains_of("entry 1@1 is done, but it is not committed"));
}

TEST_CASE("a log that lacks a committed entry in the end is seen") {
  fixture f;
  f.append(0, {command(1, 1)});
  f.sync(0);
  f.apply(0, 1);
  f.rules.check_complete(f.second);
  CHECK(f.complains_of("member 2 does not have entry 1@1"));
}

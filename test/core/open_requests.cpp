#include "core/open_requests_desk.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

// -- commands -----------------------------------------------------------------

TEST_CASE("a command is done when its entry is applied under its id") {
  desk x;
  CHECK(x.command(7, "put") == errc::none);
  auto taken = x.to_role();
  REQUIRE(taken.size() == 1);
  CHECK(as_text(taken[0].payload) == "put");
  CHECK(taken[0].deadline == x.deadline);
  CHECK(!x.open.has_waiting_commands());
  CHECK(x.open.waits_for_entries());
  CHECK(!x.open.appended(taken[0].id, errc::none, at(4, 2)));
  CHECK(x.apply({at(3, 2)}).empty());
  CHECK(x.apply({at(4, 2)}) == endings{{7, errc::none, at(4, 2), "4@2"}});
  CHECK(x.open.empty());
  CHECK(!x.open.waits_for_entries());
  CHECK(!x.open.next_deadline());
}

TEST_CASE("another entry in its place: it never will be done, §3.5") {
  desk x;
  x.appended_command(1, at(4, 2));
  x.appended_command(2, at(5, 2));
  x.open.tenure_over();
  x.appended_command(3, at(4, 3));
  auto ended = x.apply({at(3, 2), at(4, 3), at(5, 3)});
  CHECK(ended
        == endings{{1, errc::no_leader, at(4, 2), ""},
                   {2, errc::no_leader, at(5, 2), ""},
                   {3, errc::none, at(4, 3), "4@3"}});
}

TEST_CASE("an appended command stays open when the tenure ends") {
  desk x;
  x.appended_command(1, at(4, 2));
  x.open.tenure_over();
  CHECK(endings_of(x.open.connection_lost(other)).empty());
  CHECK(!x.open.has_waiting_commands());
  CHECK(x.apply({at(4, 2)}) == endings{{1, errc::none, at(4, 2), "4@2"}});
}

TEST_CASE("an appended command is unknown if its time is up before") {
  desk x;
  x.appended_command(1, at(4, 2));
  CHECK(x.expire(4s).empty());
  CHECK(x.expire(5s) == endings{{1, errc::outcome_unknown, at(4, 2), ""}});
  CHECK(x.apply({at(4, 2)}).empty());
}

TEST_CASE("a snapshot that jumps over an entry leaves it unknown") {
  desk x;
  x.appended_command(1, at(4, 2));
  x.appended_command(2, at(9, 2));
  CHECK(x.apply(index_t{8}, {at(8, 2)})
        == endings{{1, errc::outcome_unknown, at(4, 2), ""}});
  CHECK(x.apply({at(9, 2)}) == endings{{2, errc::none, at(9, 2), "9@2"}});
}

TEST_CASE("what waits for a leader is not done when its time is up") {
  desk x;
  x.command(1);
  x.query(2);
  CHECK(x.open.next_deadline() == x.deadline);
  CHECK(x.expire(5s)
        == endings{{1, errc::no_leader, {}, ""}, {2, errc::no_leader, {}, ""}});
  CHECK(!x.open.has_waiting_commands());
  CHECK(!x.open.has_waiting_queries());
  CHECK(x.open.size_in_bytes() == 0);
}

TEST_CASE("what the own leadership left unanswered goes to the next leader") {
  desk x;
  x.command(1);
  x.command(2);
  auto first = x.to_role();
  x.command(3);
  x.open.tenure_over();
  auto again = x.to_role();
  REQUIRE(again.size() == 3);
  x.apply({at(1, 1)});
  // In order of arrival, and nothing that belongs to the first attempt counts.
  CHECK(!x.open.appended(first[0].id, errc::none, at(2, 1)));
  for (auto& y : again)
    CHECK(!x.open.appended(y.id, errc::none,
                           at(3 + static_cast<uint64_t>(&y - &again[0]), 2)));
  CHECK(x.apply({at(2, 1), at(3, 2), at(4, 2), at(5, 2)})
        == endings{{1, errc::none, at(3, 2), "3@2"},
                   {2, errc::none, at(4, 2), "4@2"},
                   {3, errc::none, at(5, 2), "5@2"}});
}

TEST_CASE("what was passed on is never sent again") {
  desk x;
  x.command(1);
  x.to_other();
  SUBCASE("and unknown when its time is up") {
    x.open.tenure_over();
    CHECK(!x.open.has_waiting_commands());
    CHECK(x.expire(5s) == endings{{1, errc::outcome_unknown, {}, ""}});
  }
  SUBCASE("and unknown when the connection breaks") {
    x.command(2);
    x.to_other(server_id{3});
    CHECK(endings_of(x.open.connection_lost(other))
          == endings{{1, errc::outcome_unknown, {}, ""}});
    CHECK(!x.open.has_waiting_commands());
    CHECK(x.open.size() == 1);
  }
}

TEST_CASE(
  "what a member has not answered when it leaves goes to the next leader") {
  desk x;
  x.command(1);
  x.command(2);
  auto first = x.to_other();
  CHECK(!x.open.appended(first[0].id, errc::none, at(2, 1)));
  x.command(3);
  x.to_other(server_id{3});
  x.command(4);
  x.open.refused_all({other, term_t{1}});
  // What was appended stays, what another one has is not touched, and what the
  // first one says later is about nobody.
  CHECK(!x.open.appended(first[1].id, errc::none, at(3, 1)));
  auto again = x.to_role();
  REQUIRE(again.size() == 2);
  CHECK(!x.open.appended(again[0].id, errc::none, at(3, 2)));
  CHECK(!x.open.appended(again[1].id, errc::none, at(4, 2)));
  CHECK(x.apply({at(2, 1), at(3, 2), at(4, 2)})
        == endings{{1, errc::none, at(2, 1), "2@1"},
                   {2, errc::none, at(3, 2), "3@2"},
                   {4, errc::none, at(4, 2), "4@2"}});
  CHECK(endings_of(x.open.connection_lost(server_id{3}))
        == endings{{3, errc::outcome_unknown, {}, ""}});
}

TEST_CASE("a farewell is about what was passed on up to its term") {
  desk x;
  for (uint64_t term = 1; term <= 3; ++term) {
    x.command(static_cast<int>(term));
    x.to_other(other, term_t{term});
  }
  x.command(4);
  x.to_other(server_id{3}, term_t{2});
  x.open.refused_all({other, term_t{2}});
  auto again = x.to_role();
  REQUIRE(again.size() == 2);
  CHECK(!x.open.appended(again[0].id, errc::none, at(5, 4)));
  CHECK(!x.open.appended(again[1].id, errc::none, at(6, 4)));
  CHECK(x.apply({at(5, 4), at(6, 4)})
        == endings{{1, errc::none, at(5, 4), "5@4"},
                   {2, errc::none, at(6, 4), "6@4"}});
  CHECK(endings_of(x.open.connection_lost(other))
        == endings{{3, errc::outcome_unknown, {}, ""}});
  CHECK(endings_of(x.open.connection_lost(server_id{3}))
        == endings{{4, errc::outcome_unknown, {}, ""}});
}

TEST_CASE("a connection that is lost is one with a member, in whatever term") {
  desk x;
  for (uint64_t term = 1; term <= 3; ++term) {
    x.command(static_cast<int>(term));
    x.to_other(other, term_t{term});
  }
  CHECK(endings_of(x.open.connection_lost(other))
        == endings{{1, errc::outcome_unknown, {}, ""},
                   {2, errc::outcome_unknown, {}, ""},
                   {3, errc::outcome_unknown, {}, ""}});
  CHECK(x.open.empty());
}

TEST_CASE("an answer that comes after the tenure still counts") {
  desk x;
  x.command(1);
  x.command(2);
  auto taken = x.to_other();
  x.open.tenure_over();
  CHECK(!x.open.appended(taken[0].id, errc::none, at(4, 2)));
  CHECK(!x.open.appended(taken[1].id, errc::no_leader, {}));
  CHECK(x.open.has_waiting_commands());
  CHECK(x.apply({at(4, 2)}) == endings{{1, errc::none, at(4, 2), "4@2"}});
  CHECK(x.expire(5s) == endings{{2, errc::no_leader, {}, ""}});
}

TEST_CASE("a refused command waits for the next leader") {
  desk x;
  x.command(1);
  auto taken = x.to_other();
  CHECK(!x.open.appended(taken[0].id, errc::no_leader, {}));
  CHECK(x.open.has_waiting_commands());
  CHECK(x.to_role().size() == 1);
}

TEST_CASE("a repeated refusal is not one of the second attempt") {
  // Duplicate proposals after forwarding retries apply once (#35): were the
  // second refusal believed, the command would be sent a third time, although
  // the leader may have appended it at the second.
  desk x;
  x.command(1);
  auto first = x.to_other();
  CHECK(!x.open.appended(first[0].id, errc::no_leader, {}));
  auto second = x.to_other();
  CHECK(first[0].id != second[0].id);
  CHECK(!x.open.appended(first[0].id, errc::no_leader, {}));
  CHECK(!x.open.has_waiting_commands());
  CHECK(!x.open.appended(second[0].id, errc::none, at(4, 2)));
  CHECK(!x.open.appended(second[0].id, errc::no_leader, {}));
  CHECK(!x.open.has_waiting_commands());
  CHECK(x.apply({at(4, 2)}) == endings{{1, errc::none, at(4, 2), "4@2"}});
}

TEST_CASE("any other refusal is the client's answer") {
  for (auto code : {errc::no_space, errc::overloaded, errc::rejected}) {
    desk x;
    x.command(1);
    auto taken = x.to_other();
    auto end = x.open.appended(taken[0].id, code, {});
    REQUIRE(end.has_value());
    CHECK(ending_of(*end) == ending{1, code, {}, ""});
    CHECK(x.open.empty());
  }
}

TEST_CASE("an entry that was applied before we knew it is unknown") {
  desk x;
  x.command(1);
  auto taken = x.to_other();
  x.apply({at(4, 2)});
  auto end = x.open.appended(taken[0].id, errc::none, at(4, 2));
  REQUIRE(end.has_value());
  CHECK(ending_of(*end) == ending{1, errc::outcome_unknown, at(4, 2), ""});
}

TEST_CASE("results that come out of order are settled in order") {
  desk x;
  for (int i = 1; i <= 3; ++i)
    x.command(i);
  auto taken = x.to_other();
  for (auto [i, index] : {std::pair{0, 6}, {2, 4}, {1, 5}})
    CHECK(!x.open.appended(taken[static_cast<size_t>(i)].id, errc::none,
                           at(static_cast<uint64_t>(index), 2)));
  CHECK(x.apply({at(4, 2), at(5, 2)})
        == endings{{3, errc::none, at(4, 2), "4@2"},
                   {2, errc::none, at(5, 2), "5@2"}});
  CHECK(x.open.size() == 1);
}

TEST_CASE("commands leave in messages of a bounded size") {
  desk x;
  for (int i = 1; i <= 4; ++i)
    x.command(i, "0123456789");
  x.command(5, std::string(100, 'x'));
  auto sizes = [&](size_t max_count, size_t max_bytes) {
    return x.open.take_commands({other, term_t{1}}, true, max_count, max_bytes)
      .size();
  };
  CHECK(sizes(unlimited, 29) == 2);
  CHECK(sizes(1, unlimited) == 1);
  CHECK(sizes(unlimited, 50) == 1);
  // Too large for any message: it travels alone.
  CHECK(sizes(unlimited, 50) == 1);
  CHECK(sizes(unlimited, unlimited) == 0);
}

// -- limits -------------------------------------------------------------------

TEST_CASE("requests above the limits are refused") {
  desk x;
  x.cfg.max_open_requests = 2;
  x.cfg.max_open_bytes = 30;
  x.cfg.max_command_bytes = 25;
  CHECK(x.command(1, std::string(26, 'x')) == errc::too_large);
  CHECK(x.command(1, std::string(20, 'x')) == errc::none);
  CHECK(x.command(2, std::string(11, 'x')) == errc::overloaded);
  CHECK(x.query(2, std::string(10, 'x')) == errc::none);
  CHECK(x.command(3, "") == errc::overloaded);
  CHECK(!x.open.add_local_query(3, x.deadline, x.cfg));
  CHECK(x.open.size() == 2);
  CHECK(x.open.size_in_bytes() == 30);
  x.expire(5s);
  CHECK(x.command(3, std::string(25, 'x')) == errc::none);
}

TEST_CASE("payloads are kept no longer than they may be needed") {
  desk x;
  x.command(1, std::string(20, 'x'));
  auto taken = x.to_other();
  CHECK(x.open.size_in_bytes() == 20);
  x.open.appended(taken[0].id, errc::none, at(4, 2));
  CHECK(x.open.size_in_bytes() == 0);
  x.query(2, std::string(20, 'x'));
  x.open.read_confirmed(x.open.take_queries(), errc::none, index_t{1});
  CHECK(x.open.size_in_bytes() == 20);
  x.apply({at(1, 1)});
  CHECK(x.ready.size() == 1);
  CHECK(x.open.size_in_bytes() == 0);
}

TEST_CASE("numbers of one life fit nothing in another") {
  desk before{1000};
  desk after{0x123456789};
  before.command(1);
  before.query(2);
  after.command(1);
  after.query(2);
  auto old = before.to_other();
  auto old_batch = before.open.take_queries();
  after.to_other();
  after.open.take_queries();
  CHECK(!after.open.appended(old[0].id, errc::none, at(4, 2)));
  after.open.read_confirmed(old_batch, errc::none, index_t{1});
  CHECK(after.open.has_unconfirmed_reads());
  CHECK(after.expire(5s)
        == endings{{1, errc::outcome_unknown, {}, ""},
                   {2, errc::no_leader, {}, ""}});
}

// -- the end ------------------------------------------------------------------

TEST_CASE("a member that stops answers everyone, each once") {
  desk x;
  x.command(1);
  x.to_role();
  x.command(2);
  x.to_other();
  x.appended_command(3, at(4, 2));
  x.command(4);
  x.query(5);
  x.open.take_queries();
  x.query(6);
  x.open.read_confirmed(x.open.take_queries(), errc::none, index_t{9});
  x.open.add_local_query(7, x.deadline, x.cfg);
  x.query(8);
  auto ended = endings_of(x.open.close());
  std::sort(ended.begin(), ended.end(),
            [](auto& a, auto& b) { return a.who < b.who; });
  auto unknown = errc::outcome_unknown;
  auto never = errc::no_leader;
  CHECK(ended
        == endings{{1, unknown, {}, ""},
                   {2, unknown, {}, ""},
                   {3, unknown, at(4, 2), ""},
                   {4, never, {}, ""},
                   {5, never, {}, ""},
                   {6, never, {}, ""},
                   {7, never, {}, ""},
                   {8, never, {}, ""}});
  CHECK(x.open.empty());
  CHECK(x.open.size_in_bytes() == 0);
  CHECK(!x.open.next_deadline());
}

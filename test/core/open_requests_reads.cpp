#include "core/open_requests_desk.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

// -- queries ------------------------------------------------------------------

TEST_CASE("a query is answered once its read index is applied, §6.4") {
  desk x;
  CHECK(x.query(1, "get") == errc::none);
  CHECK(x.query(2, "get it") == errc::none);
  auto batch = x.open.take_queries();
  CHECK(batch);
  CHECK(!x.open.take_queries());
  CHECK(x.open.has_unconfirmed_reads());
  CHECK(x.open.read_confirmed(batch, errc::none, index_t{4}).empty());
  CHECK(!x.open.has_unconfirmed_reads());
  x.apply({at(3, 2)});
  CHECK(x.ready.empty());
  x.apply({at(4, 2)});
  REQUIRE(x.ready.size() == 2);
  CHECK(as_text(x.ready[0].payload) == "get");
  CHECK(as_text(x.ready[1].payload) == "get it");
  for (int i = 0; i < 2; ++i) {
    auto end = x.open.answered(x.ready[static_cast<size_t>(i)].id);
    REQUIRE(end.has_value());
    CHECK(ending_of(*end) == ending{i + 1, errc::none, {}, ""});
    CHECK(!x.open.answered(x.ready[static_cast<size_t>(i)].id));
  }
  CHECK(x.open.empty());
}

TEST_CASE("a query whose index is applied already is ready at once") {
  desk x;
  x.apply({at(4, 2)});
  x.query(1);
  auto ready = x.open.read_confirmed(x.open.take_queries(), errc::none,
                                     index_t{4});
  CHECK(ready.size() == 1);
}

TEST_CASE("retried read-index requests never use an older index") {
  desk x;
  x.query(1);
  auto first = x.open.take_queries();
  SUBCASE("after the tenure") {
    x.open.tenure_over();
  }
  SUBCASE("after a time") {
    x.open.ask_reads_anew();
  }
  SUBCASE("after a refusal") {
    CHECK(x.open.read_confirmed(first, errc::no_leader, {}).empty());
  }
  CHECK(!x.open.has_unconfirmed_reads());
  CHECK(x.open.has_waiting_queries());
  auto second = x.open.take_queries();
  CHECK(second != first);
  x.apply({at(4, 2)});
  CHECK(x.open.read_confirmed(first, errc::none, index_t{3}).empty());
  CHECK(x.open.read_confirmed(second, errc::none, index_t{5}).empty());
  x.apply({at(5, 2)});
  CHECK(x.ready.size() == 1);
}

TEST_CASE("a read that has its index keeps it when the tenure ends") {
  desk x;
  x.query(1);
  x.open.read_confirmed(x.open.take_queries(), errc::none, index_t{4});
  x.open.tenure_over();
  CHECK(!x.open.has_waiting_queries());
  x.apply({at(4, 2)});
  CHECK(x.ready.size() == 1);
}

TEST_CASE("a query that timed out was not done, wherever it is") {
  desk x;
  x.query(1);
  SUBCASE("waiting") {
    // nop
  }
  SUBCASE("asking") {
    x.open.take_queries();
  }
  SUBCASE("with an index") {
    x.open.read_confirmed(x.open.take_queries(), errc::none, index_t{4});
  }
  SUBCASE("at the state machine") {
    x.apply({at(4, 2)});
    auto ready = x.open.read_confirmed(x.open.take_queries(), errc::none,
                                       index_t{4});
    REQUIRE(ready.size() == 1);
    CHECK(x.expire(5s).size() == 1);
    CHECK(!x.open.answered(ready[0].id));
    return;
  }
  CHECK(x.expire(5s) == endings{{1, errc::no_leader, {}, ""}});
  CHECK(x.open.empty());
}

TEST_CASE("a local query waits for the state machine alone") {
  desk x;
  auto id = x.open.add_local_query(1, x.deadline, x.cfg);
  CHECK(id);
  CHECK(!x.open.has_waiting_queries());
  x.open.tenure_over();
  auto end = x.open.answered(id);
  REQUIRE(end.has_value());
  CHECK(ending_of(*end) == ending{1, errc::none, {}, ""});
}

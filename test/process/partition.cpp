// Members that do not hear each other, one way or both ways.

#include "process/support/testing.hpp"

using namespace harness;

namespace {

struct partition_fixture {
  cluster servers{{.proxied = true, .args = quick_timing()}};
  size_t leader;
  size_t other;

  partition_fixture() {
    servers.start_all();
    leader = servers.await_leader();
    other = leader % servers.size() + 1;
    write_until_done(servers, "a", "before", leader);
  }

  /// All is well again.
  void heal() {
    servers.network().heal();
    servers.await_leader();
    servers.await_equal();
  }

  uint64_t term(size_t id) {
    return servers.status(id).value().at("term");
  }
};

constexpr path cuts[]{path::stalled, path::refused};

} // namespace

TEST_CASE_FIXTURE(partition_fixture,
                  "a leader cut off is replaced, and knows") {
  for (auto cut : cuts) {
    leader = servers.await_leader();
    other = leader % servers.size() + 1;
    servers.network().set_outgoing(leader, cut);
    servers.network().set_incoming(leader, cut);
    write_until_done(servers, "a", "after", other);
    auto lost = servers.client(leader).put("/kv/a", "lost");
    CAPTURE(to_string(lost));
    CHECK((lost.status == 503 || lost.status == 504));
    CHECK(servers.client(leader).get("/kv/a").status == 503);
    CHECK(servers.client(leader).get("/kv/a?consistency=local").body != "lost");
    CHECK(servers.client(leader).get("/health").status == 503);
    heal();
    CHECK(read_until_answered(servers, leader, "a").body != "before");
  }
}

TEST_CASE_FIXTURE(partition_fixture, "a leader that is not heard is replaced") {
  servers.network().set_outgoing(leader, path::stalled);
  auto seconds = write_until_done(servers, "a", "after", other);
  MESSAGE("next write after " << seconds << " s");
  heal();
  CHECK(read_until_answered(servers, leader, "a").body == "after");
}

TEST_CASE_FIXTURE(partition_fixture, "a leader that hears nobody is replaced") {
  servers.network().set_incoming(leader, path::stalled);
  auto seconds = write_until_done(servers, "a", "after", other);
  MESSAGE("next write after " << seconds << " s");
  heal();
  CHECK(read_until_answered(servers, leader, "a").body == "after");
}

TEST_CASE_FIXTURE(partition_fixture,
                  "a follower cut off does not disturb when it is back") {
  for (auto cut : cuts) {
    auto before = term(leader);
    servers.network().set_outgoing(other, cut);
    servers.network().set_incoming(other, cut);
    await("a follower without a leader",
          [&] { return servers.status(other)->at("leader").is_null(); });
    for (int i = 0; i < 20; ++i)
      CHECK(servers.client(leader).put("/kv/a", std::to_string(i)).status
            == 204);
    heal();
    CHECK(term(leader) == before);
    CHECK(servers.leader() == leader);
    CHECK(servers.client(other).get("/kv/a").body == "19");
  }
}

TEST_CASE_FIXTURE(partition_fixture,
                  "a follower heard by nobody does not disturb") {
  auto before = term(leader);
  servers.network().set_outgoing(other, path::stalled);
  for (int i = 0; i < 20; ++i)
    CHECK(servers.client(leader).put("/kv/a", std::to_string(i)).status == 204);
  heal();
  CHECK(term(leader) == before);
}

TEST_CASE_FIXTURE(partition_fixture,
                  "a follower that hears nobody does not depose the leader") {
  auto before = term(leader);
  servers.network().set_incoming(other, path::stalled);
  await("a follower without a leader",
        [&] { return servers.status(other)->at("leader").is_null(); });
  // Its pre-votes are heard, and refused by all who hear the leader.
  auto end = deadline{milliseconds(2000)};
  while (!end.passed())
    CHECK(servers.client(leader).put("/kv/a", "b").status == 204);
  CHECK(term(leader) == before);
  heal();
  CHECK(term(leader) == before);
}

TEST_CASE_FIXTURE(partition_fixture, "one broken link stops nobody's writes") {
  servers.network().set_both(leader, other, path::stalled);
  auto third = 6 - leader - other;
  auto end = deadline{milliseconds(2000)};
  while (!end.passed())
    write_until_done(servers, "a", "b", third, seconds(10));
  heal();
}

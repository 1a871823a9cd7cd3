// Members end and come back: all at once, one at a time, without their disks.

#include "process/support/testing.hpp"

using namespace harness;

TEST_CASE("all are killed at once and nothing acknowledged is missing") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  servers.await_leader();
  workload clients{servers, {.clients = 4, .rest = milliseconds(2)}};
  for (int round = 0; round < (short_run() ? 2 : 5); ++round) {
    auto goal = clients.acknowledged() + 100;
    await("some writes", [&] { return clients.acknowledged() >= goal; });
    servers.kill_all();
    servers.start_all();
  }
  servers.await_leader();
  check_all(servers, clients);
}

TEST_CASE("a rolling restart keeps the cluster serving") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  servers.await_leader();
  workload clients{servers, {.clients = 2, .seed = 2}};
  for (size_t round = 0; round < (short_run() ? 3 : 6); ++round) {
    auto id = round % servers.size() + 1;
    if (round < servers.size())
      CHECK(servers.stop(id).code == 0);
    else
      servers.kill(id);
    auto goal = clients.acknowledged() + 20;
    await("writes while one is away",
          [&] { return clients.acknowledged() >= goal; });
    servers.start(id);
    await("the member to catch up", [&] {
      auto status = servers.status(id);
      return status && !status->at("leader").is_null();
    });
  }
  check_all(servers, clients);
}

TEST_CASE("a member that was away long catches up") {
  cluster servers;
  servers.start_all();
  auto leader = servers.await_leader();
  auto away = leader % 3 + 1;
  servers.kill(away);
  auto client = servers.client(leader);
  std::string value(1024, 'v');
  size_t count = short_run() ? 500 : 5000;
  for (size_t i = 0; i < count; ++i)
    REQUIRE(client.put("/kv/" + std::to_string(i % 100), value).status == 204);
  servers.start(away);
  auto start = steady::now();
  servers.await_equal();
  MESSAGE(count << " entries caught up in " << seconds_since(start) << " s");
}

TEST_CASE("terms never go back, not even over a restart") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  std::vector<uint64_t> terms(servers.size() + 1);
  for (int round = 0; round < (short_run() ? 2 : 4); ++round) {
    // From the first answer on.
    for (size_t id = 1; id <= servers.size(); ++id)
      if (auto status = servers.status(id))
        CHECK(uint64_t{status->at("term")} >= terms[id]);
    servers.await_leader();
    for (size_t id = 1; id <= servers.size(); ++id) {
      uint64_t term = servers.status(id).value().at("term");
      CHECK(term >= terms[id]);
      terms[id] = term;
    }
    servers.kill_all();
    servers.start_all();
  }
}

TEST_CASE("a member that lost its directory does not vote, and says so") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  write_until_done(servers, "a", "b", leader);
  auto wiped = leader % 3 + 1;
  auto third = 6 - leader - wiped;
  servers.kill(wiped);
  servers.wipe(wiped);
  servers.start(wiped);
  await("a member that answers", [&] { return servers.status(wiped); });
  auto status = *servers.status(wiped);
  CAPTURE(status.dump());
  CHECK(status.at("commit_index") == 0);
  auto health = servers.client(wiped).get("/health");
  CHECK(health.status == 503);
  await("words in the log", [&] {
    return servers.log_of(wiped).find("lost") != std::string::npos;
  });
  MESSAGE("it says: " << servers.client(wiped).get("/health").body);
  // With one more gone nobody must be elected: the wiped one has no vote.
  CHECK(servers.client(third).put("/kv/a", "c").status == 204);
  servers.kill(leader);
  CHECK_FALSE(wait_until([&] { return servers.leader().has_value(); },
                         seconds(short_run() ? 3 : 6)));
  CHECK(servers.client(wiped).get("/kv/a").status == 503);
  servers.start(leader);
  write_until_done(servers, "a", "d", leader);
  CHECK(read_until_answered(servers, third, "a").body == "d");
}

TEST_CASE("a wiped founder does not found again") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  write_until_done(servers, "a", "b", leader);
  servers.kill_all();
  servers.wipe(1);
  servers.start_all();
  write_until_done(servers, "c", "d", 2);
  for (size_t id = 2; id <= 3; ++id)
    CHECK(read_until_answered(servers, id, "a").body == "b");
  CHECK(servers.status(1).value().at("role") != "leader");
}

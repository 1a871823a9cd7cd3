// The leader dies, sleeps, or goes away, and another takes its place.

#include "process/support/testing.hpp"

#include <csignal>

using namespace harness;

TEST_CASE("a killed leader is replaced, again and again") {
  // The defaults: elections after 1 to 2 s. Nothing is asserted of the time but
  // that it ends; bench/failover judges it.
  cluster servers;
  servers.start_all();
  std::vector<double> times;
  size_t rounds = short_run() ? 2 : 6;
  for (size_t round = 0; round < rounds; ++round) {
    auto leader = servers.await_leader();
    auto n = std::to_string(round);
    write_until_done(servers, "before-" + n, n, leader);
    servers.kill(leader);
    times.push_back(
      write_until_done(servers, "after-" + n, n, leader % servers.size() + 1));
    servers.start(leader);
  }
  MESSAGE("from kill -9 to the next write: " << spread(times, "s"));
  for (size_t round = 0; round < rounds; ++round)
    for (const auto* when : {"before-", "after-"})
      CHECK(read_until_answered(servers, 1, when + std::to_string(round)).body
            == std::to_string(round));
  servers.await_equal();
}

TEST_CASE("a leader that slept does not answer from its dreams") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  for (int round = 0; round < (short_run() ? 1 : 3); ++round) {
    auto leader = servers.await_leader();
    write_until_done(servers, "a", "old", leader);
    servers.pause(leader);
    write_until_done(servers, "a", "new", leader % servers.size() + 1);
    // Sent while it sleeps, so that it is the first thing that it finds.
    deadline limit{seconds(10)};
    auto asked = connect_to(servers.http_port(leader), limit);
    REQUIRE(asked);
    REQUIRE(
      send_all(asked.get(), "GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\n", limit));
    servers.resume(leader);
    std::string answer;
    REQUIRE(receive_some(asked.get(), answer, limit) == received::bytes);
    CAPTURE(answer);
    // Either it has found out, or it does not know.
    CHECK((answer.find("\r\n\r\nnew") != std::string::npos
           || answer.starts_with("HTTP/1.1 503")));
    CHECK(read_until_answered(servers, leader, "a").body == "new");
  }
  servers.await_equal();
}

TEST_CASE("a short sleep of the leader costs nobody a write") {
  cluster servers;
  servers.start_all();
  auto leader = servers.await_leader();
  auto term = servers.status(leader)->at("term");
  auto other = leader % 3 + 1;
  servers.pause(leader);
  deadline limit{seconds(10)};
  auto writer = connect_to(servers.http_port(other), limit);
  REQUIRE(writer);
  REQUIRE(send_all(
    writer.get(), "PUT /kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb",
    limit));
  // What is asked later is answered: so the write was taken, and waits.
  REQUIRE(servers.status(other));
  servers.resume(leader);
  std::string answer;
  REQUIRE(receive_some(writer.get(), answer, limit) == received::bytes);
  CHECK(answer.starts_with("HTTP/1.1 204"));
  CHECK(servers.status(leader)->at("term") == term);
}

TEST_CASE(
  "two members down stop all writes, and one coming back resumes them") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  write_until_done(servers, "a", "1", leader);
  auto second = leader % 3 + 1;
  auto third = second % 3 + 1;
  servers.await_equal();
  servers.kill(leader);
  servers.kill(second);
  await("a member that serves no more",
        [&] { return servers.client(third).get("/health").status == 503; });
  auto put = servers.client(third).put("/kv/a", "2");
  CHECK((put.status == 503 || put.status == 504));
  CHECK(servers.client(third).get("/kv/a").status == 503);
  CHECK(servers.client(third).get("/kv/a?consistency=local").body == "1");
  CHECK(servers.status(third)->at("leader").is_null());
  servers.start(second);
  write_until_done(servers, "a", "3", third);
  servers.start(leader);
  servers.await_equal();
}

TEST_CASE("leadership goes where it is asked to go") {
  cluster servers;
  servers.start_all();
  auto leader = servers.await_leader();
  for (int i = 0; i < 3; ++i) {
    auto next = leader % 3 + 1;
    auto answer = servers.client(leader).post(
      "/leadership", R"({"to":)" + std::to_string(next) + "}");
    CHECK(answer.status == 200);
    CHECK(servers.await_leader() == next);
    CHECK(servers.client(leader).put("/kv/a", std::to_string(i)).status == 204);
    leader = next;
  }
}

// A cluster comes into being, and serves at every member.

#include "process/support/testing.hpp"

#include <csignal>
#include <filesystem>

using namespace harness;

TEST_CASE("a single member needs no options") {
  fixed_ports mine;
  if (!connect_to(9021, deadline{seconds(1)})
      && !connect_to(9121, deadline{seconds(1)})) {
    temporary_directory home;
    command kvnode{.args = {KVNODE_PATH},
                   .environment = {},
                   .directory = home.path(),
                   .log = home.path() + "/log"};
    http_client client{9121};
    for (int round = 0; round < 2; ++round) {
      process child{kvnode};
      await("an answer", [&] { return client.get("/health").status == 200; });
      if (round == 0)
        CHECK(client.put("/kv/a", "hello").status == 204);
      CHECK(client.get("/kv/a").body == "hello");
      CHECK(std::filesystem::exists(home.path() + "/kvnode-1"));
      child.send(SIGTERM);
      auto end = child.wait(seconds(10));
      REQUIRE(end);
      CHECK(end->code == 0);
      client.disconnect();
    }
  } else {
    MESSAGE("SKIPPED: port 9021 or 9121 is taken");
  }
}

TEST_CASE("three members form, elect, and serve at every one of them") {
  cluster servers;
  servers.start_all();
  auto leader = servers.await_leader();
  for (size_t writer = 1; writer <= 3; ++writer) {
    CAPTURE(writer);
    CAPTURE(leader);
    auto key = "/kv/from-" + std::to_string(writer);
    auto put = servers.client(writer).put(key, "value");
    CHECK(put.status == 204);
    CHECK(version_of(put) > 0);
    for (size_t reader = 1; reader <= 3; ++reader) {
      CAPTURE(reader);
      auto got = servers.client(reader).get(key);
      CHECK(got.status == 200);
      CHECK(got.body == "value");
      CHECK(version_of(got) == version_of(put));
    }
  }
  for (size_t id = 1; id <= 3; ++id)
    CHECK(servers.client(id).get("/kv/nothing").status == 404);
  CHECK(servers.await_equal().size() == 3);
}

TEST_CASE("values of any bytes and size come back as they were") {
  cluster servers;
  servers.start_all();
  servers.await_leader();
  std::string bytes;
  for (int i = 0; i < (1 << 20); ++i)
    bytes += static_cast<char>(i * 7 + i / 256);
  for (size_t size : {size_t{0}, size_t{1}, size_t{4096}, bytes.size()}) {
    CAPTURE(size);
    auto key = "/kv/bytes-" + std::to_string(size);
    CHECK(servers.client(1).put(key, bytes.substr(0, size)).status == 204);
    auto got = servers.client(2).get(key);
    CHECK(got.status == 200);
    CHECK((got.body == bytes.substr(0, size)));
  }
  CHECK(servers.client(3).put("/kv/large", bytes + "x").status == 413);
}

TEST_CASE("a cluster forms when all its members have met, and not before") {
  cluster servers{{.args = {"--request-timeout", "500"}}};
  servers.start(1);
  servers.start(2);
  await("members that answer",
        [&] { return servers.status(1) && servers.status(2); });
  // Three times the longest election timeout.
  CHECK_FALSE(wait_until([&] { return servers.leader().has_value(); },
                         seconds(short_run() ? 2 : 6)));
  for (size_t id = 1; id <= 2; ++id) {
    auto health = servers.client(id).get("/health");
    CHECK(health.status == 503);
    CHECK(servers.client(id).get("/health?live").status == 200);
    auto put = servers.client(id).put("/kv/a", "b");
    CHECK(put.status == 503);
    CHECK(!put.header("retry-after").empty());
  }
  // It says for whom it waits: for the address of the third.
  CHECK(servers.log_of(1).find(std::to_string(servers.raft_port(3)))
        != std::string::npos);
  servers.start(3);
  servers.await_leader();
  CHECK(servers.client(3).put("/kv/a", "b").status == 204);
}

TEST_CASE("once formed, any majority starts and serves") {
  cluster servers;
  servers.start_all();
  servers.await_leader();
  CHECK(servers.client(1).put("/kv/a", "b").status == 204);
  servers.kill_all();
  servers.start(2);
  servers.start(3);
  servers.await_leader();
  CHECK(servers.client(2).get("/kv/a").body == "b");
  CHECK(servers.client(3).put("/kv/a", "c").status == 204);
  servers.start(1);
  servers.await_equal();
}

TEST_CASE("members that were given different lists do not form") {
  cluster servers{{.args = quick_timing()}};
  cluster others;
  auto odd = servers.command_of(3);
  odd.args[4] = others.list();
  odd.args.insert(odd.args.end(),
                  {"--listen",
                   "127.0.0.1:" + std::to_string(servers.raft_port(3))});
  servers.start(1);
  servers.start(2);
  process third{odd};
  await("the third member",
        [&] { return servers.client(3).get("/health?live").status == 200; });
  // The others cannot hear it: in its list they are elsewhere.
  await("the third member to say what differs", [&] {
    return servers.log_of(3).find("started with another --cluster list")
           != std::string::npos;
  });
  CHECK_FALSE(wait_until([&] { return servers.leader().has_value(); },
                         seconds(short_run() ? 2 : 3)));
}

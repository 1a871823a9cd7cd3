// Disks that are full, that fail, and that hang. kvnode is the program as it is;
// the system calls that it makes are told to fail.

#include "process/support/testing.hpp"

#include <csignal>

using namespace harness;

namespace {

/// Puts large values until the member refuses.
/// @returns The answer that was no 204.
http_answer fill(const cluster& servers, size_t id) {
  auto client = servers.client(id);
  std::string value(512 << 10, 'v');
  for (int i = 0; i < 1000; ++i) {
    auto answer = client.put("/kv/large-" + std::to_string(i % 4), value);
    if (answer.status != 204)
      return answer;
  }
  throw failure{"the disk does not fill up"};
}

/// Whether a member says that something is wrong with its disk.
bool complains(const cluster& servers, size_t id) {
  auto status = servers.status(id);
  return status && status->at("trouble").is_string();
}

} // namespace

TEST_CASE("a full disk refuses writes, serves reads, and is forgiven") {
  cluster servers{{.members = 1, .faulty_disks = true}};
  servers.start(1);
  servers.await_leader();
  auto client = servers.client(1);
  REQUIRE(client.put("/kv/a", "kept").status == 204);
  servers.disk(1).set(DISK_FULL);
  auto refused = fill(servers, 1);
  CHECK(refused.status == 503);
  CHECK(!refused.header("retry-after").empty());
  CHECK(refused.body.find("no_space") != std::string::npos);
  CHECK(client.get("/kv/a").body == "kept");
  CHECK(complains(servers, 1));
  CHECK(client.get("/health").status == 503);
  CHECK(client.get("/health?live").status == 200);
  CHECK(client.put("/kv/large-0", std::string(512 << 10, 'w')).status == 503);
  servers.disk(1).set(DISK_WELL);
  write_until_done(servers, "a", "new");
  await("health", [&] { return client.get("/health").status == 200; });
  CHECK(!complains(servers, 1));
  servers.lose_power(1, 0);
  servers.start(1);
  servers.await_leader();
  CHECK(read_until_answered(servers, 1, "a").body == "new");
}

TEST_CASE("a leader with a full disk hands over to one that has room") {
  cluster servers{{.faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  servers.disk(leader).set(DISK_FULL);
  std::string value(512 << 10, 'v');
  auto handed_over = [&] {
    for (size_t id = 1; id <= 3; ++id)
      servers.client(id).put("/kv/large", value);
    return servers.leader().value_or(leader) != leader;
  };
  CHECK(wait_until(handed_over, seconds(60)));
  auto next = servers.leader().value_or(1);
  for (int i = 0; i < 20; ++i)
    write_until_done(servers, "large", value, next, seconds(10));
  servers.disk(leader).set(DISK_WELL);
  servers.await_equal();
}

TEST_CASE("a device that fails ends the member, and it says so") {
  for (auto fault : {DISK_SYNC_FAILS, DISK_WRITE_FAILS}) {
    cluster servers{{.faulty_disks = true, .args = quick_timing()}};
    servers.start_all();
    auto leader = servers.await_leader();
    workload clients{servers, {.clients = 4}};
    await("some writes", [&] { return clients.acknowledged() > 20; });
    servers.disk(leader).set(fault);
    auto end = servers.process(leader).wait(seconds(20));
    REQUIRE(end);
    CAPTURE(to_string(*end));
    CHECK((end->code.value_or(1) != 0));
    CHECK(end->signal.value_or(SIGABRT) == SIGABRT);
    CHECK(servers.log_of(leader).find("Input/output error")
          != std::string::npos);
    write_until_done(servers, "a", "b", leader % 3 + 1);
    servers.disk(leader).set(DISK_WELL);
    servers.disk(leader).lose_power(fault);
    servers.start(leader);
    check_all(servers, clients);
  }
}

TEST_CASE("a follower whose device fails stops nobody else") {
  cluster servers{{.faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto follower = leader % 3 + 1;
  auto client = servers.client(leader);
  servers.disk(follower).set(DISK_SYNC_FAILS);
  auto ended = [&] {
    CHECK(client.put("/kv/a", "b").status == 204);
    return !servers.process(follower).running();
  };
  CHECK(wait_until(ended, seconds(20)));
  CHECK(servers.leader() == leader);
}

TEST_CASE("a leader whose disk hangs is replaced") {
  cluster servers{{.faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  write_until_done(servers, "a", "before", leader);
  servers.disk(leader).set(DISK_HANGS);
  CHECK(servers.client(leader).get("/health?live").status == 200);
  CHECK(servers.status(leader));
  auto seconds = write_until_done(servers, "a", "after", leader % 3 + 1);
  MESSAGE("next write after " << seconds << " s");
  servers.disk(leader).set(DISK_WELL);
  servers.await_equal();
  CHECK(read_until_answered(servers, leader, "a").body == "after");
}

TEST_CASE("a follower whose disk hangs stops nobody else") {
  cluster servers{{.faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto follower = leader % 3 + 1;
  auto term = servers.status(leader)->at("term");
  servers.disk(follower).set(DISK_HANGS);
  auto end = deadline{milliseconds(2000)};
  auto client = servers.client(leader);
  while (!end.passed())
    CHECK(client.put("/kv/a", "b").status == 204);
  CHECK(servers.status(follower)->at("role") == "follower");
  servers.disk(follower).set(DISK_WELL);
  servers.await_equal();
  CHECK(servers.status(leader)->at("term") == term);
}

TEST_CASE("a limit on the size of files is a full disk") {
  cluster servers{{.members = 1}};
  auto what = servers.command_of(1);
  what.max_file_bytes = 96 << 20;
  process child{what};
  auto client = servers.client(1);
  await("health", [&] { return client.get("/health").status == 200; });
  REQUIRE(client.put("/kv/a", "kept").status == 204);
  auto refused = fill(servers, 1);
  CAPTURE(to_string(refused));
  // EFBIG is not ENOSPC: it may also stop, but must not acknowledge and lose.
  CHECK(
    (refused.status == 503 || refused.status == 504 || refused.status == 0));
  child.kill();
  servers.start(1);
  servers.await_leader();
  CHECK(read_until_answered(servers, 1, "a").body == "kept");
}

// Members whose logs are short: restarts, catching up, disks that stay small.

#include "process/support/testing.hpp"

#include <filesystem>

using namespace harness;

namespace {

std::vector<std::string> with_snapshots(const std::string& entries) {
  auto result = quick_timing();
  result.insert(result.end(), {"--snapshot-entries", entries});
  return result;
}

uint64_t field_of(const cluster& servers, size_t id, const char* name) {
  auto status = servers.status(id);
  return status ? uint64_t{status->at(name)} : 0;
}

void write_many(cluster& servers, size_t at, size_t count, size_t keys,
                size_t value_size) {
  auto client = servers.client(at);
  std::string value(value_size, 'v');
  for (size_t i = 0; i < count; ++i) {
    auto key = "/kv/k" + std::to_string(i % keys);
    REQUIRE(client.put(key, value + std::to_string(i)).status == 204);
  }
}

/// In blocks that are there, whatever the size of the file is.
uint64_t bytes_in(const std::string& path) {
  uint64_t result = 0;
  for (auto& x : std::filesystem::recursive_directory_iterator(path))
    if (x.is_regular_file())
      result += x.file_size();
  return result;
}

} // namespace

TEST_CASE("the log is compacted, and members begin with their snapshots") {
  cluster servers{{.args = with_snapshots("100")}};
  servers.start_all();
  auto leader = servers.await_leader();
  write_many(servers, leader, 450, 20, 100);
  for (size_t id = 1; id <= servers.size(); ++id)
    await("a snapshot", [&] {
      return field_of(servers, id, "snapshot_index") >= 300
             && field_of(servers, id, "first_index") >= 290;
    });
  auto before = servers.await_equal();
  auto applied = field_of(servers, 1, "applied_index");
  servers.kill_all();
  servers.start_all();
  // They may begin with the same snapshot: then they are equal before they are done.
  for (size_t id = 1; id <= servers.size(); ++id)
    await("all that was applied",
          [&] { return field_of(servers, id, "applied_index") >= applied; });
  CHECK(servers.await_equal() == before);
  for (size_t id = 1; id <= servers.size(); ++id)
    CHECK(field_of(servers, id, "first_index") >= 290);
}

TEST_CASE("a member that was away for long catches up by a snapshot") {
  cluster servers{{.args = with_snapshots("200")}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto away = leader % 3 + 1;
  servers.kill(away);
  write_many(servers, leader, short_run() ? 600 : 3000, 300, 4096);
  // Entries are kept for a while for a member that may be back at once.
  await("that the leader forgets what the member lacks",
        [&] { return field_of(servers, leader, "first_index") > 300; });
  servers.start(away);
  servers.await_equal();
  CHECK(servers.log_of(away).find("is complete") != std::string::npos);
  // A member like others.
  write_many(servers, away, 50, 10, 10);
  servers.await_equal();
}

TEST_CASE("a transfer that is broken off goes on") {
  cluster servers{{.args = with_snapshots("200")}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto away = leader % 3 + 1;
  servers.kill(away);
  write_many(servers, leader, 700, 300, 20'000);
  for (int i = 0; i < 5; ++i) {
    auto before = servers.log_of(away).size();
    servers.start(away);
    await("a beginning, or that there is nothing to begin any more", [&] {
      auto log = servers.log_of(away);
      return log.find("is being received", before) != std::string::npos
             || log.find("has loaded", before) != std::string::npos;
    });
    servers.kill(away);
  }
  servers.start(away);
  servers.await_equal();
}

TEST_CASE("a snapshot can be asked for, and is there after a kill") {
  cluster servers{{.args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  write_many(servers, leader, 30, 7, 10);
  auto answer = servers.client(leader).post("/snapshot", "");
  REQUIRE(answer.status == 200);
  auto index = json::parse(answer.body).at("index");
  CHECK(field_of(servers, leader, "snapshot_index") == index);
  auto before = servers.await_equal();
  servers.kill_all();
  servers.start_all();
  servers.await_leader();
  CHECK(servers.await_equal() == before);
  CHECK(field_of(servers, leader, "snapshot_index") == index);
}

TEST_CASE("the disk use of a member stays bounded under endless overwrites") {
  cluster servers{{.members = 1, .args = with_snapshots("1000")}};
  servers.start_all();
  servers.await_leader();
  auto round = [&] {
    write_many(servers, 1, short_run() ? 4000 : 20'000, 1000, 256);
    return bytes_in(servers.data_dir(1));
  };
  round();
  auto before = round();
  auto after = round();
  MESSAGE("from " << before << " to " << after << " bytes");
  CHECK(after <= before + (4 << 20));
}

TEST_CASE("the power goes again and again while snapshots are taken and sent") {
  cluster servers{{.faulty_disks = true, .args = with_snapshots("60")}};
  servers.start_all();
  servers.await_leader();
  auto seed = number_from("CAF_RAFT_SEED", std::random_device{}());
  MESSAGE("CAF_RAFT_SEED=" << seed);
  std::mt19937_64 random{seed};
  workload clients{servers,
                   {.clients = 8, .seed = seed, .rest = milliseconds(1)}};
  for (int round = 0; round < (short_run() ? 6 : 15); ++round) {
    auto goal = clients.acknowledged() + random() % 400;
    await("some writes", [&] { return clients.acknowledged() >= goal; });
    auto id = 1 + random() % servers.size();
    servers.lose_power(id, random());
    if (random() % 3 == 0) {
      servers.kill_all();
      for (size_t other = 1; other <= servers.size(); ++other)
        if (other != id)
          servers.lose_power(other, random());
    } else {
      goal = clients.acknowledged() + 200;
      await("writes while one is away",
            [&] { return clients.acknowledged() >= goal; });
    }
    for (size_t other = 1; other <= servers.size(); ++other)
      if (!servers.process(other).running())
        servers.start(other);
    servers.await_leader();
  }
  check_all(servers, clients);
}

// The power goes, for one member or for all, and with it what was not synced.

#include "process/support/testing.hpp"

using namespace harness;

TEST_CASE("the power of all goes, and nothing acknowledged is missing") {
  cluster servers{{.faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  servers.await_leader();
  auto seed = number_from("CAF_RAFT_SEED", std::random_device{}());
  MESSAGE("CAF_RAFT_SEED=" << seed);
  std::mt19937_64 random{seed};
  workload clients{servers,
                   {.clients = 8, .seed = seed, .rest = milliseconds(1)}};
  size_t lost = 0;
  for (int round = 0; round < (short_run() ? 4 : 12); ++round) {
    auto goal = clients.acknowledged() + random() % 300;
    await("some writes", [&] { return clients.acknowledged() >= goal; });
    servers.kill_all();
    for (size_t id = 1; id <= servers.size(); ++id)
      lost += servers.lose_power(id, random());
    servers.start_all();
    servers.await_leader();
  }
  MESSAGE(lost << " writes to files were not synced and could be lost");
  // Else this test would show nothing.
  CHECK(lost > 0);
  check_all(servers, clients);
}

TEST_CASE("the power of one goes again and again") {
  cluster servers{{.members = 1, .faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  servers.await_leader();
  std::mt19937_64 random{number_from("CAF_RAFT_SEED", std::random_device{}())};
  workload clients{servers, {.clients = 4, .rest = milliseconds(1)}};
  for (int round = 0; round < (short_run() ? 4 : 12); ++round) {
    auto goal = clients.acknowledged() + random() % 200;
    await("some writes", [&] { return clients.acknowledged() >= goal; });
    servers.lose_power(1, random());
    servers.start(1);
    servers.await_leader();
  }
  check_all(servers, clients);
}

TEST_CASE("a kill, a first answer, and then the power goes") {
  // What the killed process wrote and did not sync is in the page cache, where the
  // next one finds it; it must not count as durable for that.
  cluster servers{{.faulty_disks = true, .args = quick_timing()}};
  servers.start_all();
  servers.await_leader();
  std::mt19937_64 random{number_from("CAF_RAFT_SEED", std::random_device{}())};
  workload clients{servers, {.clients = 8, .rest = milliseconds(1)}};
  for (int round = 0; round < (short_run() ? 3 : 8); ++round) {
    auto goal = clients.acknowledged() + random() % 300;
    await("some writes", [&] { return clients.acknowledged() >= goal; });
    servers.kill_all();
    servers.start_all();
    goal = clients.acknowledged() + 1;
    await("a first answer", [&] { return clients.acknowledged() >= goal; });
    servers.kill_all();
    for (size_t id = 1; id <= servers.size(); ++id)
      servers.lose_power(id, random());
    servers.start_all();
    servers.await_leader();
  }
  check_all(servers, clients);
}

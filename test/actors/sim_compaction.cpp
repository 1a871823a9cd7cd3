// Logs that become shorter, and members that catch up by a snapshot.

#include "caf/raft/testing/sim_cluster.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr group_id one{1};

/// Snapshots every so many entries, and next to nothing is kept behind them.
cluster_settings compacting(uint64_t seed, uint64_t entries) {
  cluster_settings result;
  result.seed = seed;
  result.group.snapshot_entries = entries;
  result.group.snapshot_keep_entries = 2;
  return result;
}

struct cluster {
  sim_cluster sim;

  explicit cluster(cluster_settings cfg) : sim(std::move(cfg)) {
    sim.start_all();
    await_leader();
  }

  void await_leader() {
    REQUIRE(sim.run_until([&] { return bool{sim.leader()}; }, 30s));
  }

  /// From now on nobody counts on that member.
  void take_away(server_id id) {
    sim.crash(id, crash_kind::process);
    sim.run_for(3s);
  }

  server_id follower() {
    return sim.leader() == server_id{1} ? server_id{2} : server_id{1};
  }

  /// Writes `count` values of so many bytes to keys 0, 1, ..., keys-1.
  void write(size_t count, size_t keys, size_t value_size = 8) {
    for (size_t i = 0; i < count; ++i) {
      auto command = "put k" + std::to_string(i % keys) + " "
                     + std::string(value_size, static_cast<char>('a' + i % 26));
      auto done = false;
      auto ask = [&] {
        sim.submit(sim.leader(), one, request_kind::command, to_bytes(command),
                   20s, [&](const outcome& x) { done = x.code == errc::none; });
      };
      while (!done) {
        await_leader();
        ask();
        REQUIRE(sim.run_until([&] { return sim.open_requests() == 0; }, 30s));
      }
    }
  }

  status status_of(server_id id) {
    status result;
    auto there = false;
    sim.ask_status(id, one, [&](const status& x) {
      result = x;
      there = true;
    });
    REQUIRE(sim.run_until([&] { return there; }, 30s));
    return result;
  }

  std::string read_locally(server_id id, const std::string& key) {
    std::string result;
    sim.submit(id, one, request_kind::local_query, to_bytes("get " + key), 20s,
               [&](const outcome& x) { result = as_text(x.answer); });
    REQUIRE(sim.run_until([&] { return sim.open_requests() == 0; }, 30s));
    return result;
  }

  /// Whether all that are up have applied the same.
  bool level() {
    auto leader = sim.leader();
    if (!leader)
      return false;
    auto last = status_of(leader).last_index;
    for (auto id : sim.ids())
      if (sim.is_up(id) && status_of(id).applied_index != last)
        return false;
    return true;
  }

  void await_level() {
    for (int i = 0; i < 600 && !level(); ++i)
      sim.run_for(100ms);
    REQUIRE(level());
  }

  index_t snapshot(server_id at, errc expected = errc::none) {
    index_t result;
    auto there = false;
    sim.snapshot(at, one, 20s, [&](const outcome& x) {
      CHECK(x.code == expected);
      result = x.entry.index;
      there = true;
    });
    REQUIRE(sim.run_until([&] { return there; }, 30s));
    return result;
  }
};

/// A few chunks' worth of values.
constexpr size_t big = 60'000;

} // namespace

TEST_CASE(
  "every so many entries a snapshot is taken and the log forgets them") {
  cluster x{compacting(1, 20)};
  x.write(100, 5);
  x.await_level();
  x.sim.run_for(1s);
  for (auto id : x.sim.ids()) {
    CAPTURE(id.value);
    CHECK(x.sim.disk(id).snapshots().to_free() == 0);
    auto found = x.status_of(id);
    CHECK(found.snapshot_index >= index_t{80});
    CHECK(found.first_index.value + 2 >= found.snapshot_index.value);
    CHECK(found.first_index <= found.snapshot_index + 1);
    auto* log = x.sim.disk(id).find(one);
    CHECK(log->base.index + 1 == found.first_index);
  }
}

TEST_CASE("a member begins with its snapshot and the log behind it") {
  cluster x{compacting(2, 20)};
  x.write(70, 5);
  x.await_level();
  auto id = x.follower();
  auto before = x.read_locally(id, "k4");
  for (auto how : {crash_kind::process, crash_kind::power}) {
    x.sim.crash(id, how);
    x.sim.start(id);
    x.await_level();
    CHECK(x.read_locally(id, "k4") == before);
    CHECK(x.status_of(id).snapshot_index > index_t{0});
  }
  x.write(30, 5);
  x.await_level();
}

TEST_CASE("all members begin with their snapshots") {
  cluster x{compacting(3, 20)};
  x.write(70, 5);
  x.await_level();
  auto before = x.read_locally(x.follower(), "k3");
  for (auto id : x.sim.ids())
    x.sim.crash(id, crash_kind::power);
  x.sim.start_all();
  x.await_leader();
  x.await_level();
  for (auto id : x.sim.ids())
    CHECK(x.read_locally(id, "k3") == before);
}

TEST_CASE("who was away for long catches up by a snapshot") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    cluster x{compacting(seed, 20)};
    x.write(10, 5);
    auto away = x.follower();
    x.take_away(away);
    x.write(90, 20, big);
    auto base = x.sim.disk(x.sim.leader()).find(one)->base.index;
    REQUIRE(base > x.sim.disk(away).find(one)->last_index());
    x.sim.start(away);
    x.await_level();
    CHECK(x.sim.disk(away).snapshots().chunks_written() >= 4);
    CHECK(x.read_locally(away, "k7") == x.read_locally(x.sim.leader(), "k7"));
    // From now on it is a member like others.
    x.write(10, 5);
    x.await_level();
  }
}

TEST_CASE("a transfer that breaks off ten times sends next to nothing twice") {
  auto cfg = compacting(5, 0);
  cfg.group.snapshot_keep_entries = 0;
  cfg.group.snapshot_bytes_per_second = 2 << 20;
  uint64_t sent = 0;
  cfg.events = [&sent](const run_event& what) {
    auto* x = std::get_if<message_sent>(&what.what);
    auto* piece = x == nullptr ? nullptr
                               : std::get_if<install_snapshot>(&x->body);
    sent += piece != nullptr && piece->chunk;
  };
  cluster x{cfg};
  auto away = x.follower();
  x.take_away(away);
  x.write(200, 200, big);
  x.await_level();
  // All hold the same.
  for (auto id : x.sim.ids())
    if (id != away)
      x.snapshot(id);
  x.sim.start(away);
  auto received = [&] { return x.sim.disk(away).snapshots().received(one); };
  for (uint64_t breaks = 1; breaks <= 10; ++breaks) {
    CAPTURE(breaks);
    REQUIRE(x.sim.run_until([&] { return received() >= 4 * breaks; }, 60s));
    auto leader = x.sim.leader();
    switch (breaks % 4) {
      case 0:
        x.sim.crash(away, crash_kind::process);
        x.sim.start(away);
        break;
      case 1:
        x.sim.crash(leader, crash_kind::process);
        x.sim.start(leader);
        break;
      case 2:
        // Another leader goes on.
        x.sim.pause(leader);
        REQUIRE(x.sim.run_until(
          [&] { return x.sim.leader() && x.sim.leader() != leader; }, 30s));
        x.sim.resume(leader);
        break;
      default:
        // All between them, and the one for chunks alone.
        if (breaks < 5)
          x.sim.network().break_connections(leader, away);
        else
          x.sim.network().break_newest(leader, away);
    }
    x.await_leader();
  }
  x.await_level();
  auto chunks = x.sim.disk(away).snapshots().newest(one)->chunks();
  CHECK(chunks >= 44);
  CHECK(x.sim.disk(away).snapshots().chunks_written() == chunks);
  CAPTURE(sent);
  CHECK(sent <= chunks + chunks / 10);
}

TEST_CASE("the log behind a snapshot is kept while a slow transfer goes on") {
  auto cfg = compacting(11, 20);
  cfg.group.snapshot_bytes_per_second = 1 << 19;
  cluster x{cfg};
  auto away = x.follower();
  x.take_away(away);
  x.write(90, 40, big);
  auto first = *x.sim.disk(x.sim.leader()).snapshots().newest(one);
  x.sim.start(away);
  auto& there = x.sim.disk(away).snapshots();
  for (int i = 0; i < 60 && there.newest(one) == nullptr; ++i) {
    x.write(10, 40, 100);
    x.sim.run_for(200ms);
  }
  REQUIRE(there.newest(one) != nullptr);
  // Newer ones were taken meanwhile.
  CHECK(x.status_of(x.sim.leader()).snapshot_index > first.last.index);
  x.await_level();
  // One transfer did it.
  CHECK(there.chunks_written() == first.chunks());
}

TEST_CASE("two transfers at a rate cost no more messages than their chunks") {
  auto cfg = compacting(12, 20);
  cfg.members = 5;
  cfg.group.snapshot_bytes_per_second = 1 << 20;
  cluster x{cfg};
  std::vector<server_id> away;
  for (auto id : x.sim.ids())
    if (id != x.sim.leader() && away.size() < 2)
      away.push_back(id);
  for (auto id : away)
    x.take_away(id);
  x.write(90, 40, big);
  for (auto id : away) {
    x.sim.start(id);
    x.sim.run_for(100ms);
  }
  auto before = x.sim.messages_handled();
  auto arrived = [&] {
    return x.sim.disk(away[0]).snapshots().newest(one) != nullptr
           && x.sim.disk(away[1]).snapshots().newest(one) != nullptr;
  };
  REQUIRE(x.sim.run_until(arrived, 60s));
  CHECK(x.sim.messages_handled() - before < 10'000);
  x.await_level();
}

TEST_CASE("a new leader goes on with the same snapshot") {
  auto cfg = compacting(6, 0);
  cfg.group.snapshot_keep_entries = 0;
  cfg.group.snapshot_bytes_per_second = 1 << 20;
  cluster x{cfg};
  auto away = x.follower();
  x.take_away(away);
  x.write(60, 60, big);
  x.await_level();
  // Taken at the same entry, both hold the same.
  auto first = x.sim.leader();
  auto index = x.snapshot(first);
  for (auto id : x.sim.ids())
    if (id != away && id != first)
      CHECK(x.snapshot(id) == index);
  x.sim.run_for(1s);
  x.sim.start(away);
  auto received = [&] { return x.sim.disk(away).snapshots().chunks_written(); };
  REQUIRE(x.sim.run_until([&] { return received() >= 5; }, 60s));
  x.sim.crash(first, crash_kind::process);
  x.await_leader();
  REQUIRE(x.sim.leader() != first);
  x.await_level();
  auto chunks = x.sim.disk(away).snapshots().newest(one)->chunks();
  CHECK(received() == chunks);
  x.sim.start(first);
  x.await_level();
}

TEST_CASE("a snapshot can be asked for") {
  cluster x{compacting(7, 0)};
  x.write(30, 5);
  x.await_level();
  auto leader = x.sim.leader();
  auto index = x.snapshot(leader);
  CHECK(index == x.status_of(leader).applied_index);
  CHECK(x.status_of(leader).snapshot_index == index);
  // Nothing was applied since: it is there already.
  CHECK(x.snapshot(leader) == index);
  x.sim.run_for(1s);
  CHECK(x.status_of(leader).first_index == index - 1);
}

TEST_CASE("without room no snapshot is taken, and the log stays") {
  cluster x{compacting(8, 0)};
  x.write(30, 5);
  auto leader = x.sim.leader();
  x.sim.disk(leader).snapshots().fill();
  x.snapshot(leader, errc::no_space);
  CHECK(x.status_of(leader).first_index == index_t{1});
  x.sim.disk(leader).snapshots().clear_space();
  CHECK(x.snapshot(leader) > index_t{0});
}

TEST_CASE("a full disk lets a transfer wait, and it goes on where it was") {
  cluster x{compacting(9, 20)};
  auto away = x.follower();
  x.take_away(away);
  x.write(90, 30, big);
  x.sim.disk(away).snapshots().fill();
  x.sim.start(away);
  x.sim.run_for(5s);
  CHECK(x.sim.disk(away).snapshots().newest(one) == nullptr);
  x.sim.disk(away).snapshots().clear_space();
  x.await_level();
}

TEST_CASE("a log that begins behind a snapshot that is gone is not used") {
  cluster x{compacting(10, 20)};
  x.write(70, 5);
  x.await_level();
  auto id = x.follower();
  x.sim.crash(id, crash_kind::process);
  x.sim.disk(id).snapshots().wipe();
  x.sim.start(id);
  x.sim.run_for(100ms);
  CHECK_FALSE(x.sim.is_up(id));
}

TEST_CASE("a snapshot that was received and not installed is found at the "
          "start") {
  for (uint64_t seed = 20; seed < 40; ++seed) {
    CAPTURE(seed);
    cluster x{compacting(seed, 20)};
    x.write(10, 5);
    auto away = x.follower();
    x.take_away(away);
    x.write(60, 5);
    // The disk of the log stands still when the snapshot is complete.
    x.sim.start(away);
    x.sim.stall_disk(away);
    auto complete = [&] {
      return x.sim.disk(away).snapshots().newest(one) != nullptr;
    };
    x.sim.run_until(complete, 10s);
    x.sim.run_for(50ms);
    x.sim.crash(away, crash_kind::power);
    x.sim.start(away);
    x.await_level();
    CHECK(x.read_locally(away, "k2") == x.read_locally(x.sim.leader(), "k2"));
  }
}

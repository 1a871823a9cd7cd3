// Members come and go while the cluster serves.

#include "process/support/testing.hpp"
#include "process/support/workload.hpp"

#include <atomic>
#include <csignal>
#include <fstream>

using namespace harness;

namespace {

std::string address_of(const cluster& servers, size_t id) {
  return "127.0.0.1:" + std::to_string(servers.announced_port(id));
}

json member_json(const cluster& servers, size_t id) {
  return {{"id", id}, {"address", address_of(servers, id)}};
}

/// Asks some member until it is done: others may be in the way for a moment.
http_answer insist(const cluster& servers, size_t at,
                   const http_request& request) {
  http_answer result;
  await(request.method + " " + request.target, [&] {
    result = servers.client(at).send(request);
    return result.status == 200 || result.status == 204;
  });
  return result;
}

/// Whether this member sees exactly these voters, and nobody else.
bool has_voters(const cluster& servers, size_t at, std::vector<size_t> ids) {
  auto answer = servers.client(at).get("/members");
  if (answer.status != 200)
    return false;
  auto members = json::parse(answer.body)["members"];
  std::vector<size_t> found;
  for (auto& x : members) {
    if (!x["voter"].get<bool>() || x.contains("outgoing_voter"))
      return false;
    found.push_back(x["id"].get<size_t>());
  }
  return found == ids;
}

void await_voters(const cluster& servers, size_t at, std::vector<size_t> ids) {
  await("the members", [&] { return has_voters(servers, at, ids); });
}

/// The process shuts itself down, as raftexample's does.
void await_end(cluster& servers, size_t id) {
  auto end = servers.process(id).wait(seconds(20));
  REQUIRE(end);
  CHECK(end->code == 0);
  CHECK(servers.log_of(id).find("was removed") != std::string::npos);
}

/// A client that writes all the time, at the members in turn, and asks again
/// where nothing was done.
class patient_client {
public:
  explicit patient_client(const cluster& servers)
    : servers_(servers),
      thread_([this] { run(); }) {
    // nop
  }

  ~patient_client() {
    stop_ = true;
    if (thread_.joinable())
      thread_.join();
  }

  size_t done() const {
    return done_;
  }

  /// Answers other than those that say that nothing was done.
  std::vector<std::string> stop() {
    stop_ = true;
    thread_.join();
    return surprises_;
  }

private:
  void run() {
    size_t at = 1;
    while (!stop_) {
      auto value = std::to_string(done_);
      auto answer = servers_.client(at).put("/kv/counter", value);
      if (answer.status == 204)
        ++done_;
      else if (answer.what == harness::outcome::answered
               && answer.status != 503)
        surprises_.push_back(to_string(answer) + " " + answer.body);
      if (answer.status != 204)
        at = at % servers_.size() + 1;
    }
  }

  const cluster& servers_;
  std::atomic<bool> stop_ = false;
  std::atomic<size_t> done_ = 0;
  std::vector<std::string> surprises_;
  std::thread thread_;
};

} // namespace

TEST_CASE(
  "a member joins, before or after it is added, and another is removed") {
  cluster servers{{.members = 5, .joining = 2, .args = quick_timing()}};
  for (size_t id = 1; id <= 3; ++id)
    servers.start(id);
  await("a leader", [&] { return servers.leader().has_value(); });
  // Added first; it is a learner until it was started.
  auto added = insist(servers, 1,
                      {"POST", "/members", member_json(servers, 4).dump()});
  CHECK(added.status == 200);
  auto listed = json::parse(added.body)["members"];
  REQUIRE(listed.size() == 4);
  CHECK(listed[3]["voter"] == false);
  CHECK(listed[3]["promote"] == true);
  servers.start(4);
  await_voters(servers, 1, {1, 2, 3, 4});
  // Started first.
  servers.start(5);
  await("a member that waits", [&] {
    auto status = servers.status(5);
    return status && (*status)["waiting_for"].is_string();
  });
  insist(servers, 4, {"POST", "/members", member_json(servers, 5).dump()});
  await_voters(servers, 5, {1, 2, 3, 4, 5});
  CHECK(servers.client(5).put("/kv/a", "1").status == 204);
  // A member that is removed ends by itself; it may be asked itself.
  insist(servers, 3, {"DELETE", "/members/3"});
  await_end(servers, 3);
  await_voters(servers, 1, {1, 2, 4, 5});
  // And its id is gone for good.
  auto back = servers.client(1).send(
    {"POST", "/members", member_json(servers, 3).dump()});
  CHECK(back.status == 409);
}

TEST_CASE("a member that was removed while it was down is told, and ends") {
  cluster servers{{.members = 3, .args = quick_timing()}};
  servers.start_all();
  servers.await_leader();
  servers.kill(3);
  await("a leader", [&] {
    auto leader = servers.leader();
    return leader && *leader != 3;
  });
  auto at = *servers.leader();
  insist(servers, at, {"DELETE", "/members/3"});
  auto term = (*servers.status(at))["term"].get<uint64_t>();
  servers.start(3);
  await_end(servers, 3);
  // It has disturbed nobody.
  CHECK((*servers.status(at))["term"].get<uint64_t>() == term);
}

TEST_CASE("a member that lost its directory comes back by itself") {
  cluster servers{{.members = 3, .args = quick_timing()}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto lost = leader % 3 + 1;
  CHECK(servers.client(leader).put("/kv/a", "1").status == 204);
  servers.kill(lost);
  servers.wipe(lost);
  servers.start(lost);
  await("the member as a voter", [&] {
    auto status = servers.status(lost);
    return status && (*status)["role"] == "follower"
           && (*status)["waiting_for"].is_null()
           && has_voters(servers, lost, {1, 2, 3});
  });
  CHECK(servers.await_equal().size() == 1);
}

TEST_CASE(
  "from three members to five and back under load, the leader among the "
  "removed") {
  cluster servers{{.members = 5, .joining = 2, .args = quick_timing()}};
  servers.start_all();
  await("a leader", [&] { return servers.leader().has_value(); });
  patient_client client{servers};
  for (size_t id = 4; id <= 5; ++id)
    insist(servers, 1,
           {"POST", "/members?wait=voter", member_json(servers, id).dump()});
  await_voters(servers, 2, {1, 2, 3, 4, 5});
  for (int round = 0; round < 2; ++round) {
    await("a leader", [&] { return servers.leader().has_value(); });
    auto leader = *servers.leader();
    size_t other = leader == 1 ? 2 : 1;
    while (!servers.process(other).running() || other == leader)
      ++other;
    insist(servers, other, {"DELETE", "/members/" + std::to_string(leader)});
    await_end(servers, leader);
  }
  auto before = client.done();
  await("more writes", [&] { return client.done() > before + 10; });
  CHECK(client.stop() == std::vector<std::string>{});
}

namespace {

/// Changes the members of five while things go wrong, one change and one thing at
/// a time.
class troubled_changes {
public:
  troubled_changes(cluster& servers, uint64_t seed)
    : servers_(servers),
      random_(seed) {
    // nop
  }

  void add(size_t id) {
    auto away = hurt();
    servers_.start(id);
    auto what = member_json(servers_, id).dump();
    insist(servers_, any_but(away), {"POST", "/members", what});
    mend();
    voters_.push_back(id);
    settle();
  }

  /// One loses its vote, and gets it back.
  void demote_and_promote() {
    auto away = hurt();
    auto target = "/members/" + std::to_string(away);
    insist(servers_, any_but(away), {"POST", target, R"({"voter":false})"});
    mend();
    away = hurt();
    insist(servers_, any_but(away), {"POST", target, R"({"voter":true})"});
    mend();
    settle();
  }

  /// One loses its directory, and is taken back while another one is in trouble.
  void lose_directory() {
    auto id = 1 + random_() % servers_.size();
    servers_.kill(id);
    servers_.wipe(id);
    servers_.start(id);
    hurt(id);
    std::this_thread::sleep_for(milliseconds(random_() % 1000));
    mend();
    settle();
  }

private:
  /// @returns Whom.
  size_t hurt(size_t but = 0) {
    auto id = 1 + random_() % voters_.size();
    if (id == but)
      id = id % voters_.size() + 1;
    switch (random_() % 5) {
      case 0:
        servers_.kill(id);
        break;
      case 1:
        servers_.lose_power(id, random_());
        break;
      case 2:
        servers_.pause(id);
        break;
      case 3:
        servers_.network().set_outgoing(id, path::stalled);
        break;
      default:
        servers_.network().set_outgoing(id, path::refused);
        servers_.network().set_incoming(id, path::refused);
    }
    return id;
  }

  size_t any_but(size_t id) const {
    return id == 1 ? 2 : 1;
  }

  void mend() {
    servers_.network().heal();
    for (auto id : voters_) {
      servers_.resume(id);
      if (!servers_.process(id).running())
        servers_.start(id);
    }
  }

  /// All are voters, and no change is under way.
  void settle() {
    for (auto id : voters_)
      await_voters(servers_, id, voters_);
  }

  cluster& servers_;
  std::mt19937_64 random_;
  std::vector<size_t> voters_{1, 2, 3};
};

} // namespace

TEST_CASE("members change while processes are killed, paused and cut off, and "
          "lose their power and directories") {
  auto seed = number_from("CAF_RAFT_SEED", std::random_device{}());
  auto rounds = number_from("CAF_RAFT_FAULTS", short_run() ? 2 : 6);
  MESSAGE("CAF_RAFT_SEED=" << seed << " CAF_RAFT_FAULTS=" << rounds);
  cluster servers{
    {.members = 5,
     .joining = 2,
     .proxied = true,
     .faulty_disks = true,
     .args = {"--election-timeout", "300", "--heartbeat", "50",
              "--request-timeout", "2000", "--snapshot-entries", "150"}}};
  for (size_t id = 1; id <= 3; ++id)
    servers.start(id);
  await("a leader", [&] { return servers.leader().has_value(); });
  workload clients{servers, {.clients = 6, .seed = seed}};
  troubled_changes changes{servers, seed};
  changes.add(4);
  changes.add(5);
  for (uint64_t i = 0; i < rounds; ++i) {
    changes.demote_and_promote();
    changes.lose_directory();
  }
  check_all(servers, clients);
}

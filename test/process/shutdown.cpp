// SIGTERM and SIGINT: a clean end.

#include "process/support/testing.hpp"

#include <csignal>

using namespace harness;

namespace {

/// Clients that go to the next member when theirs cannot be reached, as behind a
/// proxy, and that count every answer that is none.
class patient_clients {
public:
  patient_clients(const cluster& servers, size_t count) {
    for (size_t i = 0; i < count; ++i)
      threads_.emplace_back([this, &servers, i] { run(servers, i); });
  }

  ~patient_clients() {
    stop();
  }

  void stop() {
    stop_ = true;
    for (auto& thread : threads_)
      thread.join();
    threads_.clear();
  }

  std::atomic<size_t> done = 0;
  /// Connections that went away before they answered.
  std::atomic<size_t> repeated = 0;
  std::vector<std::string> failures;

private:
  void run(const cluster& servers, size_t number) {
    std::vector<http_client> members;
    for (size_t id = 1; id <= servers.size(); ++id)
      members.push_back(servers.client(id));
    auto at = number % members.size();
    for (size_t i = 0; !stop_; ++i) {
      auto key = "/kv/" + std::to_string(number);
      auto answer = i % 2 == 0 ? members[at].put(key, std::to_string(i))
                               : members[at].get(key);
      if (answer.status == (i % 2 == 0 ? 204 : 200)) {
        ++done;
      } else if (answer.what == outcome::not_sent
                 || answer.what == outcome::broken) {
        // May be asked again elsewhere: both requests can be repeated.
        ++repeated;
        at = (at + 1) % members.size();
        i -= 1;
      } else {
        std::lock_guard guard{mutex_};
        failures.push_back(to_string(answer) + " " + answer.body);
      }
    }
  }

  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

std::string put_request(const std::string& key) {
  return "PUT /kv/" + key + " HTTP/1.1\r\nContent-Length: 1\r\n\r\nb";
}

/// All that comes until the other side has finished.
std::string all_of(int fd, const deadline& limit) {
  std::string result;
  while (receive_some(fd, result, limit) == received::bytes)
    continue;
  return result;
}

} // namespace

TEST_CASE("every signal to stop is obeyed, with nothing lost") {
  cluster servers{{.members = 1, .faulty_disks = true}};
  int count = 0;
  // A terminal sends one, and a tool for Procfiles another.
  const std::vector<std::vector<int>> signals{
    {SIGTERM}, {SIGINT}, {SIGINT, SIGTERM, SIGINT, SIGTERM}};
  for (const auto& sent : signals) {
    servers.start(1);
    servers.await_leader();
    auto value = std::to_string(++count);
    CHECK(servers.client(1).put("/kv/a", value).status == 204);
    for (auto signal : sent)
      servers.process(1).send(signal);
    auto end = servers.process(1).wait(seconds(10));
    REQUIRE(end);
    CHECK(end->code == 0);
    servers.disk(1).lose_power(0);
    servers.start(1);
    servers.await_leader();
    CHECK(read_until_answered(servers, 1, "a").body == value);
    servers.kill(1);
  }
}

TEST_CASE("the leader stops, and no client sees a failure") {
  // With the default timing: an election would take longer than a second.
  cluster servers;
  servers.start_all();
  for (int round = 0; round < (short_run() ? 1 : 3); ++round) {
    auto leader = servers.await_leader();
    patient_clients clients{servers, 6};
    await("some requests", [&] { return clients.done > 200; });
    auto start = steady::now();
    CHECK(servers.stop(leader).code == 0);
    MESSAGE("stopped after " << seconds_since(start) << " s");
    auto goal = clients.done + 200;
    await("requests after it", [&] { return clients.done > goal; });
    clients.stop();
    for (const auto& failure : clients.failures)
      FAIL_CHECK(failure);
    MESSAGE(clients.done.load() << " requests, " << clients.repeated.load()
                                << " asked again elsewhere");
    // At most the one that each client had under way, and the refusal after it.
    CHECK(clients.repeated <= 12);
    servers.start(leader);
  }
}

TEST_CASE("a follower stops, and no client sees a failure") {
  cluster servers;
  servers.start_all();
  auto leader = servers.await_leader();
  patient_clients clients{servers, 6};
  await("some requests", [&] { return clients.done > 200; });
  CHECK(servers.stop(leader % 3 + 1).code == 0);
  auto goal = clients.done + 200;
  await("requests after it", [&] { return clients.done > goal; });
  clients.stop();
  for (const auto& failure : clients.failures)
    FAIL_CHECK(failure);
}

TEST_CASE("a member that waits to be formed stops as well") {
  cluster servers;
  servers.start(1);
  await("an answer", [&] { return servers.status(1); });
  CHECK(servers.stop(1, seconds(10)).code == 0);
}

TEST_CASE("what has arrived is answered before the end") {
  cluster servers{{.members = 1}};
  deadline limit{seconds(60)};
  for (int round = 0; round < 3; ++round) {
    servers.start(1);
    servers.await_leader();
    // Asleep it neither accepts nor reads: the kernel does that for it.
    servers.pause(1);
    std::vector<file_descriptor> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(connect_to(servers.http_port(1), limit));
      REQUIRE(clients.back());
      REQUIRE(
        send_all(clients.back().get(), put_request(std::to_string(i)), limit));
    }
    servers.process(1).send(SIGTERM);
    servers.resume(1);
    for (const auto& client : clients)
      CHECK(all_of(client.get(), limit).starts_with("HTTP/1.1 204"));
    CHECK(servers.stop(1, seconds(10)).code == 0);
  }
  servers.start(1);
  servers.await_leader();
  for (int i = 0; i < 20; ++i)
    CHECK(read_until_answered(servers, 1, std::to_string(i)).body == "b");
}

TEST_CASE("a member without a quorum stops in time, with clients waiting") {
  cluster servers;
  servers.start_all();
  auto leader = servers.await_leader();
  for (size_t id = 1; id <= 3; ++id)
    if (id != leader)
      servers.kill(id);
  deadline limit{seconds(30)};
  auto waiting = connect_to(servers.http_port(leader), limit);
  REQUIRE(waiting);
  // That it has arrived when the signal comes is enough.
  REQUIRE(send_all(waiting.get(), put_request("a"), limit));
  CHECK(servers.stop(leader, seconds(10)).code == 0);
  auto answer = all_of(waiting.get(), limit);
  CAPTURE(answer);
  CHECK(answer.starts_with("HTTP/1.1 50"));
}

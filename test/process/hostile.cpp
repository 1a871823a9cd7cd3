// Nothing that strangers send, to either port, changes anything for the others.

#include "caf/raft/bytes.hpp"
#include "caf/raft/wire/frame.hpp"
#include "process/support/testing.hpp"

#include <cstring>
#include <sys/socket.h>
#include <thread>

namespace raft = caf::raft;

using namespace harness;

namespace {

/// Writes at the leader, without a rest, and counts what is not acknowledged.
class steady_writer {
public:
  explicit steady_writer(const cluster& servers)
    : thread_([this, &servers] { run(servers); }) {
    // nop
  }

  ~steady_writer() {
    stop();
  }

  void stop() {
    stop_ = true;
    if (thread_.joinable())
      thread_.join();
  }

  std::atomic<size_t> done = 0;
  std::atomic<size_t> refused = 0;

private:
  void run(const cluster& servers) {
    auto client = servers.client(servers.leader().value_or(1));
    while (!stop_)
      ++(client.put("/kv/steady", "value").status == 204 ? done : refused);
  }

  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

struct hostile_fixture {
  cluster servers;
  std::mt19937_64 random{number_from("CAF_RAFT_SEED", std::random_device{}())};
  std::vector<uint16_t> ports;
  uint64_t term = 0;
  size_t leader = 0;
  std::unique_ptr<steady_writer> writer;

  hostile_fixture() {
    servers.start_all();
    leader = servers.await_leader();
    term = servers.status(leader)->at("term");
    for (size_t id = 1; id <= servers.size(); ++id) {
      ports.push_back(servers.http_port(id));
      ports.push_back(servers.raft_port(id));
    }
    writer = std::make_unique<steady_writer>(servers);
  }

  /// Ends the test.
  void check_unharmed() {
    await("some writes", [&] { return writer->done > 100; });
    writer->stop();
    CHECK(writer->refused == 0);
    for (size_t id = 1; id <= servers.size(); ++id) {
      CHECK(servers.process(id).running());
      auto status = servers.status(id);
      REQUIRE(status);
      CHECK(status->at("term") == term);
      CHECK(status->at("leader") == json(leader));
    }
    MESSAGE(writer->done.load() << " writes meanwhile");
  }

  std::string random_bytes(size_t size) {
    std::string result(size, '\0');
    for (auto& c : result)
      c = static_cast<char>(random());
    return result;
  }

  size_t rounds(size_t usual) const {
    return short_run() ? usual / 5 : usual;
  }
};

/// What a peer says first, when it connects to one of our own listeners.
std::string first_words_of_a_peer() {
  cluster two{{.members = 2}};
  auto listener = listen_on(two.raft_port(2));
  two.start(1);
  deadline limit{seconds(10)};
  std::string words;
  set_nonblocking(listener.get());
  while (words.empty() && !limit.passed()) {
    file_descriptor peer{
      accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (peer)
      receive_some(peer.get(), words, deadline{seconds(2)});
  }
  return words;
}

} // namespace

TEST_CASE_FIXTURE(hostile_fixture, "random bytes") {
  for (size_t i = 0; i < rounds(200); ++i)
    send_raw(ports[i % ports.size()], random_bytes(1 + random() % 5000),
             milliseconds(20));
  check_unharmed();
}

TEST_CASE_FIXTURE(hostile_fixture, "half-open and silent connections") {
  std::vector<file_descriptor> open;
  deadline limit{seconds(20)};
  for (size_t i = 0; i < rounds(300); ++i) {
    open.push_back(connect_to(ports[i % ports.size()], limit));
    REQUIRE(open.back());
    if (i % 3 == 0)
      send_all(open.back().get(), "PUT /kv/a HTT", limit);
    if (i % 3 == 1)
      send_all(open.back().get(),
               "PUT /kv/a HTTP/1.1\r\nContent-Length: 10\r\n\r\n", limit);
  }
  auto goal = writer->done + 100;
  await("writes beside them", [&] { return writer->done > goal; });
  for (auto& each : open)
    if (random() % 2 == 0)
      reset_on_close(each.get());
  check_unharmed();
}

TEST_CASE_FIXTURE(hostile_fixture, "lengths of 100 MB and more") {
  auto before = private_bytes(servers.process(leader).pid());
  for (size_t i = 0; i < rounds(100); ++i) {
    for (size_t id = 1; id <= servers.size(); ++id) {
      auto answer = header_after(servers.http_port(id),
                                 "PUT /kv/a HTTP/1.1\r\nHost: x\r\n"
                                 "Content-Length: 104857600\r\n\r\nabc",
                                 seconds(10));
      CHECK(answer.starts_with("HTTP/1.1 413"));
      send_raw(servers.http_port(id),
               "GET /kv/a HTTP/1.1\r\nX: " + std::string(1 << 20, 'x'),
               milliseconds(20));
    }
  }
  auto after = private_bytes(servers.process(leader).pid());
  CHECK(after < before + (100 << 20));
  check_unharmed();
}

TEST_CASE_FIXTURE(hostile_fixture, "frames of peers, damaged") {
  auto words = first_words_of_a_peer();
  REQUIRE(words.size() >= 16);
  for (size_t i = 0; i < rounds(400); ++i) {
    auto damaged = words;
    auto byte = i < 64 ? i % words.size() : random() % words.size();
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << random() % 8));
    if (i % 4 == 0)
      damaged.resize(random() % damaged.size());
    if (i % 5 == 0)
      damaged += random_bytes(1000);
    send_raw(servers.raft_port(1 + i % 3), damaged, milliseconds(10));
  }
  // And as a header of its own kind with every length there is.
  for (int shift = 0; shift < 32; ++shift) {
    auto header = words.substr(0, 16);
    auto length = uint32_t{1} << shift;
    for (size_t at : {size_t{4}, size_t{8}, size_t{12}}) {
      auto copy = header;
      memcpy(copy.data() + at, &length, sizeof(length));
      auto check = raft::wire::header_check(raft::as_bytes(copy));
      memcpy(copy.data() + 10, &check, sizeof(check));
      send_raw(servers.raft_port(1), copy + random_bytes(100), milliseconds(5));
    }
  }
  check_unharmed();
}

TEST_CASE_FIXTURE(hostile_fixture, "members of another cluster") {
  // They take our members for their own second and third one.
  cluster strangers{{.args = quick_timing()}};
  auto list = "127.0.0.1:" + std::to_string(strangers.raft_port(1))
              + ",127.0.0.1:" + std::to_string(servers.raft_port(2))
              + ",127.0.0.1:" + std::to_string(servers.raft_port(3));
  auto what = strangers.command_of(1);
  what.args[4] = list;
  process stranger{what};
  // And one that was formed, alone, and then listens where it knows of nobody.
  cluster alone{{.members = 1}};
  alone.start(1);
  alone.await_leader();
  CHECK(alone.client(1).put("/kv/steady", "strange").status == 204);
  await("the stranger to wait in vain", [&] {
    return strangers.log_of(1).find("waiting for member") != std::string::npos;
  });
  CHECK(stranger.running());
  CHECK(strangers.client(1).get("/health").status == 503);
  await("a write", [&] { return writer->done > 0; });
  CHECK(servers.client(1).get("/kv/steady").body == "value");
  check_unharmed();
}

TEST_CASE_FIXTURE(hostile_fixture, "HTTP that is none") {
  for (const auto* text :
       {"\r\n\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "PUT /kv/a HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "PUT /kv/a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "PUT /kv/a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: "
        "2\r\n\r\nab",
        "PUT /kv/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PUT /kv/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "ffffffffffffffff\r\n",
        "GET /kv/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /kv/a HTTP/1.1\r\nBad Header: x\r\n\r\n"}) {
    CAPTURE(text);
    auto answer = send_raw(servers.http_port(1), text, milliseconds(300));
    CHECK((answer.empty() || answer.starts_with("HTTP/1.1 4")
           || answer.starts_with("HTTP/1.1 5")));
  }
  check_unharmed();
}

TEST_CASE_FIXTURE(hostile_fixture, "clients that pipeline and do not read") {
  std::string requests;
  for (int i = 0; i < 2000; ++i)
    requests += "GET /kv/large HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(servers.client(1).put("/kv/large", std::string(100'000, 'v')).status
          == 204);
  std::vector<file_descriptor> open;
  for (int i = 0; i < 5; ++i) {
    deadline limit{milliseconds(500)};
    open.push_back(connect_to(servers.http_port(leader), limit));
    send_all(open.back().get(), requests, limit);
  }
  // 5 x 2000 answers would be 1 GB.
  for (auto i = 0; i < 50; ++i) {
    CHECK(servers.client(leader).put("/kv/a", "b").status == 204);
    CHECK(private_bytes(servers.process(leader).pid()) < size_t{400} << 20);
  }
  check_unharmed();
}

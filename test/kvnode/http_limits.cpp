// What clients and strangers cannot do to the HTTP server.

#include "kvnode/support/http_fixture.hpp"

#include <doctest/doctest.h>

#include <random>
#include <thread>

using namespace kvnode;
using namespace kvnode::testing;
using namespace std::chrono_literals;

namespace {

bool is(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

/// A server with some settings of its own, so that no other limit is met when
/// the machine is busy.
template <void (*Change)(http_settings&)>
struct changed : http_fixture {
  changed()
    : http_fixture([] {
        http_settings result;
        Change(result);
        return result;
      }()) {
    // nop
  }
};

void short_requests(http_settings& to) {
  to.request_timeout = 100ms;
  to.status_timeout = 50ms;
}

void short_receive(http_settings& to) {
  to.receive_timeout = 100ms;
}

void short_idle(http_settings& to) {
  to.idle_timeout = 100ms;
}

void short_linger(http_settings& to) {
  to.linger = 50ms;
}

void short_stall(http_settings& to) {
  to.stall_timeout = 100ms;
}

void short_push(http_settings& to) {
  to.push_timeout = 100ms;
}

void little_memory(http_settings& to) {
  to.max_held_bytes = 1 << 20;
}

void two_connections(http_settings& to) {
  to.max_connections = 2;
}

struct elapsed {
  std::chrono::steady_clock::time_point start
    = std::chrono::steady_clock::now();

  auto operator()() const {
    return std::chrono::steady_clock::now() - start;
  }
};

} // namespace

TEST_CASE_FIXTURE(changed<short_requests>,
                  "every request is answered in time") {
  group().hold();
  auto http = connect();
  elapsed time;
  http.send(request("PUT", "/kv/a", "x") + request("GET", "/kv/a")
            + request("GET", "/kv") + request("GET", "/status")
            + request("GET", "/health") + request("GET", "/health?live"));
  // Only the write may have happened.
  for (int status : {504, 503, 503, 503, 503, 200})
    CHECK(is(http.answer(), status));
  CHECK(time() >= 100ms);
  CHECK(time() < 5s);
}

TEST_CASE_FIXTURE(changed<short_requests>,
                  "what is late is not taken for another one") {
  group().hold();
  auto http = connect();
  CHECK(is(http.ask(request("PUT", "/kv/a", "x")), 504));
  auto held = await_held(1);
  CHECK(held[0].time_left < 100ms);
  http.send(request("PUT", "/kv/b", "x"));
  await_held(2);
  answer(held[0], {});
  CHECK(is(http.answer(), 504));
}

TEST_CASE_FIXTURE(changed<short_receive>,
                  "a slow request does not last for ever") {
  for (auto text : {"G", "PUT /kv/a HTTP/1.1\r\nHost: x\r\n",
                    "PUT /kv/a HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"}) {
    auto http = connect();
    http.send(text);
    CHECK(is(http.rest(), 408));
  }
  // Bytes now and then do not help.
  auto http = connect();
  http.send("GET /kv/a HTTP/1.1\r\nX: ");
  while (!http.readable(5ms))
    http.send("x");
  CHECK(is(http.rest(), 408));
}

TEST_CASE_FIXTURE(changed<short_idle>, "silent connections end") {
  auto fresh = connect();
  CHECK(fresh.rest().empty());
  // One that we were too slow for is silent, too.
  for (int attempts = 0; attempts < 100; ++attempts) {
    auto used = connect();
    auto answer = used.ask(request("GET", "/health?live"));
    CHECK(used.rest().empty());
    if (!answer.empty())
      break;
  }
  await_connections(0);
}

TEST_CASE_FIXTURE(changed<short_linger>,
                  "a client that does not close is dropped") {
  auto http = connect();
  http.send("NONSENSE\r\n\r\n");
  CHECK(is(http.answer(), 400));
  await_connections(0);
}

TEST_CASE_FIXTURE(changed<short_stall>,
                  "a client that does not read is dropped") {
  auto http = connect();
  std::string large(1 << 20, 'x');
  CHECK(is(http.ask(request("PUT", "/kv/a", large)), 204));
  std::string gets;
  for (int i = 0; i < 50; ++i)
    gets += request("GET", "/kv/a");
  http.send(gets);
  await_connections(0);
}

TEST_CASE_FIXTURE(changed<short_push>,
                  "who pipelines without reading is dropped") {
  auto http = connect();
  std::string value(100'000, 'x');
  CHECK(is(http.ask(request("PUT", "/kv/a", value)), 204));
  std::string gets;
  for (int i = 0; i < 1000; ++i)
    gets += request("GET", "/kv/a");
  auto taken = size_t{0};
  for (int i = 0; i < 1000; ++i) {
    auto n = http.send(gets);
    taken += n;
    if (n < gets.size())
      break;
  }
  CHECK(taken < 1000 * gets.size());
  await_connections(0);
  auto other = connect();
  CHECK(is(other.ask(request("GET", "/kv/a")), 200));
}

TEST_CASE_FIXTURE(http_fixture, "who pipelines on a slow group has to wait") {
  group().hold();
  auto http = connect();
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += request("DELETE", "/kv/a");
  http.send(all);
  auto most = http_settings{}.max_open_requests;
  auto held = await_held(most);
  for (auto& x : held)
    answer(x, {});
  for (size_t i = 0; i < most; ++i)
    CHECK(is(http.answer(), 204));
  await_held(100);
}

TEST_CASE_FIXTURE(changed<short_push>,
                  "who reads may pipeline as much as it likes") {
  // A group that takes its time with all, and has all in the end.
  group().hold();
  auto http = connect();
  constexpr size_t count = 3000;
  auto one = request("PUT", "/kv/a", std::string(2000, 'x'));
  std::thread sender{[&] {
    for (size_t i = 0; i < count; ++i)
      http.send(one);
  }};
  size_t answered = 0;
  elapsed time;
  while (answered < count && time() < 30s) {
    auto held = group().held();
    for (; answered < held.size(); ++answered)
      answer(held[answered], {});
    std::this_thread::yield();
  }
  sender.join();
  CHECK(answered == count);
  for (size_t i = 0; i < count; ++i)
    REQUIRE(is(http.answer(), 204));
}

TEST_CASE_FIXTURE(changed<little_memory>, "who reads nothing fills no memory") {
  auto other = connect();
  auto value = std::string(1 << 20, 'x');
  CHECK(is(other.ask(request("PUT", "/kv/a", value)), 204));
  CHECK(is(other.ask(request("PUT", "/kv/b", "y")), 204));
  auto get = request("GET", "/kv/a");
  {
    auto lazy = connect();
    for (int i = 0; i < 20; ++i)
      lazy.send(get);
    elapsed time;
    while (is(other.ask(request("GET", "/kv/b")), 200) && time() < 10s)
      std::this_thread::yield();
    auto refused = other.ask(get);
    CHECK(is(refused, 429));
    CHECK(refused.find("Retry-After: ") != std::string::npos);
    CHECK(is(other.ask(request("GET", "/kv")), 429));
    CHECK(is(other.ask(request("GET", "/log")), 429));
    CHECK(is(other.ask(request("PUT", "/kv/b", "z")), 204));
    CHECK(is(other.ask(request("GET", "/status")), 200));
  }
  await_connections(1);
  CHECK(is(other.ask(get), 200));
}

TEST_CASE_FIXTURE(changed<two_connections>,
                  "there are not too many connections") {
  auto a = connect();
  auto b = connect();
  await_connections(2);
  for (int i = 0; i < 3; ++i) {
    auto refused = connect();
    auto answer = refused.rest();
    CHECK(is(answer, 503));
    CHECK(answer.find("Retry-After: ") != std::string::npos);
  }
  CHECK(is(a.ask(request("GET", "/health?live")), 200));
}

TEST_CASE_FIXTURE(changed<two_connections>,
                  "a connection that ended makes room") {
  for (int i = 0; i < 20; ++i) {
    await_connections(0);
    auto http = connect();
    CHECK(is(http.ask(request("GET", "/health?live")), 200));
  }
}

TEST_CASE_FIXTURE(http_fixture, "any bytes do no harm") {
  std::mt19937 rng{5};
  auto good = connect();
  const auto sample = request("PUT", "/kv/a", "hello")
                      + request("GET", "/kv?prefix=a&limit=2")
                      + "POST /leadership HTTP/1.1\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"
                        "a\r\n{\"to\": 2  \r\n1\r\n}\r\n0\r\n\r\n";
  for (int round = 0; round < 500; ++round) {
    auto text = sample;
    if (round % 5 == 0)
      for (auto& c : text)
        c = static_cast<char>(rng());
    for (auto i = rng() % 8; i > 0; --i)
      text[rng() % text.size()] = static_cast<char>(rng());
    if (round % 3 == 0)
      text.resize(rng() % text.size());
    auto bad = connect();
    bad.send(text);
    if (round % 2 == 0) {
      bad.shut();
      bad.rest();
    }
    if (round % 50 == 0)
      CHECK(is(good.ask(request("GET", "/health?live")), 200));
  }
  CHECK(is(good.ask(request("PUT", "/kv/b", "x")), 204));
}

// The HTTP server over real sockets, on a group without Raft.

#include "kvnode/support/http_fixture.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace kvnode;
using namespace kvnode::testing;
using namespace std::chrono_literals;

namespace {

bool is(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

std::string body(const std::string& answer) {
  auto at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

const auto no_content = "HTTP/1.1 204 No Content\r\n";

} // namespace

TEST_CASE_FIXTURE(http_fixture, "the life of a key on one connection") {
  auto http = connect();
  CHECK(is(http.ask(request("GET", "/kv/a")), 404));
  CHECK(http.ask(request("PUT", "/kv/a", "hello"))
        == "HTTP/1.1 204 No Content\r\nETag: \"1\"\r\n\r\n");
  CHECK(http.ask(request("GET", "/kv/a"))
        == "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n"
           "Content-Type: application/octet-stream\r\n"
           "Content-Length: 5\r\n\r\nhello");
  CHECK(http.ask(request("GET", "/a")) == http.ask(request("GET", "/kv/a")));
  http.send(request("HEAD", "/kv/a"));
  auto head = http.answer(true);
  CHECK(is(head, 200));
  CHECK(head.ends_with("Content-Length: 5\r\n\r\n"));
  CHECK(is(http.ask(request("PUT", "/kv/a", "x", "If-Match: \"7\"\r\n")), 412));
  CHECK(is(http.ask(request("PUT", "/kv/a", "x", "If-Match: \"1\"\r\n")), 204));
  CHECK(
    is(http.ask(request("PUT", "/kv/a", "x", "If-None-Match: *\r\n")), 412));
  CHECK(
    is(http.ask(request("GET", "/kv/a", "", "If-None-Match: \"3\"\r\n")), 304));
  CHECK(is(http.ask(request("DELETE", "/kv/a")), 204));
  CHECK(is(http.ask(request("DELETE", "/kv/a")), 404));
  CHECK_FALSE(http.readable());
}

TEST_CASE_FIXTURE(http_fixture, "where the time went, for who asks") {
  auto http = connect();
  auto timed = [](const std::string& answer) {
    return answer.find("Server-Timing: parse;dur=") != std::string::npos
           && answer.find(", total;dur=") != std::string::npos;
  };
  CHECK(timed(http.ask(request("PUT", "/kv/a?timing", "hello"))));
  CHECK_FALSE(timed(http.ask(request("PUT", "/kv/a", "hello"))));
  auto read = http.ask(request("GET", "/kv/a?timing"));
  CHECK(timed(read));
  CHECK(body(read) == "hello");
  CHECK(timed(http.ask(request("GET", "/kv/none?timing"))));
  CHECK(is(http.ask(request("GET", "/status?timing")), 200));
}

TEST_CASE_FIXTURE(http_fixture, "what can be asked about the member") {
  using nlohmann::json;
  auto http = connect();
  http.ask(request("PUT", "/kv/a", "hello"));
  http.ask(request("PUT", "/kv/b", ""));
  auto status = json::parse(body(http.ask(request("GET", "/status"))));
  CHECK(status["role"] == "leader");
  CHECK(status["http"] == json{{"connections", 1}, {"requests", 3}});
  CHECK(is(http.ask(request("GET", "/health")), 200));
  CHECK(is(http.ask(request("GET", "/health?live")), 200));
  CHECK(is(http.ask(request("GET", "/members")), 200));
  auto log = json::parse(body(http.ask(request("GET", "/log?from=2"))));
  CHECK(log["entries"].size() == 1);
  CHECK(log["entries"][0]["command"]["key"] == "b");
  auto page = json::parse(body(http.ask(request("GET", "/kv?limit=1"))));
  CHECK(page["items"][0]["value"] == "aGVsbG8=");
  CHECK(page["next"] == "b");
  CHECK(is(http.ask(request("POST", "/leadership", R"({"to":1})")), 200));
  CHECK(is(http.ask(request("POST", "/snapshot")), 200));
  CHECK(is(http.ask(request("POST", "/leadership", R"({"to":9})")), 409));
}

TEST_CASE_FIXTURE(http_fixture, "requests may come byte by byte") {
  auto http = connect();
  for (auto c : request("PUT", "/kv/a", "hello"))
    http.send({&c, 1});
  CHECK(http.answer().starts_with(no_content));
  auto chunked = "PUT /kv/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (std::string_view text = chunked; !text.empty(); text.remove_prefix(1))
    http.send(text.substr(0, 1));
  CHECK(http.answer().starts_with(no_content));
  CHECK(body(http.ask(request("GET", "/kv/a"))) == "abcde");
}

TEST_CASE_FIXTURE(http_fixture, "pipelined requests are answered in order") {
  auto http = connect();
  std::string all;
  for (int i = 0; i < 500; ++i) {
    all += request("PUT", "/kv/" + std::to_string(i), std::to_string(i));
    all += request("GET", "/kv/" + std::to_string(i));
    all += request("GET", "/health?live");
  }
  http.send(all);
  for (int i = 0; i < 500; ++i) {
    CHECK(http.answer().starts_with(no_content));
    CHECK(body(http.answer()) == std::to_string(i));
    CHECK(is(http.answer(), 200));
  }
}

TEST_CASE_FIXTURE(http_fixture, "the order holds when the group has another") {
  group().hold();
  auto http = connect();
  http.send(request("GET", "/kv/a") + request("GET", "/kv/b")
            + request("GET", "/health?live") + request("GET", "/kv/c"));
  auto held = await_held(3);
  for (size_t i : {2, 0, 1}) {
    kvnode::answer found;
    found.kind = kvnode::answer::kind_t::found;
    auto text = std::to_string(i);
    found.value = caf::raft::as_bytes(text);
    answer(held[i], found);
  }
  CHECK(body(http.answer()) == "0");
  CHECK(body(http.answer()) == "1");
  CHECK(body(http.answer()) == R"({"status":"live"})");
  CHECK(body(http.answer()) == "2");
}

TEST_CASE_FIXTURE(http_fixture, "values of a megabyte") {
  auto http = connect();
  std::string large(1 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    large[1000] = static_cast<char>('a' + i);
    CHECK(is(http.ask(request("PUT", "/kv/a", large)), 204));
    CHECK(body(http.ask(request("GET", "/kv/a"))) == large);
  }
  // A client that reads may have many of them on the way.
  std::string gets;
  for (int i = 0; i < 50; ++i)
    gets += request("GET", "/kv/a");
  http.send(gets);
  for (int i = 0; i < 50; ++i)
    CHECK(body(http.answer()).size() == large.size());
  CHECK(is(http.ask(request("PUT", "/kv/a", large + "x")), 413));
}

TEST_CASE_FIXTURE(http_fixture, "100 Continue comes when it is waited for") {
  auto http = connect();
  auto header = "PUT /kv/a HTTP/1.1\r\nExpect: 100-continue\r\n"
                "Content-Length: 5\r\n\r\n";
  http.send(header);
  CHECK(http.answer(true) == "HTTP/1.1 100 Continue\r\n\r\n");
  http.send("hel");
  http.send("lo");
  CHECK(http.answer().starts_with(no_content));
  // Who does not wait is not told.
  CHECK(http.ask(fmt::format("{}hello", header)).starts_with(no_content));
  // A body that is too large is refused at once.
  http.send("PUT /kv/a HTTP/1.1\r\nExpect: 100-continue\r\n"
            "Content-Length: 104857600\r\n\r\n");
  CHECK(is(http.rest(), 413));
}

TEST_CASE_FIXTURE(http_fixture, "100 Continue waits for earlier answers") {
  group().hold();
  auto http = connect();
  http.send(request("DELETE", "/kv/a")
            + "PUT /kv/a HTTP/1.1\r\nExpect: 100-continue\r\n"
              "Content-Length: 5\r\n\r\n");
  auto held = await_held(1);
  CHECK_FALSE(http.readable());
  answer(held[0], {});
  CHECK(http.answer(true) == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(http.answer(true) == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE_FIXTURE(http_fixture, "malformed HTTP: 400, and the end") {
  for (auto text : {"GARBAGE\r\n\r\n", "GET / HTTP/3.0\r\n\r\n",
                    "PUT /kv/a HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                    "\x16\x03\x01\x02 TLS"}) {
    auto http = connect();
    // What came before it is answered first.
    http.send(request("GET", "/health?live") + text + request("GET", "/kv/a"));
    CHECK(is(http.answer(), 200));
    auto refused = http.rest();
    CHECK(is(refused, 400));
    CHECK(refused.find("Connection: close\r\n") != std::string::npos);
    CHECK(nlohmann::json::parse(body(refused))["error"] == "bad_request");
  }
}

TEST_CASE_FIXTURE(http_fixture, "a refusal arrives while the body is sent") {
  for (int i = 0; i < 20; ++i) {
    auto http = connect();
    http.send("PUT /kv/a HTTP/1.1\r\nContent-Length: 104857600\r\n\r\n");
    http.send(std::string(3 << 20, 'x'));
    CHECK(is(http.answer(), 413));
  }
}

TEST_CASE_FIXTURE(http_fixture, "connections end where they should") {
  auto http = connect();
  http.send(request("GET", "/kv/a", "", "Connection: close\r\n")
            + request("GET", "/kv/b"));
  CHECK(http.rest().find("HTTP/1.1 404", 1) == std::string::npos);
  auto old = connect();
  old.send("GET /health?live HTTP/1.0\r\n\r\n");
  CHECK(is(old.rest(), 200));
  auto kept = connect();
  auto ask = "GET /health?live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(kept.ask(ask).find("Connection: keep-alive") != std::string::npos);
  CHECK(is(kept.ask(ask), 200));
}

TEST_CASE_FIXTURE(http_fixture, "a client may finish sending and still read") {
  group().hold();
  auto http = connect();
  http.send(request("DELETE", "/kv/a") + request("DELETE", "/kv/b"));
  http.shut();
  auto held = await_held(2);
  answer(held[1], {});
  answer(held[0], {});
  CHECK(http.rest()
        == "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  await_connections(0);
}

TEST_CASE_FIXTURE(http_fixture, "the connections of clients that left end") {
  {
    auto silent = connect();
    auto within = connect();
    within.send("PUT /kv/a HTT");
    await_connections(2);
  }
  await_connections(0);
  group().hold();
  std::vector<caf::raft::submit> held;
  {
    auto waiting = connect();
    waiting.send(request("DELETE", "/kv/a"));
    held = await_held(1);
  }
  answer(held[0], {});
  await_connections(0);
}

TEST_CASE_FIXTURE(http_fixture, "half-closed: large answers, and many") {
  auto http = connect();
  std::string large(1 << 20, 'x');
  CHECK(is(http.ask(request("PUT", "/kv/a", large)), 204));
  // More than is under way at a time, and more than the kernel takes.
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += request("GET", "/kv/a") + request("GET", "/kv/b")
           + request("GET", "/health?live") + request("GET", "/kv");
  http.send(all);
  http.shut();
  for (int i = 0; i < 20; ++i) {
    CHECK(body(http.answer()) == large);
    CHECK(is(http.answer(), 404));
    CHECK(is(http.answer(), 200));
    CHECK(is(http.answer(), 200));
  }
  CHECK(http.rest().empty());
  await_connections(0);
}

TEST_CASE_FIXTURE(http_fixture, "half-closed: no file is left open") {
  auto open_files = [] {
    auto all = std::filesystem::directory_iterator{"/proc/self/fd"};
    return std::distance(begin(all), end(all));
  };
  auto kept = connect();
  CHECK(is(kept.ask(request("PUT", "/kv/a", std::string(1 << 20, 'x'))), 204));
  auto before = open_files();
  for (int i = 0; i < 10; ++i) {
    auto reads = connect();
    auto leaves = connect();
    for (auto* each : {&reads, &leaves})
      for (int j = 0; j < 20; ++j)
        each->send(request("GET", "/kv/a"));
    reads.shut();
    CHECK(reads.rest().size() > 20 << 20);
  }
  await_connections(1);
  // What the last one held may take one more round of the loop.
  CHECK(is(kept.ask(request("GET", "/health?live")), 200));
  CHECK(open_files() == before);
}

TEST_CASE_FIXTURE(http_fixture, "stopping: what was taken is answered") {
  group().hold();
  auto idle = connect();
  auto waiting = connect();
  auto within = connect();
  within.send("PUT /kv/a HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(is(idle.ask(request("GET", "/health?live")), 200));
  waiting.send(request("DELETE", "/kv/a") + request("DELETE", "/kv/b"));
  auto held = await_held(2);
  await_connections(3);
  stop();
  CHECK(idle.rest().empty());
  // What has not arrived in full was not done, and that is said.
  auto refused = within.rest();
  CHECK(is(refused, 503));
  CHECK(refused.find("\"stopping\"") != std::string::npos);
  CHECK(all_taken());
  waiting.send(request("GET", "/health?live"));
  answer(held[0], {});
  answer(held[1], {});
  CHECK(waiting.rest()
        == "HTTP/1.1 204 No Content\r\n\r\n"
           "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST_CASE_FIXTURE(http_fixture, "stopping: what has arrived is answered") {
  auto known = connect();
  CHECK(is(known.ask(request("PUT", "/kv/a", "hello")), 204));
  pause();
  // Not accepted, or not read, by the server: the kernel has done that.
  std::vector<client> fresh;
  for (int i = 0; i < 20; ++i) {
    fresh.push_back(connect());
    fresh.back().send(request("GET", "/kv/a") + request("DELETE", "/kv/b"));
  }
  auto longer = connect();
  longer.send(request("PUT", "/kv/longer", std::string(40'000, 'x')));
  auto silent = connect();
  auto within = connect();
  within.send("GET /kv/a HT");
  known.send(request("GET", "/kv/a"));
  stop();
  resume();
  for (auto& each : fresh) {
    CHECK(body(each.answer()) == "hello");
    auto last = each.rest();
    CHECK(is(last, 404));
    CHECK(last.find("Connection: close\r\n") != std::string::npos);
  }
  CHECK(is(longer.rest(), 204));
  CHECK(silent.rest().empty());
  CHECK(is(within.rest(), 503));
  CHECK(body(known.rest()) == "hello");
  CHECK(all_taken());
}

TEST_CASE_FIXTURE(http_fixture, "stopping: what there is no room for") {
  group().hold();
  auto http = connect();
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += request("DELETE", "/kv/a");
  http.send(all);
  auto held = await_held(http_settings{}.max_open_requests);
  stop();
  CHECK(all_taken());
  for (auto& x : held)
    answer(x, {});
  // Where it says that it ends, what follows was not done.
  auto answers = http.rest();
  std::string_view end = "Connection: close\r\n\r\n";
  CHECK(answers.find(end) == answers.size() - end.size());
  CHECK(group().held().size() == held.size());
}

TEST_CASE_FIXTURE(http_fixture, "stopping at once") {
  group().hold();
  auto waiting = connect();
  waiting.send(request("DELETE", "/kv/a") + request("GET", "/kv/a"));
  await_held(2);
  stop();
  stop();
  CHECK(has_ended());
  CHECK(is(waiting.answer(), 504));
  CHECK(is(waiting.rest(), 503));
}

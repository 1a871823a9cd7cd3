#include "kvnode/routes.hpp"

#include "kvnode/request_fields.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <vector>

using namespace kvnode;
using caf::raft::as_text;

namespace {

std::string describe(const condition& x) {
  switch (x.kind) {
    case condition::kind_t::always:
      return "";
    case condition::kind_t::absent:
      return " if absent";
    case condition::kind_t::present:
      return " if present";
    case condition::kind_t::version:
      return x.version.value == ~uint64_t{0}
               ? " if never"
               : fmt::format(" if {}", x.version.value);
  }
  return "?";
}

std::string describe(const ask_store& x) {
  if (x.kind == caf::raft::request_kind::command) {
    auto cmd = decode_command(x.payload);
    REQUIRE(cmd);
    auto op = cmd->op == command::op_t::put
                ? fmt::format("put {}={}", cmd->key, as_text(cmd->value))
                : fmt::format("delete {}", cmd->key);
    return op + describe(cmd->only);
  }
  auto asked = decode_query(x.payload);
  REQUIRE(asked);
  auto how = x.kind == caf::raft::request_kind::local_query ? "local " : "";
  if (asked->op == query::op_t::get)
    return fmt::format("{}get {}", how, asked->key);
  return fmt::format("{}list {}* from {} limit {}", how, asked->prefix,
                     asked->start, asked->limit);
}

std::string describe(const http_answer& x) {
  return x.allow ? fmt::format("{} allow {}", x.status, *x.allow)
                 : std::to_string(x.status);
}

std::string describe(const ask_status&) {
  return "status";
}

std::string describe(const ask_log& x) {
  return fmt::format("log from {} limit {}", x.from.value, x.limit);
}

std::string describe(const ask_leadership& x) {
  return fmt::format("leadership to {}", x.to.value);
}

std::string describe(const ask_snapshot&) {
  return "snapshot";
}

std::string describe(const ask_change& x) {
  static constexpr std::array names{"add",     "remove", "set",
                                    "promote", "demote", "address"};
  std::string result = names.at(static_cast<size_t>(x.what.kind));
  for (auto& who : x.what.members)
    result += fmt::format(" {}{}{}{}", who.id.value,
                          who.address.empty() ? "" : "@", who.address,
                          who.voter ? "" : "~");
  if (x.what.only_at)
    result += fmt::format(" if {}", x.what.only_at->value);
  if (x.what.dry_run)
    result += " dry";
  if (x.wait_for_voters)
    result += " waits";
  return result;
}

std::string describe(const plan& x) {
  auto result = std::visit([](auto& y) { return describe(y); }, x.first);
  if (std::holds_alternative<ask_status>(x.first)) {
    if (x.then.kind == answer_kind::members)
      return "members";
    if (x.then.kind == answer_kind::health)
      return "health";
  }
  if (x.then.kind == answer_kind::plain_change)
    result += " plain";
  if (x.then.known_any)
    result += " unless any";
  if (x.then.known)
    result += x.then.known.value == ~uint64_t{0}
                ? " unless never"
                : fmt::format(" unless {}", x.then.known.value);
  return result;
}

http_method method(std::string_view x) {
  static const std::map<std::string_view, http_method> all{
    {"GET", http_method::get},    {"HEAD", http_method::head},
    {"PUT", http_method::put},    {"POST", http_method::post},
    {"DELETE", http_method::del},
  };
  auto i = all.find(x);
  return i == all.end() ? http_method::other : i->second;
}

/// "METHOD TARGET", maybe with " If-Match: X" or " If-None-Match: X" behind it.
plan routed(std::string_view text, std::string_view body = {},
            bool ckite = false) {
  http_request request;
  for (std::string_view name : {" If-None-Match: ", " If-Match: "}) {
    if (auto at = text.find(name); at != text.npos) {
      auto value = text.substr(at + name.size());
      (name == " If-Match: " ? request.if_match : request.if_none_match)
        = value;
      text = text.substr(0, at);
    }
  }
  auto space = text.find(' ');
  request.method = method(text.substr(0, space));
  request.target = text.substr(space + 1);
  request.body = body;
  return route(request, {ckite});
}

struct row {
  const char* request;
  const char* expected;
};

void check(const std::vector<row>& rows, std::string_view body = {},
           bool ckite = false) {
  for (auto& x : rows) {
    CAPTURE(x.request);
    CHECK(describe(routed(x.request, body, ckite)) == x.expected);
  }
}

} // namespace

TEST_CASE("keys under /kv/") {
  check(
    {
      {"PUT /kv/a", "put a=v"},
      {"PUT /kv/a/b%2Fc%20d", "put a/b/c d=v"},
      {"PUT /kv/a+b", "put a+b=v"},
      {"PUT /kv//", "put /=v"},
      {"PUT /kv/a If-Match: \"12\"", "put a=v if 12"},
      {"PUT /kv/a If-Match: *", "put a=v if present"},
      {"PUT /kv/a If-None-Match: *", "put a=v if absent"},
      {"PUT /kv/a If-Match: \"0\"", "put a=v if never"},
      {"PUT /kv/a If-Match: \"x\"", "put a=v if never"},
      {"PUT /kv/a If-Match: W/\"12\"", "put a=v if never"},
      {"PUT /kv/a If-Match: 12", "400"},
      {"PUT /kv/a If-Match: \"1\", \"2\"", "400"},
      {"PUT /kv/a If-None-Match: \"12\"", "400"},
      {"PUT /kv/a If-Match: \"1\" If-None-Match: *", "400"},
      {"GET /kv/a", "get a"},
      {"GET /kv/%ff", "get \xff"},
      {"HEAD /kv/a", "get a"},
      {"GET /kv/a?consistency=lease", "get a"},
      {"GET /kv/a?consistency=linearizable", "get a"},
      {"GET /kv/a?consistency=local", "local get a"},
      {"GET /kv/a?consistency=stale", "400"},
      {"GET /kv/a?local=true", "local get a"},
      {"GET /kv/a?local=false", "get a"},
      {"GET /kv/a?local=1", "400"},
      {"GET /kv/a If-None-Match: \"12\"", "get a unless 12"},
      {"GET /kv/a If-None-Match: W/\"12\"", "get a unless 12"},
      {"GET /kv/a If-None-Match: *", "get a unless any"},
      {"GET /kv/a If-None-Match: 12", "400"},
      {"DELETE /kv/a", "delete a"},
      {"DELETE /kv/a If-Match: \"12\"", "delete a if 12"},
      {"DELETE /kv/a If-None-Match: *", "400"},
      {"PATCH /kv/a", "405 allow GET, HEAD, PUT, POST, DELETE"},
      {"GET /kv/", "400"},
      {"PUT /kv/", "400"},
      {"PUT /kv/%", "400"},
      {"PUT /kv/a%2", "400"},
      {"GET /kv/a?x=%", "400"},
    },
    "v");
}

TEST_CASE("a key has 4 KiB at most, after decoding") {
  std::string longest(max_key_size, 'k');
  CHECK(describe(routed("GET /kv/" + longest)) == "get " + longest);
  CHECK(describe(routed("GET /kv/" + longest + "k")) == "400");
  std::string encoded;
  for (size_t i = 0; i < max_key_size; ++i)
    encoded += "%6b";
  CHECK(describe(routed("GET /kv/" + encoded)) == "get " + longest);
}

TEST_CASE("any request may ask where its time went") {
  CHECK(routed("GET /kv/a?timing").then.timed);
  CHECK(routed("PUT /kv/a?consistency=local&timing=1").then.timed);
  CHECK(routed("PUT /a?timing").then.timed);
  CHECK(!routed("GET /kv/a").then.timed);
  CHECK(!routed("GET /kv/timing").then.timed);
}

TEST_CASE("lists of keys") {
  check({
    {"GET /kv", "list * from  limit 100"},
    {"GET /kv?prefix=a%2Fb&start=a%2Fb%2Fc&limit=7",
     "list a/b* from a/b/c limit 7"},
    {"GET /kv?limit=100000", "list * from  limit 1000"},
    {"GET /kv?consistency=local", "local list * from  limit 100"},
    {"GET /kv?limit=0", "400"},
    {"GET /kv?limit=-1", "400"},
    {"GET /kv?limit=x", "400"},
    {"GET /kv?limit=", "400"},
    {"PUT /kv", "405 allow GET, HEAD"},
  });
}

TEST_CASE("the member and its group") {
  check({
    {"GET /status", "status"},
    {"HEAD /status", "status"},
    {"PUT /status", "405 allow GET, HEAD"},
    {"GET /log", "log from 0 limit 100"},
    {"GET /log?from=12&limit=3", "log from 12 limit 3"},
    {"GET /log?from=x", "400"},
    {"GET /members", "members"},
    {"GET /health", "health"},
    {"GET /health?live", "200"},
    {"POST /health", "405 allow GET, HEAD"},
    {"GET /leadership", "405 allow POST"},
    {"POST /snapshot", "snapshot"},
    {"GET /snapshot", "405 allow POST"},
  });
  auto leadership = [](std::string_view body) {
    return describe(routed("POST /leadership", body));
  };
  CHECK(leadership(R"({"to":2})") == "leadership to 2");
  CHECK(leadership("") == "leadership to 0");
  CHECK(leadership("{}") == "leadership to 0");
  for (auto bad : {"2", R"({"to":"2"})", R"({"to":0})", R"({"to":-1})",
                   R"({"to":1.5})", R"({"to":2)", "[[[[", "\xff"})
    CHECK(leadership(bad) == "400");
  CHECK(leadership(std::string(100000, '[')) == "400");
}

TEST_CASE("what comes later is not there yet") {
  check({
    {"GET /metrics", "404"},
    {"GET /", "404"},
  });
}

TEST_CASE("changes of the members") {
  check({
    {"DELETE /members/3", "remove 3"},
    {"DELETE /members/3?dry_run", "remove 3 dry"},
    {"DELETE /members/3?dry_run=true", "remove 3 dry"},
    {"DELETE /members/3?dry_run=false", "remove 3"},
    {"DELETE /members/3?dry_run=maybe", "400"},
    // A weak tag fits nothing.
    {R"(DELETE /members/3 If-Match: W/"7")",
     "remove 3 if 18446744073709551615"},
    {R"(DELETE /members/3 If-Match: "7")", "remove 3 if 7"},
    {R"(DELETE /members/3 If-Match: "0")", "remove 3 if 0"},
    {"DELETE /members/3 If-Match: 7", "400"},
    {"DELETE /members/3 If-None-Match: *", "400"},
    {"DELETE /members/host:1", "remove 0@host:1"},
    {"DELETE /members/host", "400"},
    {"DELETE /members/0", "400"},
    {"DELETE /members", "405 allow GET, HEAD, POST, PUT"},
    {"GET /members/3", "405 allow POST, DELETE"},
    {"POST /members/host:1", "add 0@host:1"},
    {"POST /members/host:1?wait=voter", "add 0@host:1 waits"},
    {"POST /members/host:1?wait=long", "400"},
    {"DELETE /3", "remove 3 plain"},
    {"DELETE /0x1f", "remove 31 plain"},
    {"DELETE /0", "400"},
    {"DELETE /99999999999999999999", "400"},
  });
  check({{"POST /4", "add 4@127.0.0.1:42379 plain"}}, "http://127.0.0.1:42379");
  check({{"POST /4", "400"}}, "nowhere");
  auto posted = [](std::string_view target, std::string_view body) {
    return describe(routed(std::string{"POST "} + std::string{target}, body));
  };
  CHECK(posted("/members", R"({"id":4,"address":"d:4"})") == "add 4@d:4");
  CHECK(posted("/members", R"({"address":"http://d:4","voter":false})")
        == "add 0@d:4~");
  CHECK(posted("/members/4", R"({"voter":true})") == "promote 4");
  CHECK(posted("/members/4", R"({"voter":false})") == "demote 4~");
  CHECK(posted("/members/4", R"({"address":"e:5"})") == "address 4@e:5");
  for (auto bad : {"", "4", "[]", R"({"id":4})", R"({"id":0,"address":"d:4"})",
                   R"({"id":"4","address":"d:4"})", R"({"address":"d"})",
                   R"({"id":4,"address":"d:4","voter":1})", "\xff"})
    CHECK(posted("/members", bad) == "400");
  for (auto bad : {"", "{}", R"({"id":5,"voter":true})",
                   R"({"voter":true,"address":"d:4"})"})
    CHECK(posted("/members/4", bad) == "400");
  auto put = [](std::string_view body) {
    return describe(routed("PUT /members", body));
  };
  CHECK(put(R"([{"id":1,"address":"a:1"},{"address":"b:2","voter":false}])")
        == "set 1@a:1 0@b:2~");
  // What GET /members says can be sent back.
  CHECK(put(R"({"index":7,"members":[{"id":1,"address":"a:1","voter":true},)"
            R"({"id":2,"address":"b:2","voter":false,"promote":true}]})")
        == "set 1@a:1 2@b:2");
  for (auto bad : {"[]", "{}", R"([{"voter":true}])", "[1]"})
    CHECK(put(bad) == "400");
}

TEST_CASE("raftexample: a bare path is the same key as under /kv/") {
  check(
    {
      {"PUT /my-key", "put my-key=hello"},
      {"PUT /a/b%2Fc", "put a/b/c=hello"},
      {"PUT /my-key If-None-Match: *", "put my-key=hello if absent"},
      {"GET /my-key", "get my-key"},
      {"HEAD /my-key", "get my-key"},
      {"GET /my-key?consistency=local", "local get my-key"},
      {"GET /12", "get 12"},
      {"GET /kv1", "get kv1"},
      {"GET /statuses", "get statuses"},
      {"GET /put", "get put"},
      {"POST /my-key", "400"},
      {"DELETE /my-key", "400"},
      {"DELETE /0xg", "400"},
      {"DELETE /-1", "400"},
      {"PATCH /my-key", "405 allow GET, HEAD, PUT, POST, DELETE"},
    },
    "hello");
}

TEST_CASE("CKite: the routes that read always work") {
  check({
    {"GET /get/key1", "get key1"},
    {"GET /get/a/b", "get a/b"},
    {"GET /get/key1?local=true", "local get key1"},
    {"GET /get/", "400"},
    {"PUT /get/key1", "405 allow GET, HEAD"},
    {"GET /rlog", "log from 0 limit 100"},
    {"POST /kv/key1/value1", "put key1=value1"},
    {"POST /kv/a/b/c%2Fd", "put a/b=c/d"},
    {"POST /kv/key1/", "put key1="},
    {"POST /kv/key1", "400"},
    {"POST /kv//v", "400"},
    {"GET /kv/key1?local=true", "local get key1"},
  });
}

TEST_CASE("CKite: the routes that write by a GET need the dialect") {
  std::vector<row> without{
    {"GET /put/key1/value1", "405 allow "},
    {"GET /changecluster/a:1,b:2", "405 allow "},
  };
  check(without);
  auto answer = std::get<http_answer>(routed("GET /put/k/v").first);
  CHECK(answer.text.find("--dialect ckite") != std::string::npos);
  std::vector<row> with{
    {"GET /put/key1/value1", "put key1=value1"},
    {"GET /put/a/b/c", "put a/b=c"},
    {"GET /put/key1", "400"},
    {"HEAD /put/key1/value1", "405 allow GET"},
    {"PUT /put/key1/value1", "405 allow GET"},
    {"GET /changecluster/a:1,b:2", "set 0@a:1 0@b:2"},
    {"GET /changecluster/a:1,,b:2", "400"},
    {"GET /changecluster/", "400"},
  };
  check(with, {}, true);
}

TEST_CASE("targets as proxies send them, and what is no path") {
  check({
    {"GET http://127.0.0.1:1/kv/a?local=true", "local get a"},
    {"GET http://127.0.0.1:1", "404"},
    {"GET *", "400"},
    {"GET 127.0.0.1:1", "400"},
    {"GET /a?b=c?d", "get a"},
    {"GET /http://x/y", "get http://x/y"},
  });
}

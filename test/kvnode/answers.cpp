#include "kvnode/answers.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace kvnode;
using namespace caf::raft;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string wire(const http_answer& x, answer_form form = {}) {
  std::string result;
  append(result, x, form);
  return result;
}

outcome outcome_of(const kvnode::answer& what) {
  return {request_id{1}, errc::none, encode(what), {}, {}};
}

kvnode::answer of_kind(kvnode::answer::kind_t kind, uint64_t version = 0) {
  kvnode::answer result;
  result.kind = kind;
  result.version = version_t{version};
  return result;
}

reply_plan asked(answer_kind kind) {
  reply_plan result;
  result.kind = kind;
  return result;
}

using kind = kvnode::answer::kind_t;

status sample_status() {
  auto members = std::make_shared<configuration>();
  members->members = {{server_id{1}, "127.0.0.1:1", incarnation_t{255}, false},
                      {server_id{2}, "127.0.0.1:2", {}, true}};
  members->voters = {server_id{1}};
  status result;
  result.id = server_id{1};
  result.incarnation = incarnation_t{255};
  result.cluster = cluster_id{0xabc};
  result.role = role_name::leader;
  result.term = term_t{3};
  result.leader = server_id{1};
  result.commit_index = index_t{9};
  result.applied_index = index_t{8};
  result.first_index = index_t{1};
  result.last_index = index_t{9};
  result.members = {index_t{4}, members};
  result.peers = {{server_id{2}, index_t{9}, index_t{10}, "replicate", 12ms}};
  result.leader_uptime = 133148ms;
  result.stages = {{"write", "queue", 7, 1500ns, 20us, 2ms},
                   {"read", "total", 1, 9us, 9us, 9us}};
  auto payload = encode(command{command::op_t::put, "k1", as_bytes("v1"), {}});
  result.last_entry = entry::make(index_t{9}, term_t{3}, entry_kind::command,
                                  payload);
  return result;
}

json parsed(const http_answer& x) {
  return json::parse(x.body());
}

} // namespace

TEST_CASE("answers of writes") {
  auto plan = asked(answer_kind::write);
  CHECK(wire(make_answer(plan, outcome_of(of_kind(kind::done, 12))))
        == "HTTP/1.1 204 No Content\r\nETag: \"12\"\r\n\r\n");
  CHECK(wire(make_answer(plan, outcome_of(of_kind(kind::done))))
        == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(make_answer(plan, outcome_of(of_kind(kind::not_found))).status == 404);
  auto refused = make_answer(plan,
                             outcome_of(of_kind(kind::precondition_failed, 3)));
  CHECK(refused.status == 412);
  CHECK(refused.version == version_t{3});
  CHECK(parsed(refused)["error"] == "precondition_failed");
}

TEST_CASE("answers of reads") {
  auto plan = asked(answer_kind::read);
  auto found = of_kind(kind::found, 7);
  found.value = as_bytes("hello");
  auto what = outcome_of(found);
  auto ok = make_answer(plan, what);
  CHECK(wire(ok)
        == "HTTP/1.1 200 OK\r\nETag: \"7\"\r\n"
           "Content-Type: application/octet-stream\r\n"
           "Content-Length: 5\r\n\r\nhello");
  CHECK(wire(ok, {true, true, false})
        == "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nConnection: close\r\n"
           "Content-Type: application/octet-stream\r\n"
           "Content-Length: 5\r\n\r\n");
  CHECK(wire(ok, {true, false, true}).find("Connection: keep-alive\r\n")
        != std::string::npos);
  plan.known = version_t{7};
  CHECK(wire(make_answer(plan, what))
        == "HTTP/1.1 304 Not Modified\r\nETag: \"7\"\r\n\r\n");
  plan.known = version_t{6};
  CHECK(make_answer(plan, what).status == 200);
  plan.known_any = true;
  CHECK(make_answer(plan, what).status == 304);
  CHECK(make_answer(plan, outcome_of(of_kind(kind::not_found))).status == 404);
}

TEST_CASE("an empty value is a value") {
  auto plan = asked(answer_kind::read);
  auto what = outcome_of(of_kind(kind::found, 7));
  CHECK(wire(make_answer(plan, what)).find("Content-Length: 0\r\n")
        != std::string::npos);
}

TEST_CASE("answers of lists") {
  kvnode::answer page = of_kind(kind::page);
  page.items = {{"a", version_t{3}, as_bytes("hi")},
                {"\xff", version_t{4}, as_bytes("")}};
  page.next = "b";
  auto what = outcome_of(page);
  auto answer = make_answer(asked(answer_kind::list), what);
  CHECK(answer.text
        == R"({"items":[{"key":"a","value":"aGk=","version":3},)"
           R"({"key_base64":"/w==","value":"","version":4}],"next":"b"})");
  page.items.clear();
  page.next = {};
  CHECK(make_answer(asked(answer_kind::list), outcome_of(page)).text
        == R"({"items":[],"next":null})");
}

TEST_CASE("every error has its answer") {
  struct row {
    errc code;
    unsigned of_write;
    unsigned of_read;
  };
  for (auto& x : std::vector<row>{
         {errc::no_leader, 503, 503},
         {errc::overloaded, 429, 429},
         {errc::no_space, 503, 503},
         {errc::outcome_unknown, 504, 503},
         {errc::rejected, 409, 409},
         {errc::invalid_argument, 400, 400},
         {errc::too_large, 413, 413},
         {errc::compacted, 404, 404},
         {errc::storage_failed, 504, 503},
         {errc::wrong_cluster, 503, 503},
         {errc::removed, 503, 503},
       }) {
    CAPTURE(to_string(x.code));
    for (auto text : {"", "because \xff"}) {
      outcome what{request_id{1}, x.code, {}, {}, text};
      auto answer = make_answer(asked(answer_kind::write), what);
      CHECK(answer.status == x.of_write);
      // Whoever found it, a bad request is called so.
      auto name = x.of_write == 400 ? "bad_request" : to_string(x.code);
      CHECK(parsed(answer)["error"] == name);
      CHECK_FALSE(parsed(answer)["message"].get<std::string>().empty());
      auto retry = x.of_write == 429 || x.of_write == 503;
      CHECK((wire(answer).find("Retry-After: 1\r\n") != std::string::npos)
            == retry);
      CHECK(make_answer(asked(answer_kind::read), what).status == x.of_read);
      CHECK(make_answer(asked(answer_kind::list), what).status == x.of_read);
    }
  }
}

TEST_CASE("only what changes something can be unknown when it is late") {
  for (auto x :
       {answer_kind::write, answer_kind::leadership, answer_kind::snapshot,
        answer_kind::change, answer_kind::plain_change})
    CHECK(late_answer(asked(x)).status == 504);
  for (auto x : {answer_kind::read, answer_kind::list, answer_kind::status,
                 answer_kind::members, answer_kind::health, answer_kind::log}) {
    CHECK(late_answer(asked(x)).status == 503);
    CHECK(parsed(late_answer(asked(x)))["error"] == "timeout");
  }
}

TEST_CASE("what became of a change of the members") {
  raft::members_changed what;
  what.index = index_t{7};
  what.members = *sample_status().members.value;
  what.losses_survived = 1;
  auto done = make_answer(asked(answer_kind::change), what);
  CHECK(done.status == 200);
  CHECK(done.version == version_t{7});
  CHECK(parsed(done)["index"] == 7);
  CHECK(parsed(done)["losses_survived"] == 1);
  CHECK(parsed(done)["members"].size() == 2);
  CHECK(make_answer(asked(answer_kind::plain_change), what).status == 204);
  what.code = errc::rejected;
  what.text = "because";
  CHECK(make_answer(asked(answer_kind::change), what).status == 409);
  auto conditional = asked(answer_kind::change);
  conditional.only_at = index_t{5};
  CHECK(make_answer(conditional, what).status == 412);
  conditional.only_at = index_t{7};
  CHECK(make_answer(conditional, what).status == 409);
  what.code = errc::outcome_unknown;
  CHECK(make_answer(asked(answer_kind::change), what).status == 504);
  what.code = errc::removed;
  CHECK(make_answer(asked(answer_kind::change), what).status == 503);
}

TEST_CASE("the status has all that was promised") {
  http_counters counts;
  counts.requests = 5;
  auto answer = make_answer(asked(answer_kind::status), sample_status(),
                            counts);
  CHECK(answer.text.starts_with(
    R"({"id":1,"role":"leader","term":3,"leader":1,"commit_index":9,)"
    R"("applied_index":8,"first_index":1,"last_index":9,"snapshot_index":0,)"
    R"("members":[{"id":1,"address":"127.0.0.1:1","voter":true,)"));
  auto all = parsed(answer);
  CHECK(all["members"][1]["voter"] == false);
  CHECK(all["members"][1]["promote"] == true);
  CHECK(all["peers"]
        == json::parse(R"([{"id":2,"match_index":9,"next_index":10,)"
                       R"("state":"replicate","last_ack_ms":12}])"));
  CHECK(all["leader_uptime_ms"] == 133148);
  CHECK(all["last_log"]
        == json::parse(R"({"term":3,"index":9,"kind":"command",)"
                       R"("command":{"op":"put","key":"k1","value":"v1"}})"));
  CHECK(all["cluster_id"] == "0000000000000abc");
  CHECK(all["incarnation"] == "00000000000000ff");
  CHECK(all["waiting_for"].is_null());
  CHECK(all["trouble"].is_null());
  CHECK(all["stages_us"]
        == json::parse(R"({"write":{"queue":{"count":7,"p50":1.5,"p99":20.0,)"
                       R"("max":2000.0}},"read":{"total":{"count":1,)"
                       R"("p50":9.0,"p99":9.0,"max":9.0}}})"));
  CHECK(all["http"]["requests"] == 5);
}

TEST_CASE("a follower and an unformed member say less") {
  http_counters counts;
  auto what = sample_status();
  what.role = role_name::follower;
  what.leader = {};
  auto all = parsed(make_answer(asked(answer_kind::status), what, counts));
  CHECK(all["leader"].is_null());
  CHECK_FALSE(all.contains("peers"));
  CHECK_FALSE(all.contains("leader_uptime_ms"));
  status unformed;
  unformed.waiting_for = "waits for member 2";
  all = parsed(make_answer(asked(answer_kind::status), unformed, counts));
  CHECK(all["members"] == json::array());
  CHECK(all["cluster_id"].is_null());
  CHECK(all["last_log"].is_null());
  CHECK(all["waiting_for"] == "waits for member 2");
  CHECK(make_answer(asked(answer_kind::members), unformed, counts).text
        == R"({"index":null,"members":[]})");
}

TEST_CASE("a member is healthy where it knows a leader and can serve") {
  http_counters counts;
  auto health = [&](const status& x) {
    return make_answer(asked(answer_kind::health), x, counts);
  };
  auto good = sample_status();
  CHECK(health(good).status == 200);
  auto alone = good;
  alone.leader = {};
  CHECK(health(alone).status == 503);
  auto full = good;
  full.trouble = "the disk is full";
  CHECK(health(full).status == 503);
  CHECK(parsed(health(full))["message"] == "the disk is full");
  auto waiting = good;
  waiting.waiting_for = "member 2";
  CHECK(parsed(health(waiting))["message"] == "member 2");
}

TEST_CASE("the members of a joint configuration") {
  http_counters counts;
  auto what = sample_status();
  auto joint = std::make_shared<configuration>(*what.members.value);
  joint->outgoing = {server_id{2}};
  what.members.value = joint;
  auto all = parsed(make_answer(asked(answer_kind::members), what, counts));
  CHECK(all["index"] == 4);
  CHECK(all["members"][0]["outgoing_voter"] == false);
  CHECK(all["members"][1]["outgoing_voter"] == true);
}

TEST_CASE("the log shows what commands do") {
  log_page page;
  page.first_index = index_t{1};
  page.last_index = index_t{9};
  page.commit_index = index_t{8};
  auto add = [&](entry_kind kind, const bytes& payload) {
    page.content.push_back(
      entry::make(index_t{page.content.size() + 1}, term_t{2}, kind, payload));
  };
  add(entry_kind::noop, {});
  add(entry_kind::command, encode(command{command::op_t::put,
                                          "k",
                                          as_bytes("\xff"),
                                          {condition::kind_t::absent, {}}}));
  add(entry_kind::command,
      encode(command{command::op_t::del,
                     "\xfe",
                     {},
                     {condition::kind_t::version, version_t{5}}}));
  add(entry_kind::command, bytes(16, std::byte{0xff}));
  auto configuration = sample_status().members.value;
  page.content.push_back(
    entry::make(index_t{5}, term_t{2}, configuration, bytes(8)));
  auto all = parsed(make_answer(page));
  CHECK(all["last_index"] == 9);
  CHECK(all["commit_index"] == 8);
  CHECK(all["next"] == 6);
  auto& list = all["entries"];
  CHECK(list[0] == json::parse(R"({"index":1,"term":2,"kind":"noop"})"));
  CHECK(list[1]["command"]
        == json::parse(R"({"op":"put","key":"k","value_base64":"/w==",)"
                       R"("if_none_match":"*"})"));
  CHECK(
    list[2]["command"]
    == json::parse(R"({"op":"delete","key_base64":"/g==","if_match":"5"})"));
  CHECK(list[3]["command"]["op"] == "unknown");
  CHECK(list[4]["kind"] == "configuration");
  CHECK(list[4]["members"][0]["address"] == "127.0.0.1:1");
}

TEST_CASE("a page of the log is bounded in bytes") {
  log_page page;
  page.last_index = index_t{3};
  std::string value(3 << 20, 'x');
  auto payload = encode(command{command::op_t::put, "k", as_bytes(value), {}});
  for (uint64_t i = 1; i <= 3; ++i)
    page.content.push_back(
      entry::make(index_t{i}, term_t{1}, entry_kind::command, payload));
  auto all = parsed(make_answer(page));
  CHECK(all["entries"].size() == 1);
  CHECK(all["next"] == 2);
  page.content.erase(page.content.begin(), page.content.begin() + 2);
  CHECK(parsed(make_answer(page))["next"].is_null());
}

TEST_CASE("a large value does not stand in the status") {
  http_counters counts;
  auto what = sample_status();
  std::string value(1 << 20, 'x');
  what.last_entry = entry::make(
    index_t{9}, term_t{3}, entry_kind::command,
    encode(command{command::op_t::put, "k", as_bytes(value), {}}));
  auto all = parsed(make_answer(asked(answer_kind::status), what, counts));
  CHECK(all["last_log"]["command"]["value_size"] == value.size());
  CHECK_FALSE(all["last_log"]["command"].contains("value"));
}

TEST_CASE("a snapshot is answered with its last index") {
  outcome what;
  what.entry = {term_t{3}, index_t{70}};
  CHECK(make_answer(asked(answer_kind::snapshot), what).text
        == R"({"index":70})");
}

TEST_CASE("a transfer is answered with the new leader") {
  auto plan = asked(answer_kind::leadership);
  plan.to = server_id{2};
  CHECK(make_answer(plan, outcome{}).text == R"({"leader":2})");
  plan.to = {};
  CHECK(make_answer(plan, outcome{}).text == "{}");
}

TEST_CASE("the answer to a change of the members") {
  raft::members_changed what;
  what.index = raft::index_t{7};
  what.members.members.push_back({raft::server_id{1}, "a:1", {}});
  what.members.voters.push_back(raft::server_id{1});
  auto plan = asked(answer_kind::change);
  auto ok = wire(make_answer(plan, what));
  CHECK(ok.find("200 OK") != std::string::npos);
  CHECK(ok.find("ETag: \"7\"\r\n") != std::string::npos);
  CHECK(ok.find("\"losses_survived\":0") != std::string::npos);
  CHECK(make_answer(asked(answer_kind::plain_change), what).status == 204);
  // Where the cluster was founded, the members stand at index zero.
  what.index = raft::index_t{};
  CHECK(wire(make_answer(plan, what)).find("ETag: \"0\"\r\n")
        != std::string::npos);
  what.code = errc::rejected;
  what.text = "the last voter stays";
  CHECK(make_answer(plan, what).status == 409);
  plan.only_at = raft::index_t{};
  CHECK(make_answer(plan, what).status == 409);
  plan.only_at = raft::index_t{5};
  CHECK(make_answer(plan, what).status == 412);
  what.code = errc::removed;
  CHECK(make_answer(plan, what).status == 503);
  what.code = errc::outcome_unknown;
  CHECK(make_answer(plan, what).status == 504);
}

// The role-by-message table of docs/roles.md, walked over the real roles: every
// role gets every message of its own term, and what it sends, stores and tells
// is compared with what the table says.

#include "actors/role_stage.hpp"
#include "core/death.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace caf::raft;
using namespace roles;

namespace {

request_vote vote(bool pre, entry_id last) {
  return {peer, pre ? term + 1 : term, theirs, pre, false, last};
}

append_entries append(entry_id prev, size_t n) {
  append_entries result{peer, term, theirs, prev, index_t{1}, {}};
  for (uint64_t i = 1; i <= n; ++i)
    result.entries.push_back(
      entry::make(prev.index + i, term, entry_kind::command, {}));
  return result;
}

const entry_id last_entry{term_t{4}, index_t{2}};
const entry_id newer_entry{term_t{4}, index_t{3}};
const entry_id older_entry{term_t{4}, index_t{1}};

/// A snapshot of two chunks up to an entry.
snapshot_head_ptr snapshot(entry_id last) {
  snapshot_head result;
  result.last = last;
  result.members = three_members();
  result.size = snapshot_chunk_bytes + 1;
  return std::make_shared<const snapshot_head>(result);
}

install_snapshot piece(entry_id last, uint64_t number) {
  auto size = number == 0 ? snapshot_chunk_bytes : size_t{1};
  return {peer,   term,
          theirs, *snapshot(last),
          number, std::make_shared<const bytes>(size)};
}

const entry_id far_entry{term_t{5}, index_t{9}};

/// One line of the table: what is asked, and what each role does.
struct line {
  const char* name;
  std::function<std::string(stage&)> act;
  const char* follower;
  const char* pre_candidate;
  const char* candidate;
  const char* leader;
};

template <class T>
line row(const char* name, T what, const char* follower,
         const char* pre_candidate, const char* candidate, const char* leader) {
  return {name,      [what](stage& x) { return x.after(what); },
          follower,  pre_candidate,
          candidate, leader};
}

constexpr auto nothing = "";
constexpr auto follows = "ends, next 0 with the message;";
/// A second leader in one term must stop the process: see "two leaders in one
/// term stop the process".
constexpr const char* dies = nullptr;

std::vector<line> table() {
  return {
    row("a vote for an equal log", vote(false, last_entry), "stores state;",
        "stores state;", "sends vote_result no;", "sends vote_result no;"),
    row("a vote for an older log", vote(false, older_entry),
        "sends vote_result no;", "sends vote_result no;",
        "sends vote_result no;", "sends vote_result no;"),
    row("a pre-vote for a newer log", vote(true, newer_entry),
        "sends vote_result yes;", "sends vote_result yes;",
        "sends vote_result yes;", "sends vote_result no;"),
    row("a pre-vote for an older log", vote(true, older_entry),
        "sends vote_result no;", "sends vote_result no;",
        "sends vote_result no;", "sends vote_result no;"),
    row("a vote", vote_result{peer, term, ours, false, true}, nothing, nothing,
        nothing, nothing),
    row("a pre-vote", vote_result{peer, term + 1, ours, true, true}, nothing,
        "ends, next 2;", nothing, nothing),
    row("entries that fit", append(last_entry, 1), "stores entries;follows 2;",
        follows, follows, dies),
    row("entries that do not fit", append(newer_entry, 1),
        "sends append_result no;follows 2;", follows, follows, dies),
    row("an empty append that fits", append(last_entry, 0),
        "sends append_result yes;follows 2;", follows, follows, dies),
    row("a success", append_result{peer, term, ours, true, index_t{2}, {}},
        nothing, nothing, nothing, nothing),
    row("a refusal",
        append_result{peer, term, ours, false, index_t{2}, older_entry},
        nothing, nothing, nothing, "sends append_entries;"),
    row("a heartbeat", heartbeat{peer, term, theirs, round_t{1}, {}},
        "sends heartbeat_result;follows 2;", follows, follows, dies),
    row("an answer to a heartbeat",
        heartbeat_result{peer, term, ours, round_t{1}}, nothing, nothing,
        nothing, nothing),
    row("a commit notice", commit_notice{peer, term, theirs, index_t{1}},
        nothing, follows, follows, dies),
    row("the order to campaign", timeout_now{peer, term, theirs},
        "ends, next 2;", "ends, next 2;", nothing, nothing),
    row("a command", append_commands{self.id, {{request_id{1}, {}}}},
        "command no_leader;", "command no_leader;", "command no_leader;",
        "stores entries;command none;"),
    row("a read", confirm_read{{self.id, request_id{1}}}, "read no_leader;",
        "read no_leader;", "read no_leader;", nothing),
    row("a transfer", begin_transfer{request_id{1}, server_id{2}},
        "transfer rejected;", "transfer rejected;", "transfer rejected;",
        "transfer none;"),
    row("a question for its status", report_role{request_id{1}},
        "says follower;", "says pre_candidate;", "says candidate;",
        "says leader;"),
    row("a piece of a snapshot", piece(far_entry, 1),
        "follows 2;takes chunk 1;", follows, follows, dies),
    row("a piece of a snapshot that is not needed", piece(last_entry, 0),
        "sends append_result yes;follows 2;releases 2;", follows, follows,
        dies),
    row("an answer to a piece", install_result{peer, term, ours, far_entry, 1},
        nothing, nothing, nothing, nothing),
    row("a piece that nobody sent is stored",
        chunk_received{snapshot(far_entry), 1, false, errc::none}, nothing,
        nothing, nothing, nothing),
    row("a chunk that nobody wants",
        chunk_read{snapshot(far_entry), 0,
                   chunk_ptr{std::make_shared<const bytes>(9)}, peer.id},
        nothing, nothing, nothing, nothing),
    row("a snapshot of one's own",
        snapshot_stored{snapshot({term_t{4}, index_t{1}})}, nothing, nothing,
        nothing, nothing),
    row("room on the disk", log_room{1 << 20, {}}, nothing, nothing, nothing,
        nothing),
    row("a broken connection", peer_changed{server_id{2}, false}, nothing,
        nothing, nothing, nothing),
    row("a new connection", peer_changed{server_id{2}, true}, nothing,
        "sends request_vote;", "sends request_vote;",
        "sends append_entries;sends heartbeat;"),
    row("new peers", new_peers{}, nothing, nothing, nothing, nothing),
    row("entries that nobody ordered", log_read{request_id{9}, {}, entries{}},
        nothing, nothing, nothing, nothing),
    row("an old timer", wake{12345}, nothing, nothing, nothing, nothing),
    row("the end of the tenure", end_tenure{}, "ends, next 0;", "ends, next 0;",
        "ends, next 0;", "ends, next 0;"),
  };
}

void walk(role_t kind, const char* line::*expected) {
  for (auto& x : table()) {
    if (x.*expected == dies)
      continue;
    CAPTURE(x.name);
    stage it{kind};
    CHECK(x.act(it) == std::string{x.*expected});
  }
}

} // namespace

TEST_CASE("every message has an answer at a follower") {
  walk(role_t::follower, &line::follower);
}

TEST_CASE("every message has an answer at a pre-candidate") {
  walk(role_t::pre_candidate, &line::pre_candidate);
}

TEST_CASE("every message has an answer at a candidate") {
  walk(role_t::candidate, &line::candidate);
}

TEST_CASE("every message has an answer at a leader") {
  walk(role_t::leader, &line::leader);
}

TEST_CASE("what arrives after the end of a tenure has no effect") {
  for (auto kind : {role_t::follower, role_t::pre_candidate, role_t::candidate,
                    role_t::leader})
    for (auto& x : table()) {
      CAPTURE(x.name);
      stage it{kind};
      it.after(end_tenure{});
      CHECK(x.act(it) == "");
    }
}

TEST_CASE("two leaders in one term stop the process") {
  for (auto& x : table()) {
    if (x.leader != dies)
      continue;
    CAPTURE(x.name);
    CHECK(core::test::dies([&] {
      stage it{role_t::leader};
      x.act(it);
    }));
  }
}

TEST_CASE("a leader that cannot read old entries sends nothing for them") {
  stage it{role_t::leader, 2};
  // The follower has nothing of the log.
  CHECK(it.after(append_result{peer, term, ours, false, index_t{2}, {}}) == "");
  auto orders = it.reader.take<read_log>();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].first == index_t{1});
  log_read found{orders[0].id, orders[0].first, entries{}};
  SUBCASE("they cannot be read") {
    found.content = failure{errc::storage_failed, "rotten"};
    CHECK(it.after(found) == "");
  }
  SUBCASE("they can") {
    for (auto& x : {entry_id{term_t{4}, index_t{1}}, last_entry})
      found.content->push_back(
        entry::make(x.index, x.term, entry_kind::command, {}));
    CHECK(it.after(found) == "sends append_entries;");
  }
}

TEST_CASE("what is stored is told, counted or released by each role") {
  SUBCASE("a follower and a pre-candidate send their votes") {
    for (auto kind : {role_t::follower, role_t::pre_candidate}) {
      stage it{kind};
      it.after(vote(false, last_entry));
      CHECK(it.after_stored() == "sends vote_result yes;");
    }
  }
  SUBCASE("a follower acknowledges entries") {
    stage it{role_t::follower};
    it.after(append(last_entry, 1));
    CHECK(it.after_stored() == "sends append_result yes;");
  }
  SUBCASE("a candidate counts its own vote") {
    stage it{role_t::candidate};
    CHECK(it.after(vote_result{peer, term, ours, false, true}) == "");
    CHECK(it.after_stored() == "ends, next 3;");
  }
  SUBCASE("a leader counts itself") {
    stage it{role_t::leader};
    CHECK(it.after(append_result{peer, term, ours, true, index_t{3}, {}})
          == "");
    CHECK(it.after_stored() == "releases 3;");
  }
}

TEST_CASE("a follower installs a snapshot when it is complete, durably first") {
  stage it{role_t::follower};
  it.after(piece(far_entry, 0));
  CHECK(it.after(chunk_received{snapshot(far_entry), 1, false, errc::none})
        == "sends install_result;");
  it.after(piece(far_entry, 1));
  CHECK(it.after(chunk_received{snapshot(far_entry), 2, true, errc::none})
        == "sends install_result;stores base;");
  CHECK(it.after_stored() == "sends append_result yes;installs 9@5;");
}

TEST_CASE("what reaches a role that has ended by itself is for the next one") {
  stage follower{role_t::follower};
  CHECK(follower.after(timeout_now{peer, term, theirs}) == "ends, next 2;");
  stage candidate{role_t::pre_candidate};
  auto beat = heartbeat{peer, term, theirs, round_t{1}, {}};
  CHECK(candidate.after(beat) == follows);
  for (auto* it : {&follower, &candidate}) {
    CHECK(it->after(beat) == "gives back heartbeat;");
    CHECK(it->after(append(last_entry, 1)) == "gives back append_entries;");
    CHECK(it->after(vote(false, last_entry)) == "gives back request_vote;");
    CHECK(it->after(timeout_now{peer, term, theirs})
          == "gives back timeout_now;");
    CHECK(it->after(append_commands{self.id, {{request_id{1}, {}}}})
          == "command no_leader;");
    // The server has heard of the end.
    CHECK(it->after(end_tenure{}) == "");
    CHECK(it->after(beat) == "");
  }
}

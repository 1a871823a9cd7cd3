// The role-by-message table of docs/roles.md, walked over the real roles: every
// role gets every message of its own term, and what it sends, stores and tells
// is compared with what the table says.

#include "actors/net_fakes.hpp"
#include "caf/raft/candidate_actor.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/follower_actor.hpp"
#include "caf/raft/leader_actor.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/testing/sim_disk.hpp"
#include "core/death.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <sstream>

using namespace caf::raft;

namespace {

constexpr term_t term{5};
constexpr tenure_id ours{77};
constexpr tenure_id theirs{99};
const sender self{server_id{1}, incarnation_t{11}};
const sender peer{server_id{2}, incarnation_t{22}};

configuration_ptr three_members() {
  std::vector<member> members;
  for (uint64_t id = 1; id <= 3; ++id)
    members.push_back({server_id{id}, "host:1", incarnation_t{11 * id}});
  return std::make_shared<configuration>(
    core::founding_configuration(std::move(members)));
}

/// Entries 1@4 and 2@4 in the log, the first one committed.
core::tenure make_tenure(uint64_t first_in_memory) {
  core::tenure result;
  result.group = group_id{1};
  result.self = self;
  result.term = term;
  result.number = ours;
  core::log_tail::contents log;
  log.base_configuration = three_members();
  log.term_starts = {{term_t{4}, index_t{1}}};
  log.last_index = index_t{2};
  for (uint64_t i = first_in_memory; i <= 2; ++i)
    log.recent.push_back(
      entry::make(index_t{i}, term_t{4}, entry_kind::command, {}));
  result.log = core::log_tail{std::move(log)};
  result.commit_index = index_t{1};
  return result;
}

enum class role_t { follower, pre_candidate, candidate, leader };

/// One role with a test in the place of everyone it talks to.
struct stage {
  net::virtual_process process;
  net::collector<tenure_over, leader_known, entries_released, reads_confirmed,
                 commands_appended, transfer_begun, role_report, received>
    server{process.sys.system()};
  net::collector<store> log{process.sys.system()};
  net::collector<read_log> reader{process.sys.system()};
  net::collector<send_frame> remote{process.sys.system()};
  role_actor role;
  /// The newest of the writes that it handed to the log.
  write_id newest_write;

  explicit stage(role_t kind, uint64_t first_in_memory = 1) {
    auto setup = std::make_shared<role_setup>();
    setup->server = server.as<server_actor>();
    setup->log = log.as<log_actor>();
    setup->reader = reader.as<log_reader_actor>();
    setup->peers.emplace(server_id{2}, remote.as<peer_actor>());
    setup->begin_with = std::make_shared<baton>();
    setup->begin_with->tenure = make_tenure(first_in_memory);
    setup->begin_with->room.reported(1 << 20);
    setup->begin_with->released = index_t{1};
    if (kind == role_t::candidate || kind == role_t::leader)
      setup->begin_with->tenure.voted_for = self.id;
    if (kind == role_t::candidate)
      newest_write = setup->term_write
        = setup->begin_with->tenure.log.next_write();
    auto& sys = process.sys.system();
    switch (kind) {
      case role_t::follower:
        role = spawn_at<follower_state>(sys, placement::scheduled, setup);
        break;
      case role_t::leader:
        role = spawn_at<leader_state>(sys, placement::scheduled, setup);
        break;
      default:
        role = spawn_at<candidate_state>(sys, placement::scheduled, setup,
                                         kind == role_t::pre_candidate);
    }
    process.run();
    report();
  }

  /// What was sent, stored and told since the last call, in words.
  std::string report() {
    std::ostringstream out;
    for (auto& x : remote.take<send_frame>()) {
      auto view = x.frame->view();
      wire::frame_reader in{view.size()};
      in.feed(view);
      auto frame = in.next();
      auto what = wire::decode_group(self, (**frame).body, (**frame).owner);
      out << "sends " << core::name_of(what->body) << detail_of(what->body)
          << ";";
    }
    for (auto& x : log.take<store>()) {
      newest_write = x.what.number;
      out << "stores" << (x.what.state ? " state" : "")
          << (x.what.append.empty() ? "" : " entries") << ";";
    }
    for (auto& x : server.take<tenure_over>())
      out << "ends, next " << static_cast<int>(x.next)
          << (x.unread ? " with the message" : "") << ";";
    for (auto& x : server.take<reads_confirmed>())
      out << "read " << to_string(x.code) << ";";
    for (auto& x : server.take<commands_appended>())
      for (auto& y : x.results)
        out << "command " << to_string(y.code) << ";";
    for (auto& x : server.take<transfer_begun>())
      out << "transfer " << to_string(x.why.code) << ";";
    for (auto& x : server.take<role_report>())
      out << "says " << to_string(x.value.role) << ";";
    for (auto& x : server.take<leader_known>())
      out << "follows " << to_string(x.leader) << ";";
    for (auto& x : server.take<received>())
      out << "gives back " << core::name_of(x.body) << ";";
    for (auto& x : server.take<entries_released>())
      out << "releases " << to_string(x.last) << ";";
    return out.str();
  }

  static std::string detail_of(const message& what) {
    if (auto* x = std::get_if<vote_result>(&what))
      return x->granted ? " yes" : " no";
    if (auto* x = std::get_if<append_result>(&what))
      return x->success ? " yes" : " no";
    return {};
  }

  template <class T>
  std::string after(T what) {
    process.tell(role, std::move(what));
    return report();
  }

  /// All writes so far are durable: only a real log can say so.
  std::string after_stored() {
    testing::sim_disk disk{self.id, self.incarnation};
    auto& sys = process.sys.system();
    net::collector<recovered, log_stored, log_room> server_of_log{sys};
    auto real = spawn_at<log_actor_state>(
      sys, placement::scheduled, disk.open(), logger{}, fatal_handler{});
    process.tell(real,
                 recover_group{group_id{1}, 0, server_of_log.as<log_client>()});
    log_write last;
    last.group = group_id{1};
    last.number = newest_write;
    process.tell(real, store{last});
    auto said = server_of_log.take<log_stored>();
    REQUIRE(said.size() == 1);
    return after(said.front());
  }
};

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

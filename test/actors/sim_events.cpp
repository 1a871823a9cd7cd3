// What a run says of itself.

#include "caf/raft/testing/describe.hpp"
#include "caf/raft/testing/run_events.hpp"
#include "caf/raft/testing/scenario.hpp"
#include "caf/raft/testing/swarm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

using event_list = std::vector<run_event>;

event_handler keep_in(event_list& xs) {
  return [&xs](const run_event& x) { xs.push_back(x); };
}

event_list events_of(const std::string& scenario) {
  event_list result;
  run_scenario(scenario, keep_in(result));
  return result;
}

/// All events of one kind, described.
template <class T>
std::vector<std::string> described(const event_list& xs) {
  std::vector<std::string> result;
  for (auto& x : xs)
    if (std::holds_alternative<T>(x.what))
      result.push_back(describe(x.what));
  return result;
}

template <class T>
std::map<uint64_t, size_t> numbers_of(const event_list& xs) {
  std::map<uint64_t, size_t> result;
  for (auto& x : xs)
    if (auto* y = std::get_if<T>(&x.what))
      ++result[y->number];
  return result;
}

using lines = std::vector<std::string>;

const std::string elected = "cluster 1=(1) 2=(1) 3=(1)\n"
                            "election-timeout 1\n"
                            "run\n----\n\n";

} // namespace

TEST_CASE("a message that is delivered arrives, one that is dropped is lost") {
  auto xs = events_of("cluster 1=(1) 2=(1) 3=(1)\n"
                      "election-timeout 1\n"
                      "drop 1->3\n"
                      "deliver\n----\n\n");
  CHECK(described<message_sent>(xs)
        == lines{"1->2 request_vote term=2 last=1@1",
                 "1->3 request_vote term=2 last=1@1",
                 "2->1 vote_result term=2 granted=yes"});
  CHECK(described<message_lost>(xs) == lines{"message 2 is lost"});
  CHECK(described<message_arrived>(xs) == lines{"message 1 arrives"});
}

TEST_CASE("what goes to a member that crashes is lost") {
  auto xs = events_of(elected + "propose 1 put a v\ncrash 2\n----\n\n");
  auto lost = numbers_of<message_lost>(xs);
  CHECK(lost.size() == 1);
  for (auto& x : xs)
    if (auto* y = std::get_if<message_sent>(&x.what); y && lost[y->number] > 0)
      CHECK(y->to == server_id{2});
}

TEST_CASE("roles, commits, requests and answers are told") {
  auto xs = events_of(elected + "propose 1 put a v\nrun\n----\n\n");
  auto roles = described<role_changed>(xs);
  CHECK(std::count(roles.begin(), roles.end(), "1 is leader term=2 group=1")
        == 1);
  CHECK(described<request_made>(xs).back().ends_with(" at 1: put a v"));
  CHECK(described<request_answered>(xs).back().ends_with(
    " at 1: done, entry 3@2: ok 3"));
  CHECK(described<commit_advanced>(xs).back().find("knows commit=3 group=1")
        != std::string::npos);
}

TEST_CASE("a life begins with the role and the term that it has then") {
  auto xs = events_of(elected + "crash 2\nrestart 2\n----\n\n");
  auto roles = described<role_changed>(xs);
  CHECK(roles.at(0) == "1 is follower term=1 group=1");
  CHECK(roles.back() == "2 is follower term=2 group=1");
}

TEST_CASE("faults are told when they happen, and when they end") {
  auto xs = events_of(elected
                      + "partition 1 | 2 3\nheal\nheal\n"
                        "stall-disk 2\nrelease-disk 2\nfail-disk 3\n"
                        "damage 1 1\nfill-disk 2 100\nclear-disk 2\n"
                        "crash 1 power\nwipe 1\nrestart 1\npause 2\n"
                        "resume 2\nbreak 2 3\n----\n\n");
  CHECK(described<link_changed>(xs)
        == lines{"cut 1->2", "cut 1->3", "cut 2->1", "cut 3->1", "mend 1->2",
                 "mend 1->3", "mend 2->1", "mend 3->1", "break 2->3"});
  CHECK(described<disk_changed>(xs)
        == lines{"stall disk 2", "release disk 2", "next write of 3 fails",
                 "entry 1 of 1 is damaged",
                 "disk of 2 is full but for 100 bytes", "disk of 2 has room",
                 "directory of 1 is lost"});
  CHECK(described<member_crashed>(xs) == lines{"crash 1 (power)"});
  CHECK(described<member_started>(xs)
        == lines{"start 1", "start 2", "start 3", "start 1"});
  CHECK(described<member_paused>(xs) == lines{"pause 2"});
  CHECK(described<member_resumed>(xs) == lines{"resume 2"});
}

TEST_CASE("commands and blocks of a scenario are told, and what is wrong") {
  event_list xs;
  CHECK_THROWS_AS(run_scenario(elected + "crash 2\ncrush 3\n----\n\n",
                               keep_in(xs)),
                  scenario_error);
  CHECK(described<command_given>(xs)
        == lines{"cluster 1=(1) 2=(1) 3=(1)", "election-timeout 1", "run",
                 "crash 2", "crush 3"});
  CHECK(described<block_ended>(xs).size() == 1);
  CHECK(describe(xs.back().what) == "crush 3: there is no such command");
  CHECK(std::holds_alternative<run_failed>(xs.back().what));
}

TEST_CASE("in a swarm run a message has one fate, or is still under way") {
  swarm_options how;
  how.duration = 5s;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    event_list xs;
    how.events = keep_in(xs);
    run_swarm(draw_plan(seed), how);
    auto sent = numbers_of<message_sent>(xs);
    auto fates = numbers_of<message_arrived>(xs);
    CHECK(fates.size() > sent.size() / 2);
    for (auto& [number, count] : numbers_of<message_lost>(xs))
      fates[number] += count;
    CHECK(fates.size() > sent.size() * 9 / 10);
    for (auto& [number, count] : fates) {
      CHECK(sent[number] == 1);
      CHECK(count == 1);
    }
  }
}

TEST_CASE("a trace has a line for each event that people look for") {
  lines trace;
  auto handler = trace_to([&](const std::string& x) { trace.push_back(x); });
  handler({1500us, member_crashed{server_id{2}, crash_kind::power}});
  handler({2s, message_arrived{7}});
  handler({2s, disk_changed{server_id{1}, disk_change::slowed, 5}});
  CHECK(trace
        == lines{"    0.001500 crash 2 (power)",
                 "    2.000000 disk of 1 is slower by 5 ms"});
}

TEST_CASE("what clients send is cut and escaped for a trace") {
  CHECK(describe(as_bytes(std::string_view{"put a v"})) == "put a v");
  CHECK(describe(as_bytes(std::string_view{"a\n\xff<"})) == "a\\x0a\\xff<");
  auto shown = describe(to_bytes(std::string(70, 'x')));
  CHECK(shown == std::string(60, 'x') + "... (70 bytes)");
}

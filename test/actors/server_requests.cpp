// What becomes of requests that a server passes on, or is asked by others.

#include "server_fixture.hpp"

using namespace net;

namespace {

propose proposal_of(uint64_t term, uint64_t id) {
  return {member_of(2), term_t{term}, {{request_id{id}, 1s, to_bytes("x")}}};
}

} // namespace

TEST_CASE("who asks a member that has not begun is refused, not kept waiting") {
  server_fixture it;
  it.arrive(proposal_of(3, 7));
  auto results = it.sent<propose_result>(2);
  REQUIRE(results.size() == 1);
  CHECK(results[0].term == term_t{});
  REQUIRE(results[0].results.size() == 1);
  CHECK(results[0].results[0].id == request_id{7});
  CHECK(results[0].results[0].code == errc::no_leader);
  it.arrive(read_index{member_of(2), term_t{3}, request_id{8}});
  auto reads = it.sent<read_index_result>(2);
  REQUIRE(reads.size() == 1);
  CHECK(reads[0].code == errc::no_leader);
  it.arrive(request_transfer{member_of(2), term_t{3}, request_id{9}, {}});
  auto transfers = it.sent<transfer_result>(2);
  REQUIRE(transfers.size() == 1);
  CHECK(transfers[0].code == errc::no_leader);
  // Members ask each other again.
  it.arrive(request_vote{member_of(2), term_t{3}, {}, false, false, {}});
  CHECK(it.sent(2).empty());
}

TEST_CASE("what reaches a role that has just ended is for the next one") {
  // Either may run first: the role that ends, or the server that has more for
  // it.
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    server_fixture it;
    it.rng = testing::random_source{seed};
    it.begin();
    it.follow(2, 1);
    append_entries msg{member_of(2), term_t{1}, tenure_id{99}, {}, {}, {}};
    msg.entries.push_back(
      entry::make(index_t{1}, term_t{1}, entry_kind::command, {}));
    // The election is due; in the same moment the leader is heard again, and a
    // member that takes us for the leader asks for something.
    while (it.sys.next_timer())
      it.sys.fire_next_timer();
    post_from_outside(it.server, received{msg});
    post_from_outside(it.server, received{proposal_of(1, 7)});
    it.run();
    auto stored = it.log.take<store>();
    auto is_append = [](const store& x) { return !x.what.append.empty(); };
    CHECK(std::count_if(stored.begin(), stored.end(), is_append) == 1);
    auto refused = it.sent<propose_result>(2);
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].results.size() == 1);
  }
}

TEST_CASE("a read that the leader refused is not asked again at once") {
  server_fixture it;
  it.begin();
  it.follow(2, 1);
  it.submit(request_kind::query, "get a");
  auto asked = it.sent<read_index>(2);
  REQUIRE(asked.size() == 1);
  auto refuse = [&] {
    it.arrive(read_index_result{
      member_of(2), term_t{1}, asked[0].id, errc::no_leader, {}, {}});
  };
  refuse();
  CHECK(it.sent<read_index>(2).empty());
  it.run_for(settings{}.heartbeat_interval / 2);
  asked = it.sent<read_index>(2);
  REQUIRE(asked.size() == 1);
  // A new leader is asked at once.
  refuse();
  it.arrive(heartbeat{member_of(3), term_t{2}, tenure_id{98}, round_t{1}, {}});
  CHECK(it.sent<read_index>(3).size() == 1);
}

TEST_CASE("a transfer is done also if its answer comes after the new leader") {
  server_fixture it;
  it.begin();
  it.follow(2, 1);
  it.transfer();
  auto asked = it.sent<request_transfer>(2);
  REQUIRE(asked.size() == 1);
  it.follow(3, 2);
  CHECK(it.client.take<outcome>().empty());
  it.arrive(transfer_result{member_of(2), term_t{1}, asked[0].id, errc::none,
                            server_id{3}});
  auto answers = it.client.take<outcome>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].code == errc::none);
}

TEST_CASE("a transfer of which nobody sees the end is unknown, not undone") {
  server_fixture it;
  it.begin();
  it.follow(2, 1);
  it.transfer();
  REQUIRE(it.sent<request_transfer>(2).size() == 1);
  it.run_for(60s);
  auto answers = it.client.take<outcome>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].code == errc::outcome_unknown);
}

TEST_CASE("a status waits until the log is read") {
  server_fixture it;
  collector<status_report> client{it.sys.system()};
  it.tell(it.server, formed{cluster_id{7}, zero_of_three()});
  it.tell(it.server, get_status{request_id{5}, client.as<status_receiver>()});
  CHECK(client.take<status_report>().empty());
  storage::recovered_log log;
  log.state = {term_t{8}, server_id{2}};
  it.tell(it.server, recovered{log});
  auto answers = client.take<status_report>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].id == request_id{5});
  CHECK(answers[0].value.term == term_t{8});
}

TEST_CASE("what a leader left unanswered when it said farewell waits for the "
          "next one") {
  server_fixture it;
  it.pass_on_to_2();
  it.arrive(farewell{member_of(2), term_t{1}});
  CHECK(it.sent<farewell_result>(2).size() == 1);
  it.tell(it.server, peer_changed{server_id{2}, false});
  CHECK(it.client.take<outcome>().empty());
  // It leads this term no more: nothing is passed on to it.
  it.tell(it.server, peer_changed{server_id{2}, true});
  it.arrive(heartbeat{member_of(2), term_t{1}, tenure_id{99}, round_t{2}, {}});
  CHECK(it.sent<propose>(2).empty());
  it.arrive(heartbeat{member_of(3), term_t{2}, tenure_id{99}, round_t{1}, {}});
  CHECK(it.sent<propose>(3).size() == 1);
  // In a newer term it may lead again.
  it.arrive(heartbeat{member_of(2), term_t{3}, tenure_id{98}, round_t{1}, {}});
  it.submit(request_kind::command, "put a c");
  CHECK(it.sent<propose>(2).size() == 1);
}

TEST_CASE("what a member was passed before it speaks on a new connection is "
          "unknown") {
  server_fixture it;
  it.begin();
  heartbeat leads{member_of(2), term_t{1}, tenure_id{99}, round_t{1}, {}};
  it.arrive_by(1, leads);
  it.submit(request_kind::command, "put a b");
  REQUIRE(it.sent<propose>(2).size() == 1);
  // More by the same connection, or chunks, say nothing of that.
  it.arrive_by(1, leads);
  it.arrive(leads);
  CHECK(it.client.take<outcome>().empty());
  SUBCASE("whatever it says") {
    it.arrive_by(2, leads);
  }
  SUBCASE("also if it is a farewell") {
    it.arrive_by(2, farewell{member_of(2), term_t{1}});
  }
  auto answers = it.client.take<outcome>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].code == errc::outcome_unknown);
  it.arrive(heartbeat{member_of(3), term_t{2}, tenure_id{98}, round_t{1}, {}});
  CHECK(it.sent<propose>(3).empty());
}

TEST_CASE("nothing is heard by a connection that the member has left") {
  server_fixture it;
  it.begin();
  it.arrive_by(
    7, heartbeat{member_of(2), term_t{1}, tenure_id{99}, round_t{1}, {}});
  it.submit(request_kind::command, "put a b");
  REQUIRE(it.sent<propose>(2).size() == 1);
  it.arrive_by(6, farewell{member_of(2), term_t{1}});
  CHECK(it.sent<farewell_result>(2).empty());
  // Another member's connections are others, and so are those of another life.
  it.arrive_by(
    3, heartbeat{member_of(3), term_t{2}, tenure_id{98}, round_t{1}, {}});
  auto to_3 = it.sent(3);
  REQUIRE(to_3.size() == 1);
  CHECK(std::holds_alternative<heartbeat_result>(to_3[0]));
  it.arrive_by(5, farewell{{server_id{2}, incarnation_t{123}}, term_t{1}});
  CHECK(it.sent<farewell_result>(2).size() == 1);
}

TEST_CASE(
  "a farewell of an earlier term is not about what was passed on later") {
  server_fixture it;
  it.pass_on_to_2(3);
  it.arrive(farewell{member_of(2), term_t{2}});
  CHECK(it.sent<propose>(2).empty());
  it.arrive(heartbeat{member_of(3), term_t{4}, tenure_id{98}, round_t{1}, {}});
  CHECK(it.sent<propose>(3).empty());
}

TEST_CASE("who was removed while it led still says what became of requests") {
  server_fixture it;
  auto asked = it.pass_on_to_2();
  it.know_removed(2);
  // Its term is newer, and that is nothing to us.
  it.arrive(propose_result{
    member_of(2), term_t{9}, {{asked.proposals[0].id, errc::no_space, {}}}});
  auto answers = it.client.take<outcome>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].code == errc::no_space);
  it.arrive(farewell{member_of(2), term_t{9}});
  CHECK(it.sent<farewell_result>(2)
        == std::vector{farewell_result{member_of(1), term_t{1}}});
}

TEST_CASE("between two roles a farewell does not overtake what was answered") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    server_fixture it;
    it.rng = testing::random_source{seed};
    auto asked = it.pass_on_to_2();
    it.know_removed(2);
    // The first of these ends a role; the second names the entry.
    message all[]
      = {heartbeat{member_of(3), term_t{2}, tenure_id{98}, round_t{1}, {}},
         propose_result{
           member_of(2),
           term_t{1},
           {{asked.proposals[0].id, errc::none, {term_t{1}, index_t{7}}}}},
         farewell{member_of(2), term_t{2}}};
    for (auto& x : all)
      post_from_outside(it.server, received{x});
    it.run();
    CHECK(it.sent<propose>(3).empty());
    CHECK(it.client.take<outcome>().empty());
  }
}

TEST_CASE(
  "nothing is passed on to a leader that was lost until it leads again") {
  server_fixture it;
  it.begin();
  it.follow(2, 1);
  it.tell(it.server, peer_changed{server_id{2}, false});
  it.submit(request_kind::command, "put a b");
  // These are its last words; then its process may be another one.
  it.arrive(heartbeat{member_of(2), term_t{1}, tenure_id{99}, round_t{1}, {}});
  it.tell(it.server, peer_changed{server_id{2}, true});
  CHECK(it.sent<propose>(2).empty());
  SUBCASE("it does") {
    it.arrive(
      heartbeat{member_of(2), term_t{1}, tenure_id{99}, round_t{2}, {}});
    CHECK(it.sent<propose>(2).size() == 1);
  }
  SUBCASE("or another one") {
    it.arrive(
      heartbeat{member_of(3), term_t{2}, tenure_id{98}, round_t{1}, {}});
    CHECK(it.sent<propose>(3).size() == 1);
  }
}

TEST_CASE("a change of the members is asked for as a command is") {
  server_fixture it;
  it.begin();
  heartbeat next{member_of(3), term_t{3}, tenure_id{98}, round_t{1}, {}};
  it.arrive_by(
    1, heartbeat{member_of(2), term_t{2}, tenure_id{99}, round_t{1}, {}});
  it.add_learner();
  REQUIRE(it.sent<request_change>(2).size() == 1);
  SUBCASE("again behind a farewell") {
    it.arrive_by(1, farewell{member_of(2), term_t{2}});
    it.arrive(next);
    CHECK(it.sent<request_change>(3).size() == 1);
    CHECK(it.admin.take<members_changed>().empty());
  }
  SUBCASE("not behind a farewell of an earlier term") {
    it.arrive_by(1, farewell{member_of(2), term_t{1}});
    CHECK(it.sent<request_change>(2).empty());
    it.arrive(next);
    CHECK(it.sent<request_change>(3).empty());
  }
  SUBCASE("not behind a farewell on a new connection") {
    it.arrive_by(2, farewell{member_of(2), term_t{2}});
    auto answers = it.admin.take<members_changed>();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].code == errc::outcome_unknown);
    it.arrive(next);
    CHECK(it.sent<request_change>(3).empty());
  }
}

TEST_CASE("results are kept for the next role, however many messages wait") {
  server_fixture it;
  auto asked = it.pass_on_to_2();
  // The role ends; all this comes before it has.
  auto next = heartbeat{member_of(3), term_t{2}, tenure_id{98}, round_t{1}, {}};
  for (int i = 0; i < 5000; ++i)
    post_from_outside(it.server, received{next});
  post_from_outside(
    it.server,
    received{propose_result{
      member_of(2), term_t{1}, {{asked.proposals[0].id, errc::no_space, {}}}}});
  it.run();
  auto answers = it.client.take<outcome>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].code == errc::no_space);
}

TEST_CASE("a member that stops says farewell, and stays until it is heard") {
  server_fixture it;
  collector<stopped> end{it.sys.system()};
  it.begin();
  it.follow(2, 1);
  it.tell(it.server, stop_group{6s, end.as<stop_listener>()});
  CHECK(it.sent<farewell>(2) == std::vector{farewell{member_of(1), term_t{1}}});
  CHECK(it.sent<farewell>(3).size() == 1);
  // What comes behind it is refused.
  it.arrive(proposal_of(1, 7));
  CHECK(it.sent<propose_result>(2).size() == 1);
  it.arrive(farewell_result{member_of(2), term_t{1}});
  CHECK(end.take<stopped>().empty());
  SUBCASE("by all") {
    it.arrive(farewell_result{member_of(3), term_t{1}});
    CHECK(end.take<stopped>().size() == 1);
  }
  SUBCASE("or the others are gone") {
    it.tell(it.server, peer_changed{server_id{3}, false});
    CHECK(end.take<stopped>().size() == 1);
  }
  SUBCASE("or does not wait longer than an election would take") {
    it.run_for(settings{}.election_timeout);
    CHECK(end.take<stopped>().size() == 1);
  }
}

TEST_CASE("a farewell is heard before the first role begins") {
  server_fixture it;
  it.arrive(farewell{member_of(2), term_t{3}});
  CHECK(it.sent<farewell_result>(2)
        == std::vector{farewell_result{member_of(1), term_t{}}});
}

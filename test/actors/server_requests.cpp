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

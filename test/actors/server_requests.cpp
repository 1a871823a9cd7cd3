// What becomes of requests that a server passes on, or is asked by others.

#include "server_fixture.hpp"

using namespace net;

namespace {

propose proposal_of(uint64_t term, uint64_t id) {
  return {member_of(2), term_t{term}, {{request_id{id}, 1s, to_bytes("x")}}};
}

} // namespace

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

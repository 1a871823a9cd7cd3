#include "core/death.hpp"
#include "core/leader_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr auto replicate = progress::state_t::replicate;
constexpr auto probe = progress::state_t::probe;
constexpr auto snapshot = progress::state_t::snapshot;

/// A log whose entries are on disk only, but for the newest ones.
log_tail mostly_on_disk(uint64_t last, uint64_t in_memory, uint64_t base = 0) {
  log_tail::contents xs;
  xs.base = at(base, base > 0 ? 1 : 0);
  xs.base_configuration = conf_ptr(conf({1, 2, 3}));
  xs.term_starts = {at(base + 1, 1)};
  xs.last_index = index_t{last};
  for (auto i = last - in_memory + 1; i <= last; ++i)
    xs.recent.push_back(entries_from(i, {1}).front());
  return log_tail{std::move(xs)};
}

} // namespace

// -- the beginning, proposals -------------------------------------------------

TEST_CASE("a leadership begins with a no-op of its term behind the log") {
  auto x = lead(3, log_of({1, 1, 2}));
  CHECK(x.first_own == index_t{4});
  CHECK(x.self.log.last() == at(4, 3));
  CHECK(x.self.leader == server_id{1});
  auto what = take_write(x);
  REQUIRE(what.has_value());
  CHECK(what->group == group_id{1});
  CHECK(what->number == x.self.log.newest_write());
  CHECK(!what->state);
  CHECK(!what->truncate_from);
  REQUIRE(what->append.size() == 1);
  CHECK(what->append[0].kind() == entry_kind::noop);
  CHECK(what->append[0].id() == at(4, 3));
}

TEST_CASE("what is proposed in one turn is one write") {
  auto x = lead(3, log_of({1}));
  CHECK(core::propose(x, as_bytes("a")) == at(3, 3));
  CHECK(core::propose(x, as_bytes("b")) == at(4, 3));
  auto first = take_write(x);
  REQUIRE(first.has_value());
  CHECK(first->append.size() == 3);
  CHECK(as_text(first->append[2].payload()) == "b");
  CHECK(!take_write(x));
  CHECK(core::propose(x, as_bytes("c")) == at(5, 3));
  auto second = take_write(x);
  REQUIRE(second.has_value());
  CHECK(second->group == group_id{1});
  CHECK(second->number == first->number + 1);
  REQUIRE(second->append.size() == 1);
  CHECK(second->append[0].kind() == entry_kind::command);
  CHECK(x.self.log.durable_index() == index_t{1});
  on_stored(x, stored(first->number));
  CHECK(x.self.log.durable_index() == index_t{4});
}

TEST_CASE("all other members are followed, learners too") {
  auto x = lead(2, log_of({1}, conf({1, 2}, {2, 3}, {4})));
  CHECK(x.peers.size() == 3);
  for (uint64_t id : {2, 3, 4}) {
    CHECK(peer(x, id).state() == probe);
    CHECK(text_of(next_for(x, id)) == "1@1 [2,3)");
  }
  CHECK(text_of(next_for(x, 1)) == "nothing");
  CHECK(text_of(next_for(x, 9)) == "nothing");
}

// -- what to send next --------------------------------------------------------

TEST_CASE("a probe carries what waits, the next one waits for its answer") {
  auto x = lead(2, log_of({1}));
  propose_many(x, 3);
  CHECK(text_of(next_for(x, 2)) == "1@1 [2,6)");
  propose_many(x, 100);
  CHECK(text_of(next_for(x, 2)) == "nothing");
  acknowledge_at(x, 2, 5);
  CHECK(text_of(next_for(x, 2)) == "5@2 [6,106)");
  CHECK(text_of(next_for(x, 2)) == "nothing");
}

TEST_CASE("with nothing in flight the smallest batch leaves, else it waits") {
  auto x = lead(2, log_of({1}));
  next_for(x, 2);
  acknowledge_at(x, 2, 2);
  propose_many(x, 1);
  CHECK(text_of(next_for(x, 2)) == "2@2 [3,4)");
  propose_many(x, 31);
  CHECK(text_of(next_for(x, 2)) == "nothing");
  propose_many(x, 1);
  CHECK(text_of(next_for(x, 2)) == "3@2 [4,36)");
  propose_many(x, 1, 16 << 10);
  CHECK(text_of(next_for(x, 2)) == "35@2 [36,37)");
  propose_many(x, 1);
  CHECK(text_of(next_for(x, 2)) == "nothing");
  acknowledge_at(x, 2, 35);
  CHECK(text_of(next_for(x, 2)) == "nothing");
  acknowledge_at(x, 2, 36);
  CHECK(text_of(next_for(x, 2)) == "36@2 [37,38)");
}

TEST_CASE("a message holds no more entries and bytes than the settings say") {
  struct row {
    size_t max_entries;
    size_t max_bytes;
    const char* expected;
  };
  // Records of 32 bytes, one of 1024 at index four, and a no-op of 24.
  for (auto& x :
       {row{4096, 1 << 20, "1@1 [2,7)"}, row{2, 1 << 20, "1@1 [2,4)"},
        row{4096, 24 + 32, "1@1 [2,4)"}, row{4096, 24 + 31, "1@1 [2,3)"},
        row{4096, 1, "1@1 [2,3)"}, row{4096, 24 + 32 + 1024, "1@1 [2,5)"},
        row{4096, 24 + 32 + 1023, "1@1 [2,4)"}}) {
    CAPTURE(x.max_entries);
    CAPTURE(x.max_bytes);
    settings cfg;
    cfg.max_append_entries = x.max_entries;
    cfg.max_append_bytes = x.max_bytes;
    auto y = lead(2, log_of({1}));
    propose_many(y, 1);
    propose_many(y, 1, 1000);
    propose_many(y, 2);
    auto order = next_for(y, 2, t0, cfg);
    CHECK(text_of(order) == x.expected);
    auto content = y.self.log.recent(order->first, order->last, x.max_bytes,
                                     x.max_entries);
    CHECK(content->size() == order->last - order->first);
  }
}

TEST_CASE("an entry that is larger than a message travels alone") {
  settings cfg;
  cfg.max_append_bytes = 500;
  auto x = lead(2, log_of({1}));
  propose_many(x, 2, 1000);
  propose_many(x, 1);
  CHECK(text_of(next_for(x, 2, t0, cfg)) == "1@1 [2,3)");
  acknowledge_at(x, 2, 2);
  CHECK(text_of(next_for(x, 2, t0, cfg)) == "2@2 [3,4)");
  acknowledge_at(x, 2, 3);
  CHECK(text_of(next_for(x, 2, t0, cfg)) == "3@2 [4,5)");
}

TEST_CASE("an idle leader sends no entries") {
  auto x = lead(2, log_of({1}));
  next_for(x, 2);
  acknowledge_at(x, 2, 2);
  CHECK(text_of(next_for(x, 2, t0 + 1h)) == "nothing");
  on_peer_reset(x, server_id{2});
  // It has everything, and what matched once matches for ever.
  CHECK(text_of(next_for(x, 2, t0 + 1h)) == "nothing");
}

TEST_CASE("where nothing waits it may still be unknown whether the logs meet") {
  auto x = lead(2, log_of({1}));
  x.peers.emplace(server_id{7}, progress{index_t{3}, t0});
  auto order = next_for(x, 7);
  CHECK(text_of(order) == "2@2 [3,3)");
  CHECK(message_of(x, *order).entries.empty());
  CHECK(text_of(next_for(x, 7)) == "nothing");
  peer(x, 7).acknowledged(index_t{2}, t0);
  CHECK(peer(x, 7).state() == replicate);
  CHECK(text_of(next_for(x, 7)) == "nothing");
}

TEST_CASE("entries that are only on disk are ordered and cut by the reader") {
  settings cfg;
  cfg.max_append_entries = 50;
  auto x = lead(2, mostly_on_disk(100, 10));
  auto first = next_for(x, 2, t0, cfg);
  CHECK(text_of(first) == "100@1 [101,102)");
  on_append_result(x, refusal_of(x, member_sender(2), 100, at(9, 1)), t0);
  auto order = next_for(x, 2, t0, cfg);
  CHECK(text_of(order) == "9@1 [10,60)");
  sent_less(x, server_id{2}, *order, index_t{30});
  acknowledge_at(x, 2, 29);
  CHECK(text_of(next_for(x, 2, t0, cfg)) == "29@1 [30,80)");
}

TEST_CASE("a failed read becomes neither an empty append nor a gap") {
  auto x = lead(2, mostly_on_disk(100, 10));
  next_for(x, 2);
  on_append_result(x, refusal_of(x, member_sender(2), 100, at(9, 1)), t0);
  auto order = next_for(x, 2);
  CHECK(text_of(order) == "9@1 [10,102)");
  SUBCASE("while probing") {
    sent_less(x, server_id{2}, *order, order->first);
    CHECK(text_of(next_for(x, 2)) == "9@1 [10,102)");
  }
  SUBCASE("while streaming") {
    sent_less(x, server_id{2}, *order, index_t{40});
    acknowledge_at(x, 2, 9);
    order = next_for(x, 2);
    CHECK(text_of(order) == "39@1 [40,102)");
    sent_less(x, server_id{2}, *order, order->first);
    CHECK(text_of(next_for(x, 2)) == "39@1 [40,102)");
  }
}

TEST_CASE("a follower behind the log's base needs a snapshot") {
  auto x = lead(2, mostly_on_disk(100, 100 - 50, 50));
  next_for(x, 2);
  SUBCASE("but not one right at it") {
    on_append_result(x, refusal_of(x, member_sender(2), 100, at(50, 1)), t0);
    CHECK(text_of(next_for(x, 2)) == "50@1 [51,102)");
  }
  SUBCASE("as soon as the probing shows it") {
    on_append_result(x, refusal_of(x, member_sender(2), 100, at(20, 1)), t0);
    // What is below the base may match only there.
    auto order = next_for(x, 2);
    CHECK(text_of(order) == "50@1 [51,102)");
    on_append_result(x, refusal_of(x, member_sender(2), 50, at(20, 1)), t0);
    CHECK(text_of(next_for(x, 2)) == "nothing");
    CHECK(peer(x, 2).state() == snapshot);
    // It has one now.
    acknowledge_at(x, 2, 60);
    CHECK(text_of(next_for(x, 2)) == "60@1 [61,102)");
  }
}

// -- trouble ------------------------------------------------------------------

TEST_CASE("when a connection was lost the stream begins behind what matches") {
  auto x = lead(2, log_of({1}));
  next_for(x, 2);
  acknowledge_at(x, 2, 2);
  propose_many(x, 40);
  next_for(x, 2);
  propose_many(x, 40);
  CHECK(text_of(next_for(x, 2)) == "42@2 [43,83)");
  on_peer_reset(x, server_id{2});
  on_peer_reset(x, server_id{9});
  CHECK(text_of(next_for(x, 2)) == "2@2 [3,83)");
  CHECK(text_of(next_for(x, 2)) == "nothing");
}

TEST_CASE("what was not answered for an election timeout is sent again") {
  settings cfg;
  auto x = lead(2, log_of({1}));
  next_for(x, 2);
  next_for(x, 3);
  acknowledge_at(x, 3, 2);
  reset_stalled(x, t0 + cfg.election_timeout, cfg);
  CHECK(text_of(next_for(x, 2, t0 + 1s)) == "nothing");
  reset_stalled(x, t0 + cfg.election_timeout + 1ns, cfg);
  CHECK(text_of(next_for(x, 2, t0 + 1s)) == "1@1 [2,3)");
  CHECK(peer(x, 3).state() == replicate);
}

TEST_CASE("answers of another life of a directory do not count") {
  auto x = lead(2, log_of({1}));
  next_for(x, 2);
  sender lost{server_id{2}, incarnation_t{999}};
  CHECK(!on_append_result(x, success_of(x, lost, 2), t0 + 1s));
  CHECK(!on_append_result(x, refusal_of(x, lost, 1, at(0, 0)), t0 + 1s));
  CHECK(!on_append_result(x, success_of(x, member_sender(9), 2), t0 + 1s));
  CHECK(peer(x, 2).match_index() == index_t{0});
  CHECK(peer(x, 2).inflight_messages() == 1);
  CHECK(peer(x, 2).last_heard() == t0);
  start_round(x);
  on_heartbeat_result(x, beat_of(x, lost, x.round), t0 + 1s);
  CHECK(peer(x, 2).last_heard() == t0);
  CHECK(x.answered.empty());
}

TEST_CASE("an answer to what was never sent stops the process") {
  auto x = lead(2, log_of({1}));
  CHECK(dies([&] { acknowledge_at(x, 2, 3); }));
  start_round(x);
  CHECK(dies([&] {
    on_heartbeat_result(x, beat_of(x, member_sender(2), x.round + 1), t0);
  }));
}

TEST_CASE("the fence lets no answer of another tenure through") {
  auto x = lead(2, log_of({1}));
  auto other = success_of(x, member_sender(2), 2);
  other.tenure = tenure_id{7};
  CHECK(fence(x.self.term, x.self.number, other, true) == passage::drop);
  CHECK(dies([&] { on_append_result(x, other, t0); }));
  auto older = success_of(x, member_sender(2), 2);
  older.term = term_t{1};
  CHECK(fence(x.self.term, x.self.number, older, true) == passage::drop);
  CHECK(dies([&] { on_append_result(x, older, t0); }));
}

TEST_CASE("the term of a leader never changes under it") {
  auto x = lead(2, log_of({1}));
  heartbeat newer{member_sender(2), term_t{3}, tenure_id{1}, round_t{1}, {}};
  CHECK(fence(x.self.term, x.self.number, newer, true) == passage::newer_term);
  // Until it is gone all it says is of its own term.
  start_round(x);
  CHECK(heartbeat_for(x, server_id{2}).term == term_t{2});
  CHECK(core::propose(x, as_bytes("x")).term == term_t{2});
  CHECK(message_of(x, *next_for(x, 2)).term == term_t{2});
}

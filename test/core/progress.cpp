#include "caf/raft/core/progress.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

using state_t = progress::state_t;

constexpr auto probe = state_t::probe;
constexpr auto replicate = state_t::replicate;
constexpr auto snapshot = state_t::snapshot;

index_t i(uint64_t x) {
  return index_t{x};
}

/// A follower that has everything before `next`, and nothing is in flight.
progress caught_up(uint64_t next) {
  progress x{i(next), t0};
  x.sent(i(next), 0, t0);
  x.acknowledged(i(next - 1), t0);
  REQUIRE(x.state() == replicate);
  REQUIRE(x.inflight_messages() == 0);
  return x;
}

/// As above, and each message took 10 ms so far.
progress caught_up_slowly(uint64_t next) {
  progress x{i(next), t0 - 10ms};
  x.sent(i(next), 0, t0 - 10ms);
  x.acknowledged(i(next - 1), t0);
  return x;
}

} // namespace

// -- probe --------------------------------------------------------------------

TEST_CASE("a probe waits for its answer, §10.2.1") {
  settings cfg;
  progress x{i(8), t0};
  CHECK(x.state() == probe);
  CHECK(x.match_index() == i(0));
  CHECK(!x.meets());
  CHECK(x.may_send(0, 0, t0, cfg));
  x.sent(i(20), 1000, t0);
  CHECK(x.next_index() == i(8));
  CHECK(x.inflight_messages() == 1);
  CHECK(x.inflight_bytes() == 1000);
  CHECK(!x.may_send(1000, 1 << 20, t0 + 1h, cfg));
}

TEST_CASE("a probe that is taken begins the stream behind what it carried") {
  progress x{i(8), t0};
  x.sent(i(20), 1000, t0);
  CHECK(x.acknowledged(i(19), t0));
  CHECK(x.state() == replicate);
  CHECK(x.match_index() == i(19));
  CHECK(x.next_index() == i(20));
  CHECK(x.inflight_bytes() == 0);
}

TEST_CASE("a probe of which a part is durable is taken as a whole") {
  progress x{i(8), t0};
  x.sent(i(20), 1000, t0);
  CHECK(x.acknowledged(i(7), t0));
  CHECK(x.state() == replicate);
  CHECK(x.match_index() == i(7));
  // The rest of it is on its way to the disk there, not to be sent again.
  CHECK(x.next_index() == i(20));
  CHECK(x.inflight_messages() == 1);
  CHECK(x.acknowledged(i(12), t0));
  CHECK(x.inflight_messages() == 1);
  CHECK(x.acknowledged(i(19), t0));
  CHECK(x.inflight_messages() == 0);
}

TEST_CASE("a success before the probed place says nothing about it") {
  progress x{i(8), t0};
  x.sent(i(20), 1000, t0);
  CHECK(x.acknowledged(i(5), t0));
  CHECK(x.match_index() == i(5));
  CHECK(x.state() == probe);
  CHECK(x.next_index() == i(8));
  CHECK(x.inflight_messages() == 1);
}

TEST_CASE("a refused probe goes back as far as the hint allows") {
  struct row {
    uint64_t match;
    uint64_t next;
    uint64_t rejected;
    uint64_t wanted;
    uint64_t expected;
  };
  for (auto& x : {row{0, 10, 9, 4, 4}, row{0, 10, 9, 1, 1},
                  // Each refusal goes back by one entry at least.
                  row{0, 10, 9, 10, 9}, row{0, 10, 9, 99, 9},
                  // What matches is never in question.
                  row{5, 10, 9, 2, 6}, row{5, 10, 9, 6, 6},
                  // Not the answer to what is in flight.
                  row{0, 10, 8, 4, 10}, row{0, 10, 10, 4, 10},
                  row{5, 10, 5, 4, 10}, row{5, 10, 0, 1, 10}}) {
    CAPTURE(x.rejected);
    CAPTURE(x.wanted);
    progress p{i(x.next), t0};
    p.sent(i(x.next), 0, t0);
    if (x.match > 0)
      p.acknowledged(i(x.match), t0);
    p.refused(i(x.rejected), i(x.wanted));
    CHECK(p.state() == probe);
    CHECK(p.next_index() == i(x.expected));
    CHECK(p.inflight_messages() == (x.expected == x.next ? 1 : 0));
  }
}

TEST_CASE("a repeated refusal changes nothing") {
  progress x{i(10), t0};
  x.sent(i(11), 100, t0);
  x.refused(i(9), i(4));
  CHECK(x.next_index() == i(4));
  x.refused(i(9), i(2));
  CHECK(x.next_index() == i(4));
  x.sent(i(11), 100, t0);
  x.refused(i(9), i(2));
  CHECK(x.next_index() == i(4));
  CHECK(x.inflight_messages() == 1);
}

// -- replicate ----------------------------------------------------------------

TEST_CASE("entries are streamed while earlier ones are in flight, §10.2.1") {
  auto x = caught_up(10);
  x.sent(i(50), 4000, t0);
  CHECK(x.next_index() == i(50));
  x.sent(i(90), 5000, t0);
  CHECK(x.next_index() == i(90));
  CHECK(x.inflight_messages() == 2);
  CHECK(x.inflight_bytes() == 9000);
  CHECK(x.acknowledged(i(49), t0));
  CHECK(x.inflight_messages() == 1);
  CHECK(x.inflight_bytes() == 5000);
  CHECK(x.next_index() == i(90));
  // A success covers all before it.
  x.sent(i(95), 500, t0);
  CHECK(x.acknowledged(i(94), t0));
  CHECK(x.inflight_messages() == 0);
  CHECK(x.inflight_bytes() == 0);
}

TEST_CASE("a further batch leaves only if it is worth it") {
  settings cfg;
  auto x = caught_up_slowly(10);
  CHECK(x.may_send(1, 10, t0, cfg));
  x.sent(i(11), 10, t0);
  CHECK(!x.may_send(1, 10, t0, cfg));
  CHECK(!x.may_send(31, (16 << 10) - 1, t0, cfg));
  CHECK(x.may_send(32, 10, t0, cfg));
  CHECK(x.may_send(1, 16 << 10, t0, cfg));
  // Twice the usual time is 20 ms.
  CHECK(!x.may_send(1, 10, t0 + 20ms, cfg));
  CHECK(x.may_send(1, 10, t0 + 21ms, cfg));
  // It is the newest that counts.
  x.sent(i(12), 10, t0 + 21ms);
  CHECK(!x.may_send(1, 10, t0 + 30ms, cfg));
  CHECK(x.may_send(1, 10, t0 + 42ms, cfg));
}

TEST_CASE("without a usual time nothing is late") {
  progress x{i(8), t0};
  x.sent(i(20), 1000, t0);
  x.acknowledged(i(7), t0);
  REQUIRE(x.state() == replicate);
  CHECK(!x.may_send(1, 10, t0 + 1h, settings{}));
}

TEST_CASE("the usual time follows slowly") {
  auto x = caught_up_slowly(10);
  x.sent(i(11), 10, t0);
  x.acknowledged(i(10), t0 + 90ms);
  // (7 * 10 + 90) / 8 = 20
  x.sent(i(12), 10, t0);
  CHECK(!x.may_send(1, 10, t0 + 40ms, settings{}));
  CHECK(x.may_send(1, 10, t0 + 41ms, settings{}));
}

TEST_CASE("never more is in flight than the window allows") {
  settings cfg;
  cfg.max_inflight_messages = 3;
  cfg.max_inflight_bytes = 1000;
  auto x = caught_up(10);
  // One message that is larger than the window travels alone.
  CHECK(x.may_send(1, 5000, t0, cfg));
  x.sent(i(50), 400, t0);
  CHECK(x.may_send(40, 600, t0, cfg));
  CHECK(!x.may_send(40, 601, t0, cfg));
  x.sent(i(90), 400, t0);
  x.sent(i(130), 100, t0);
  CHECK(!x.has_window(cfg));
  CHECK(!x.may_send(40, 10, t0, cfg));
  x.acknowledged(i(49), t0);
  CHECK(x.may_send(40, 10, t0, cfg));
}

TEST_CASE("a success for what is known changes nothing") {
  auto x = caught_up(10);
  x.sent(i(20), 100, t0);
  CHECK(!x.acknowledged(i(9), t0));
  CHECK(!x.acknowledged(i(3), t0));
  CHECK(x.match_index() == i(9));
  CHECK(x.next_index() == i(20));
  CHECK(x.inflight_messages() == 1);
}

TEST_CASE("a gap in the stream is found by a refusal") {
  auto x = caught_up(10);
  x.sent(i(20), 100, t0);
  x.sent(i(30), 100, t0);
  x.sent(i(40), 100, t0);
  SUBCASE("of a message in flight") {
    // The first one was lost.
    x.refused(i(19), i(10));
    CHECK(x.state() == probe);
    CHECK(x.next_index() == i(10));
    CHECK(x.inflight_messages() == 0);
    // The one behind it is refused as well.
    x.refused(i(29), i(10));
    x.sent(i(40), 300, t0);
    x.refused(i(29), i(10));
    CHECK(x.inflight_messages() == 1);
    x.acknowledged(i(39), t0);
    CHECK(x.state() == replicate);
  }
  SUBCASE("not by one of anything else") {
    x.refused(i(25), i(10));
    x.refused(i(9), i(5));
    x.refused(i(39), i(5));
    CHECK(x.state() == replicate);
    CHECK(x.next_index() == i(40));
    CHECK(x.inflight_messages() == 3);
  }
}

// -- what was not sent --------------------------------------------------------

TEST_CASE("a message that carried less is corrected") {
  auto x = caught_up(10);
  x.sent(i(20), 100, t0);
  x.sent(i(60), 900, t0);
  SUBCASE("in part") {
    x.sent_less(i(20), i(60), i(31));
    CHECK(x.next_index() == i(31));
    CHECK(x.inflight_messages() == 2);
    x.acknowledged(i(30), t0);
    CHECK(x.inflight_messages() == 0);
    CHECK(x.inflight_bytes() == 0);
  }
  SUBCASE("not sent at all") {
    x.sent_less(i(20), i(60), i(20));
    CHECK(x.next_index() == i(20));
    CHECK(x.inflight_messages() == 1);
    CHECK(x.inflight_bytes() == 100);
  }
  SUBCASE("acknowledged meanwhile by an older copy") {
    x.acknowledged(i(40), t0);
    x.sent_less(i(20), i(60), i(31));
    CHECK(x.next_index() == i(41));
    CHECK(x.inflight_messages() == 0);
  }
  SUBCASE("but not another one") {
    x.sent_less(i(10), i(20), i(15));
    x.sent_less(i(20), i(50), i(31));
    x.sent_less(i(20), i(60), i(60));
    CHECK(x.next_index() == i(60));
    x.reset();
    x.sent_less(i(20), i(60), i(31));
    CHECK(x.next_index() == i(10));
  }
}

TEST_CASE("a probe that carried less stays where it is") {
  progress x{i(8), t0};
  x.sent(i(20), 1000, t0);
  SUBCASE("in part") {
    x.sent_less(i(8), i(20), i(12));
    CHECK(x.inflight_messages() == 1);
    x.acknowledged(i(7), t0);
    CHECK(x.next_index() == i(12));
  }
  SUBCASE("not sent at all") {
    x.sent_less(i(8), i(20), i(8));
    CHECK(x.inflight_messages() == 0);
    CHECK(x.next_index() == i(8));
    CHECK(x.may_send(1, 1, t0, settings{}));
  }
}

// -- reset, silence, snapshot -------------------------------------------------

TEST_CASE("after a reset the stream begins behind what matches") {
  auto x = caught_up(10);
  x.sent(i(50), 4000, t0);
  x.sent(i(90), 5000, t0);
  x.acknowledged(i(49), t0);
  x.reset();
  CHECK(x.state() == probe);
  CHECK(x.match_index() == i(49));
  CHECK(x.next_index() == i(50));
  CHECK(x.meets());
  CHECK(x.inflight_messages() == 0);
  CHECK(x.inflight_bytes() == 0);
  // The old messages had arrived after all.
  x.sent(i(60), 100, t0);
  CHECK(x.acknowledged(i(89), t0));
  CHECK(x.next_index() == i(90));
  CHECK(x.inflight_messages() == 0);
}

TEST_CASE("a reset does not forget how far back the probing is") {
  progress x{i(10), t0};
  x.sent(i(11), 100, t0);
  x.refused(i(9), i(4));
  x.sent(i(11), 100, t0);
  x.reset();
  CHECK(x.next_index() == i(4));
  CHECK(x.inflight_messages() == 0);
}

TEST_CASE("a reset goes back to what matches, be it nothing") {
  progress x{i(1), t0};
  x.sent(i(5), 100, t0);
  x.acknowledged(i(0), t0);
  REQUIRE(x.state() == replicate);
  REQUIRE(x.next_index() == i(5));
  x.reset();
  CHECK(x.next_index() == i(1));
}

TEST_CASE("a reset keeps a place that is higher than what matches") {
  auto x = caught_up(10);
  x.sent(i(20), 100, t0);
  x.sent(i(30), 100, t0);
  x.refused(i(19), i(15));
  x.sent(i(30), 100, t0);
  x.reset();
  CHECK(x.match_index() == i(9));
  CHECK(x.next_index() == i(15));
}

TEST_CASE("a message is stalled when its answer takes too long") {
  auto x = caught_up(10);
  CHECK(!x.stalled(t0 + 1h, 1s));
  x.sent(i(20), 100, t0);
  x.sent(i(30), 100, t0 + 500ms);
  CHECK(!x.stalled(t0 + 1s, 1s));
  CHECK(x.stalled(t0 + 1001ms, 1s));
  x.acknowledged(i(19), t0 + 1s);
  CHECK(!x.stalled(t0 + 1001ms, 1s));
}

TEST_CASE("a follower that needs a snapshot is sent no entries") {
  auto x = caught_up(10);
  x.sent(i(20), 100, t0);
  x.needs_snapshot();
  CHECK(x.state() == snapshot);
  CHECK(!x.may_send(100, 1 << 20, t0, settings{}));
  CHECK(x.inflight_messages() == 0);
  x.reset();
  x.refused(i(19), i(3));
  CHECK(x.state() == snapshot);
  // It has installed one, and says so.
  CHECK(x.acknowledged(i(500), t0));
  CHECK(x.state() == replicate);
  CHECK(x.next_index() == i(501));
}

TEST_CASE("a member is heard by whatever it answers, and never earlier") {
  auto x = caught_up(10);
  x.heard(t0 + 5s);
  CHECK(x.last_heard() == t0 + 5s);
  x.acknowledged(i(3), t0 + 6s);
  CHECK(x.last_heard() == t0 + 6s);
  x.heard(t0 + 4s);
  CHECK(x.last_heard() == t0 + 6s);
}

TEST_CASE("a broken order of sending stops the process") {
  CHECK(dies([] { progress x{i(0), t0}; }));
  progress x{i(8), t0};
  CHECK(dies([&] { x.sent(i(7), 0, t0); }));
  x.sent(i(9), 10, t0);
  CHECK(dies([&] { x.sent(i(9), 10, t0); }));
}

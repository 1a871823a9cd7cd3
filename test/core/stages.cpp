#include "caf/raft/core/stages.hpp"
#include "caf/raft/core/stage_account.hpp"

#include "core/open_requests_desk.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// Where the only request that ended spent its time, in milliseconds: queue,
/// forward, append, quorum, apply.
std::vector<int64_t> ms_of(const stage_times& x) {
  std::vector<int64_t> result;
  for (auto span : {x.queue, x.forward, x.append, x.quorum, x.apply})
    result.push_back(span / 1ms);
  return result;
}

using spans = std::vector<int64_t>;

} // namespace

// -- releases -----------------------------------------------------------------

TEST_CASE("an entry was released with the first release that covers it") {
  releases x;
  CHECK(!x.find(index_t{1}));
  x.add({index_t{4}, t0, t0 + 1ms});
  x.add({index_t{9}, t0 + 2ms, t0 + 3ms});
  CHECK(x.find(index_t{1})->committed == t0 + 1ms);
  CHECK(x.find(index_t{4})->committed == t0 + 1ms);
  CHECK(x.find(index_t{5})->stored == t0 + 2ms);
  CHECK(x.find(index_t{9})->committed == t0 + 3ms);
  CHECK(!x.find(index_t{10}));
}

TEST_CASE("what is said of an entry again does not count") {
  releases x;
  x.add({index_t{4}, t0, t0 + 1ms});
  x.add({index_t{4}, t0, t0 + 7ms});
  x.add({index_t{3}, t0, t0 + 8ms});
  CHECK(x.find(index_t{4})->committed == t0 + 1ms);
  CHECK(x.find(index_t{3})->committed == t0 + 1ms);
}

TEST_CASE("a release is kept while something of it is not applied") {
  releases x;
  x.add({index_t{4}, t0, t0});
  x.add({index_t{9}, t0, t0 + 1ms});
  x.forget_up_to(index_t{7});
  // Nobody asks for 4 any more.
  CHECK(x.find(index_t{8})->committed == t0 + 1ms);
  x.forget_up_to(index_t{9});
  CHECK(!x.find(index_t{9}));
}

TEST_CASE("entries that were cut off are there anew, later") {
  releases x;
  x.add({index_t{4}, t0, t0});
  x.add({index_t{9}, t0 + 1ms, t0});
  x.forget_behind(index_t{6});
  x.add({index_t{6}, t0 + 2ms, t0});
  x.add({index_t{9}, t0 + 3ms, t0});
  CHECK(x.find(index_t{4})->stored == t0);
  CHECK(x.find(index_t{6})->stored == t0 + 2ms);
  CHECK(x.find(index_t{8})->stored == t0 + 3ms);
}

TEST_CASE("a release that comes before it is known whose entry it is") {
  desk x;
  x.open.time_is(t0);
  x.command(1);
  auto taken = x.to_other();
  x.open.time_is(t0 + 2ms);
  x.open.released(index_t{4}, t0 + 1ms);
  x.open.time_is(t0 + 3ms);
  REQUIRE(!x.open.appended(taken[0].id, errc::none, at(4, 2)));
  x.open.time_is(t0 + 5ms);
  bytes answer;
  std::vector<requests::ready_query> ready;
  auto ended = x.open.applied_up_to(index_t{4}, {{at(4, 2), &answer}}, ready);
  REQUIRE(ended.size() == 1);
  CHECK(ms_of(ended[0].times) == spans{0, 3, 0, 0, 2});
  CHECK(ended[0].times.total() == 5ms);
}

// -- stages of a request ------------------------------------------------------

TEST_CASE("the stages of a command, from its arrival to its answer") {
  desk x;
  auto at_ms = [&](int64_t ms) { x.open.time_is(t0 + ms * 1ms); };
  at_ms(0);
  x.command(1);
  at_ms(2);
  auto taken = x.to_role();
  at_ms(5);
  REQUIRE(!x.open.appended(taken[0].id, errc::none, at(4, 2)));
  at_ms(15);
  x.open.released(index_t{4}, t0 + 12ms);
  at_ms(16);
  bytes answer;
  std::vector<requests::ready_query> ready;
  auto ended = x.open.applied_up_to(index_t{4}, {{at(4, 2), &answer}}, ready);
  REQUIRE(ended.size() == 1);
  CHECK(ms_of(ended[0].times) == spans{2, 3, 7, 10, 1});
  CHECK(ended[0].times.total() == 16ms);
}

TEST_CASE("entries of one release, applied in two parts") {
  desk x;
  x.open.time_is(t0);
  x.appended_command(1, at(4, 2));
  x.appended_command(2, at(5, 2));
  x.open.time_is(t0 + 10ms);
  x.open.released(index_t{5}, t0 + 10ms);
  bytes answer;
  std::vector<requests::ready_query> ready;
  for (uint64_t i = 4; i <= 5; ++i) {
    x.open.time_is(t0 + 10ms + i * 1ms);
    auto ended = x.open.applied_up_to(index_t{i}, {{at(i, 2), &answer}}, ready);
    REQUIRE(ended.size() == 1);
    CHECK(ms_of(ended[0].times)
          == spans{0, 0, 10, 10, static_cast<int64_t>(i)});
  }
}

TEST_CASE("a command that waits again is in the queue all the while") {
  desk x;
  x.open.time_is(t0);
  x.command(1);
  x.open.time_is(t0 + 1ms);
  auto taken = x.to_other();
  x.open.time_is(t0 + 3ms);
  x.open.appended(taken[0].id, errc::no_leader, {});
  x.open.time_is(t0 + 7ms);
  taken = x.to_role();
  REQUIRE(!x.open.appended(taken[0].id, errc::none, at(4, 2)));
  x.open.released(index_t{4}, t0 + 7ms);
  bytes answer;
  std::vector<requests::ready_query> ready;
  auto ended = x.open.applied_up_to(index_t{4}, {{at(4, 2), &answer}}, ready);
  CHECK(ms_of(ended[0].times) == spans{7, 0, 0, 0, 0});
}

TEST_CASE("the stages of a query") {
  desk x;
  x.open.time_is(t0);
  x.query(1);
  x.open.time_is(t0 + 1ms);
  auto batch = x.open.take_queries();
  x.open.time_is(t0 + 4ms);
  auto ready = x.open.read_confirmed(batch, errc::none, index_t{});
  REQUIRE(ready.size() == 1);
  x.open.time_is(t0 + 9ms);
  auto end = x.open.answered(ready[0].id);
  CHECK(ms_of(end->times) == spans{1, 0, 0, 3, 5});
  auto local = x.open.add_local_query(2, x.deadline, x.cfg);
  x.open.time_is(t0 + 11ms);
  CHECK(ms_of(x.open.answered(local)->times) == spans{0, 0, 0, 0, 2});
}

TEST_CASE("what a request did not come to takes no time") {
  CHECK(command_stages({}, std::nullopt, t0 + 1ms).total() == 0ms);
  // A clock that stands still, as one of the simulation does.
  auto x = command_stages({t0, t0, t0}, release{index_t{1}, t0, t0}, t0);
  CHECK(x.total() == 0ms);
}

// -- histograms ---------------------------------------------------------------

TEST_CASE("a percentile is at most an eighth above the true one") {
  for (uint64_t scale : {1u, 7u, 100u, 12345u, 1000000u}) {
    CAPTURE(scale);
    latencies x;
    CHECK(x.percentile(0.5) == 0ms);
    for (uint64_t i = 1; i <= 1000; ++i)
      x.add(std::chrono::microseconds(i * scale));
    CHECK(x.count() == 1000);
    CHECK(x.largest() == std::chrono::microseconds(1000 * scale));
    for (auto part : {1, 10, 500, 990, 1000}) {
      auto exact = std::chrono::microseconds(part * scale);
      auto found = x.percentile(part / 1000.0);
      CHECK(found >= exact);
      CHECK(found <= exact + exact / 8 + 1us);
    }
  }
}

TEST_CASE("durations of any size have a place") {
  latencies x;
  x.add(timespan{-5});
  x.add(timespan{0});
  x.add(std::chrono::hours(10'000));
  CHECK(x.count() == 3);
  CHECK(x.percentile(0.1) <= 1us);
  CHECK(x.percentile(1) > std::chrono::hours(24));
}

TEST_CASE("only stages that there were are counted") {
  stage_account x;
  std::vector<stage_status> all;
  x.describe("write", all);
  CHECK(all.empty());
  stage_times times;
  times.queue = 1ms;
  times.quorum = 2ms;
  x.add(times);
  times.queue = {};
  x.add(times);
  x.describe("write", all);
  REQUIRE(all.size() == 3);
  CHECK(all[0].stage == "queue");
  CHECK(all[0].count == 1);
  CHECK(all[1].stage == "quorum");
  CHECK(all[1].count == 2);
  CHECK(all[2].stage == "total");
  CHECK(all[2].largest == 3ms);
  CHECK(all[2].request == "write");
}

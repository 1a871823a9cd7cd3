#include "caf/raft/core/deadlines.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

#include <map>
#include <random>
#include <utility>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

std::vector<uint64_t>
take_all_due(deadlines& xs, std::map<uint64_t, deadlines::place_t>& places,
             time_point now) {
  std::vector<uint64_t> result;
  while (auto id = xs.due(now)) {
    result.push_back(id->value);
    xs.cancel(places.at(id->value));
    places.erase(id->value);
  }
  return result;
}

} // namespace

TEST_CASE("deadlines are due in order of time, then of number") {
  deadlines xs;
  std::map<uint64_t, deadlines::place_t> places;
  CHECK(!xs.nearest());
  CHECK(!xs.due(t0));
  for (auto [id, after] :
       {std::pair{1u, 30}, {2u, 10}, {3u, 20}, {5u, 10}, {4u, 10}})
    places[id] = xs.add(t0 + timespan{after}, request_id{id});
  CHECK(xs.nearest() == t0 + timespan{10});
  CHECK(take_all_due(xs, places, t0 + timespan{9}).empty());
  CHECK(take_all_due(xs, places, t0 + timespan{20})
        == std::vector<uint64_t>{2, 4, 5, 3});
  CHECK(xs.nearest() == t0 + timespan{30});
  CHECK(xs.size() == 1);
}

TEST_CASE("a deadline that was cancelled is never due") {
  deadlines xs;
  auto first = xs.add(t0 + 1s, request_id{1});
  auto second = xs.add(t0 + 2s, request_id{2});
  xs.cancel(first);
  CHECK(xs.nearest() == t0 + 2s);
  xs.cancel(second);
  CHECK(!xs.nearest());
  CHECK(!xs.due(t0 + 3s));
}

TEST_CASE("cancelling what is not there stops the process") {
  deadlines xs;
  CHECK(dies([&] { xs.cancel(0); }));
  auto place = xs.add(t0, request_id{1});
  xs.cancel(place);
  CHECK(dies([&] { xs.cancel(place); }));
}

TEST_CASE("deadlines behave like a sorted list, whatever the order") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 rng{seed};
    deadlines xs;
    std::map<std::pair<time_point, uint64_t>, deadlines::place_t> model;
    uint64_t last_id = 0;
    for (int step = 0; step < 2000; ++step) {
      switch (rng() % 5) {
        case 0:
        case 1: {
          auto when = t0 + timespan{rng() % 50};
          auto id = ++last_id;
          model[{when, id}] = xs.add(when, request_id{id});
          break;
        }
        case 2:
          if (!model.empty()) {
            auto i = std::next(model.begin(), rng() % model.size());
            xs.cancel(i->second);
            model.erase(i);
          }
          break;
        default: {
          auto now = t0 + timespan{rng() % 20};
          auto due = xs.due(now);
          REQUIRE(due.has_value()
                  == (!model.empty() && model.begin()->first.first <= now));
          if (due) {
            REQUIRE(due->value == model.begin()->first.second);
            xs.cancel(model.begin()->second);
            model.erase(model.begin());
          }
        }
      }
      REQUIRE(xs.size() == model.size());
      REQUIRE(xs.nearest().has_value() == !model.empty());
      if (!model.empty())
        REQUIRE(*xs.nearest() == model.begin()->first.first);
    }
  }
}

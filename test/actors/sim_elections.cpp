// The order of the curves in Figure 16 of the Raft paper; bench/elections has them
// whole (docs/elections.md).

#include "caf/raft/testing/election_trial.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

std::vector<timespan> downtimes(timespan timeout, timespan jitter,
                                bool pre_vote = false) {
  std::vector<timespan> result;
  for (uint64_t seed = 1; seed <= 100; ++seed)
    result.push_back(downtime({timeout, jitter, pre_vote, seed}));
  std::sort(result.begin(), result.end());
  return result;
}

timespan median(const std::vector<timespan>& xs) {
  return xs[xs.size() / 2];
}

} // namespace

TEST_CASE("more randomness, fewer split votes, §3.4") {
  auto little = downtimes(150ms, 5ms);
  auto more = downtimes(150ms, 25ms);
  auto much = downtimes(150ms, 150ms);
  // Two elections, not one.
  CHECK(median(little) > 230ms);
  CHECK(median(little) < 345ms);
  CHECK(median(more) < 200ms);
  CHECK(more.back() < little.back());
  CHECK(much.back() < 1s);
  // The leader died after its last heartbeat, by half a timeout at most.
  CHECK(much.front() > 75ms);
}

// As long as all begin to wait at the same moment and nothing else tells them apart.
TEST_CASE("without randomness nobody is elected for long, §9.3") {
  for (uint64_t seed = 1; seed <= 10; ++seed)
    CHECK(downtime({150ms, 0ms, false, seed, 3s}) >= 3s);
}

TEST_CASE("shorter timeouts, shorter downtimes, as long as a broadcast is "
          "shorter still, §3.9") {
  auto last = 0ns;
  for (auto timeout : {12ms, 25ms, 50ms, 100ms, 150ms}) {
    auto found = downtimes(timeout, timeout);
    CHECK(median(found) > last);
    CHECK(found.back() < 1s);
    last = median(found);
  }
}

TEST_CASE("with pre-votes, who cannot win splits no vote, §9.6") {
  CHECK(median(downtimes(150ms, 5ms, true)) < 200ms);
}

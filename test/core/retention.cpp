#include "caf/raft/core/retention.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;

namespace {

settings policy(uint64_t entries, uint64_t bytes, double ratio) {
  settings result;
  result.snapshot_entries = entries;
  result.snapshot_bytes = bytes;
  result.snapshot_ratio = ratio;
  return result;
}

} // namespace

TEST_CASE("a snapshot is due by entries, by bytes, by the ratio to the last") {
  struct row {
    settings cfg;
    uint64_t entries;
    uint64_t bytes;
    uint64_t last_size;
    bool due;
  };
  for (auto& x : {
         row{policy(100, 0, 0), 99, 1 << 20, 0, false},
         row{policy(100, 0, 0), 100, 1, 0, true},
         row{policy(0, 1000, 0), 1'000'000, 999, 0, false},
         row{policy(0, 1000, 0), 1, 1000, 0, true},
         row{policy(100, 1000, 0), 100, 1, 0, true},
         row{policy(100, 1000, 0), 1, 1000, 0, true},
         row{policy(100, 0, 2), 100, 1999, 1000, false},
         row{policy(100, 0, 2), 100, 2000, 1000, true},
         row{policy(100, 0, 2), 100, 1, 0, true},
         row{policy(0, 0, 0), 1'000'000, 1 << 30, 0, false},
       }) {
    CAPTURE(x.entries);
    CAPTURE(x.bytes);
    retention self{0, x.cfg};
    self.taken(x.last_size);
    self.applied(x.entries, x.bytes);
    CHECK(self.is_due(x.cfg) == x.due);
  }
}

TEST_CASE(
  "behind a snapshot that all have, members are due at different places") {
  auto cfg = policy(100, 0, 0);
  for (uint64_t draw : {0, 7, 25}) {
    CAPTURE(draw);
    retention self{draw, cfg};
    auto entries_until_due = [&] {
      uint64_t result = 0;
      for (; !self.is_due(cfg); ++result)
        self.applied(1, 10);
      return result;
    };
    CHECK(entries_until_due() == 100 - draw);
    self.begun();
    CHECK(entries_until_due() == 100);
    self.applied(50, 500);
    self.begun_behind(77);
    CHECK(self.growth().snapshot_bytes == 77);
    CHECK(self.growth().bytes == 0);
    CHECK(entries_until_due() == 100 - draw);
  }
}

TEST_CASE("what was applied while one is taken counts for the next") {
  auto cfg = policy(100, 0, 0);
  retention self{0, cfg};
  self.applied(100, 0);
  self.begun();
  CHECK_FALSE(self.is_due(cfg));
  self.applied(60, 0);
  self.taken(1000);
  CHECK_FALSE(self.is_due(cfg));
  self.applied(40, 0);
  CHECK(self.is_due(cfg));
}

TEST_CASE("members begin at random places, and stay apart by them") {
  auto cfg = policy(100, 0, 0);
  auto first_due = [&](uint64_t draw) {
    retention self{draw, cfg};
    uint64_t result = 0;
    for (; !self.is_due(cfg); ++result)
      self.applied(1, 0);
    self.begun();
    self.applied(99, 0);
    CHECK_FALSE(self.is_due(cfg));
    self.applied(1, 0);
    CHECK(self.is_due(cfg));
    return result;
  };
  CHECK(first_due(0) == 100);
  CHECK(first_due(10) == 90);
  CHECK(first_due(25) == 75);
  CHECK(first_due(26) == 100);
}

TEST_CASE("a policy of one's own decides alone") {
  auto cfg = policy(1, 1, 0);
  cfg.snapshot_policy = [](const log_growth& x) { return x.bytes > 7; };
  retention self{0, cfg};
  self.applied(5, 7);
  CHECK_FALSE(self.is_due(cfg));
  self.applied(1, 1);
  CHECK(self.is_due(cfg));
}

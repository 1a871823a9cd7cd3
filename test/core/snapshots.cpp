#include "caf/raft/core/snapshots.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr tenure_id leading{70};

snapshot_head_ptr snapshot(entry_id last) {
  snapshot_head result;
  result.last = last;
  result.members = conf_ptr(conf({1, 2, 3}));
  result.size = 1000;
  return std::make_shared<const snapshot_head>(result);
}

follower make_follower(std::initializer_list<uint64_t> terms,
                       uint64_t commit = 0) {
  auto tenure = tenure_of(1, 5, log_of(terms));
  tenure.commit_index = index_t{commit};
  return become_follower(std::move(tenure), t0, settings{}, 0);
}

install_snapshot offer(entry_id last) {
  return {member_sender(2), term_t{5}, leading, *snapshot(last), 0, nullptr};
}

append_result success(uint64_t index) {
  return {member_sender(1), term_t{5}, leading, true, index_t{index}, {}};
}

settings keeping(uint64_t entries) {
  settings result;
  result.snapshot_keep_entries = entries;
  return result;
}

tenure long_log(size_t entries) {
  log_tail::contents xs;
  xs.base_configuration = conf_ptr(conf({1, 2, 3}));
  xs.term_starts = {at(1, 1)};
  xs.last_index = index_t{entries};
  auto result = tenure_of(1, 5, log_tail{std::move(xs)});
  result.commit_index = index_t{entries};
  return result;
}

} // namespace

// -- shorter logs -------------------------------------------------------------

TEST_CASE("without a snapshot nothing is compacted") {
  auto self = long_log(100);
  CHECK_FALSE(next_compaction(self, index_t{100}, keeping(0)));
}

TEST_CASE("entries that a snapshot covers go, but for those that are kept") {
  struct row {
    uint64_t covered;
    uint64_t kept;
    uint64_t needed;
    uint64_t base;
  };
  for (auto& x : {row{90, 0, 100, 90}, row{90, 10, 100, 80},
                  row{90, 90, 100, 0}, row{90, 1000, 100, 0},
                  row{90, 0, 50, 50}, row{90, 50, 60, 40}, row{90, 0, 0, 0}}) {
    CAPTURE(x.covered);
    CAPTURE(x.kept);
    CAPTURE(x.needed);
    auto self = long_log(100);
    snapshot_available(self, snapshot(at(x.covered, 1)));
    auto what = next_compaction(self, index_t{x.needed}, keeping(x.kept));
    REQUIRE(what.has_value() == (x.base > 0));
    CHECK(self.log.base().index == index_t{x.base});
    if (what) {
      CHECK(what->base->id == at(x.base, 1));
      CHECK(what->number == write_id{1});
    }
  }
}

TEST_CASE("a slice at a time, and one write at a time") {
  auto self = long_log(10'000);
  snapshot_available(self, snapshot(at(10'000, 1)));
  uint64_t writes = 0;
  while (auto what = next_compaction(self, index_t{10'000}, keeping(0))) {
    CHECK_FALSE(next_compaction(self, index_t{10'000}, keeping(0)));
    CHECK(what->base->id.index
          == index_t{std::min<uint64_t>(++writes * compaction_slice, 10'000)});
    self.log.stored(stored(writes));
  }
  CHECK(writes == 3);
}

TEST_CASE("an older snapshot than the known one changes nothing") {
  auto self = long_log(100);
  snapshot_available(self, snapshot(at(90, 1)));
  snapshot_available(self, snapshot(at(80, 1)));
  CHECK(self.snapshot->last == at(90, 1));
}

TEST_CASE("what is not durable stays") {
  auto self = tenure_of(1, 5, log_of({1, 1}));
  self.log.append(entries_from(3, {5, 5}), self.log.next_write());
  self.commit_index = index_t{4};
  snapshot_available(self, snapshot(at(4, 5)));
  next_compaction(self, index_t{4}, keeping(0));
  CHECK(self.log.base() == at(2, 1));
}

// -- a follower gets one, §5.2 ------------------------------------------------

TEST_CASE("a snapshot is wanted where the log lacks its last entry") {
  struct row {
    entry_id last;
    uint64_t commit;
    bool wanted;
    uint64_t acknowledged;
  };
  // The log: 1 1 3 3.
  for (auto& x : {row{at(9, 4), 0, true, 0}, row{at(4, 4), 0, true, 0},
                  row{at(4, 3), 0, false, 4}, row{at(2, 1), 0, false, 2},
                  row{at(2, 1), 3, false, 2}}) {
    CAPTURE(to_string(x.last));
    auto self = make_follower({1, 1, 3, 3}, x.commit);
    auto outcome = on_snapshot(self, offer(x.last), t0);
    CHECK(outcome.wanted == x.wanted);
    CHECK(outcome.answer.has_value() == !x.wanted);
    if (outcome.answer)
      CHECK(*outcome.answer == success(x.acknowledged));
    CHECK(self.self.leader == server_id{2});
    CHECK(self.self.log.last() == at(4, 3));
    CHECK(self.self.commit_index
          == index_t{std::max(x.commit, x.acknowledged)});
  }
}

TEST_CASE("the leader that sends a snapshot puts an election off") {
  auto self = make_follower({1});
  on_snapshot(self, offer(at(9, 4)), t0 + 900ms);
  CHECK_FALSE(election_due(self, t0 + 1500ms));
}

TEST_CASE("a snapshot replaces a log that conflicts, durably first") {
  auto self = make_follower({1, 1, 3, 3}, 2);
  on_snapshot(self, offer(at(4, 4)), t0);
  auto what = install(self, snapshot(at(4, 4)));
  REQUIRE(what);
  CHECK(what->base->id == at(4, 4));
  CHECK(what->append.empty());
  CHECK(self.self.log.last() == at(4, 4));
  CHECK(self.self.commit_index == index_t{4});
  CHECK_FALSE(installed(self.self));
  CHECK(applicable_index(self.self) < index_t{4});
  CHECK(acknowledge(self, stored(1)) == success(4));
  CHECK(installed(self.self)->last == at(4, 4));
  CHECK_FALSE(installed(self.self));
}

TEST_CASE("a snapshot that is older than what is committed installs nothing") {
  auto self = make_follower({1, 1, 3, 3}, 4);
  CHECK_FALSE(install(self, snapshot(at(3, 2))));
  CHECK(self.self.log.last() == at(4, 3));
}

TEST_CASE("a snapshot is installed once") {
  auto self = make_follower({1});
  CHECK(install(self, snapshot(at(9, 4))));
  CHECK_FALSE(install(self, snapshot(at(9, 4))));
  CHECK_FALSE(install(self, snapshot(at(8, 4))));
  CHECK(install(self, snapshot(at(10, 4))));
}

TEST_CASE("the suffix behind the snapshot's last entry stays, §5.2") {
  auto self = make_follower({1, 1, 3, 3});
  CHECK_FALSE(install(self, snapshot(at(2, 1))));
  CHECK(self.self.log.last() == at(4, 3));
}

TEST_CASE("entries go on behind an installed snapshot") {
  auto self = make_follower({1});
  install(self, snapshot(at(9, 4)));
  append_entries msg{member_sender(2), term_t{5},  leading,
                     at(9, 4),         index_t{9}, entries_from(10, {5})};
  auto outcome = on_append(self, msg, t0, true);
  REQUIRE(outcome.write);
  CHECK(acknowledge(self, stored(2)) == success(10));
}

TEST_CASE("nothing is acknowledged before the term is durable") {
  auto tenure = tenure_of(1, 5, log_of({1, 1}));
  tenure.log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  CHECK_FALSE(on_snapshot(self, offer(at(2, 1)), t0).answer);
  CHECK(acknowledge(self, stored(1)) == success(2));
}

TEST_CASE("a snapshot that is found at the start") {
  auto behind = tenure_of(1, 5, log_of({1, 1}));
  auto what = install_found(behind, snapshot(at(9, 4)));
  REQUIRE(what);
  CHECK(behind.log.base() == at(9, 4));
  CHECK(behind.snapshot->last == at(9, 4));

  auto ahead = tenure_of(1, 5, log_of({1, 1, 3}));
  CHECK_FALSE(install_found(ahead, snapshot(at(2, 1))));
  CHECK(ahead.commit_index == index_t{2});
  CHECK(ahead.log.last() == at(3, 3));
}

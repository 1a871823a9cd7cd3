#include "caf/raft/testing/sim_disk.hpp"

#include <doctest/doctest.h>

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

constexpr group_id one{1};
constexpr group_id two{2};

entry command(uint64_t index, uint64_t term) {
  return entry::make(index_t{index}, term_t{term}, entry_kind::command,
                     as_bytes("x"));
}

log_write append(group_id group, uint64_t index, uint64_t term) {
  log_write result;
  result.group = group;
  result.append = {command(index, term)};
  return result;
}

log_write vote(group_id group, uint64_t term) {
  log_write result;
  result.group = group;
  result.state = hard_state{term_t{term}, server_id{1}};
  return result;
}

log_write begin_behind(group_id group, uint64_t index, uint64_t term) {
  log_write result;
  result.group = group;
  auto members = std::make_shared<configuration>();
  members->removed = {server_id{index}};
  result.base = log_base{{term_t{term}, index_t{index}}, members, index_t{1}};
  return result;
}

void commit(storage::log_store& to, const log_write& what) {
  auto ok = to.commit({&what, 1});
  REQUIRE(ok);
}

} // namespace

TEST_CASE("a commit is durable with the next one, or with a sync") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto store = disk.open();
  commit(*store, append(one, 1, 1));
  CHECK(store->durable_commits() == 0);
  CHECK(disk.durable_index(one) == index_t{0});
  commit(*store, append(one, 2, 1));
  CHECK(store->durable_commits() == 1);
  CHECK(disk.durable_index(one) == index_t{1});
  CHECK(store->sync());
  CHECK(store->durable_commits() == 2);
  CHECK(disk.durable_index(one) == index_t{2});
}

TEST_CASE("a loss of power takes the last commit as a whole, or leaves it") {
  size_t lost = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    sim_disk disk{server_id{1}, incarnation_t{7}};
    auto store = disk.open();
    commit(*store, append(one, 1, 1));
    commit(*store, append(one, 2, 1));
    CHECK(store->sync());
    auto both = append(one, 2, 2);
    both.truncate_from = index_t{2};
    both.state = hard_state{term_t{2}, {}};
    log_write batch[] = {both, vote(two, 5)};
    REQUIRE(store->commit(batch));
    CHECK(disk.durable_index(one) == index_t{1});
    CHECK(disk.durable_state(two) == hard_state{});
    random_source rng{seed};
    disk.lose_power(rng);
    auto found = disk.open()->recover(one, 1000);
    REQUIRE(found);
    CHECK(found->last_index == index_t{2});
    auto was_lost = found->recent.back().term() == term_t{1};
    CHECK(found->state.term == term_t{was_lost ? 0u : 2u});
    CHECK(disk.durable_state(two).term == term_t{was_lost ? 0u : 5u});
    lost += was_lost ? 1 : 0;
  }
  CHECK(lost > 2);
  CHECK(lost < 18);
}

TEST_CASE("the end of the process alone loses nothing") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto store = disk.open();
  commit(*store, append(one, 1, 1));
  disk.kill();
  CHECK(!store->sync());
  auto found = disk.open()->recover(one, 1000);
  REQUIRE(found);
  CHECK(found->last_index == index_t{1});
}

TEST_CASE("what was read at the start is durable") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  commit(*disk.open(), append(one, 1, 1));
  REQUIRE(disk.open()->recover(one, 1000));
  random_source rng{1};
  disk.lose_power(rng);
  CHECK(disk.durable_index(one) == index_t{1});
}

TEST_CASE("a log is recovered with its terms and its newest entries") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  entries xs{command(1, 1), command(2, 1), command(3, 4)};
  disk.put(one, {term_t{5}, server_id{2}}, xs);
  auto store = disk.open();
  auto found = store->recover(one, 2 * xs[0].record().size());
  REQUIRE(found);
  CHECK(found->state == hard_state{term_t{5}, server_id{2}});
  CHECK(found->last_index == index_t{3});
  CHECK(
    found->term_starts
    == std::vector<entry_id>{{term_t{1}, index_t{1}}, {term_t{4}, index_t{3}}});
  REQUIRE(found->recent.size() == 2);
  CHECK(found->recent.front().index() == index_t{2});
  auto read = store->reader()->read(one, index_t{1}, index_t{9}, 1);
  REQUIRE(read);
  CHECK(read->size() == 1);
  CHECK(!store->reader()->read(one, index_t{4}, index_t{9}, 1));
}

TEST_CASE("a full disk takes nothing of a batch, and all of it later") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto store = disk.open();
  disk.fill(0);
  auto batch = append(one, 1, 1);
  auto full = store->commit({&batch, 1});
  REQUIRE(!full);
  CHECK(full.error().code == errc::no_space);
  CHECK(store->make_room());
  CHECK(store->room() == 0);
  commit(*store, vote(one, 1));
  disk.clear_space();
  store->make_room();
  commit(*store, batch);
  CHECK(disk.find(one)->last_index() == index_t{1});
}

TEST_CASE("a log begins behind an entry, which it has or has not") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto store = disk.open();
  disk.put(one, {}, {command(1, 1), command(2, 1), command(3, 2)});
  commit(*store, begin_behind(one, 2, 1));
  CHECK(disk.durable_index(one) == index_t{3});
  auto found = store->recover(one, 1000);
  REQUIRE(found);
  CHECK(found->base == entry_id{term_t{1}, index_t{2}});
  CHECK(found->base_configuration->removed.front() == server_id{2});
  CHECK(found->base_configuration_index == index_t{1});
  CHECK(found->term_starts == std::vector<entry_id>{{term_t{2}, index_t{3}}});
  CHECK(found->recent.size() == 1);
  auto read = store->reader()->read(one, index_t{2}, index_t{4}, 1000);
  REQUIRE(!read);
  CHECK(read.error().code == errc::compacted);
  CHECK(store->reader()->read(one, index_t{3}, index_t{4}, 1000));
  commit(*store, begin_behind(one, 3, 2));
  CHECK(disk.durable_index(one) == index_t{3});
  CHECK(disk.find(one)->log.empty());
  commit(*store, begin_behind(one, 9, 4));
  // Until that is durable the old log may come back, which ends before.
  CHECK(disk.find(one)->last_index() == index_t{9});
  CHECK(disk.durable_index(one) == index_t{3});
  commit(*store, append(one, 10, 4));
  CHECK(disk.durable_index(one) == index_t{9});
}

TEST_CASE("a new base that is lost brings back what it removed") {
  size_t lost = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    sim_disk disk{server_id{1}, incarnation_t{7}};
    auto store = disk.open();
    disk.put(one, {term_t{2}, server_id{1}},
             {command(1, 1), command(2, 1), command(3, 2)});
    auto write = begin_behind(one, seed % 2 == 0 ? 2 : 3, 1);
    auto last = index_t{seed % 2 == 0 ? 4u : 5u};
    write.truncate_from = write.base->id.index + 1;
    write.append = {command(last.value - 1, 3), command(last.value, 3)};
    write.state = hard_state{term_t{3}, server_id{2}};
    commit(*store, write);
    random_source rng{seed};
    disk.lose_power(rng);
    auto found = disk.open()->recover(one, 1000);
    REQUIRE(found);
    if (found->base == entry_id{}) {
      ++lost;
      CHECK(found->base_configuration == nullptr);
      CHECK(found->state == hard_state{term_t{2}, server_id{1}});
      CHECK(found->recent.size() == 3);
    } else {
      CHECK(found->base == write.base->id);
      CHECK(found->state == *write.state);
      CHECK(found->last_index == last);
      CHECK(found->recent.size() == 2);
    }
  }
  CHECK(lost > 2);
  CHECK(lost < 18);
}

TEST_CASE("compaction makes room on a full disk") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto store = disk.open();
  disk.put(one, {}, {command(1, 1), command(2, 1), command(3, 2)});
  disk.fill(0);
  auto next = append(one, 4, 2);
  CHECK(!store->commit({&next, 1}));
  commit(*store, begin_behind(one, 2, 1));
  CHECK(store->room() > 0);
  commit(*store, next);
}

TEST_CASE("after an error of the disk nothing more is known") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto store = disk.open();
  commit(*store, append(one, 1, 1));
  disk.fail_next();
  CHECK(!store->sync());
  auto batch = append(one, 2, 1);
  CHECK(!store->commit({&batch, 1}));
  CHECK(!store->sync());
}

TEST_CASE("damage is found, not returned") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  disk.put(one, {}, {command(1, 1), command(2, 1)});
  auto store = disk.open();
  disk.damage(one, index_t{2});
  CHECK(store->reader()->read(one, index_t{1}, index_t{2}, 1000));
  CHECK(!store->reader()->read(one, index_t{1}, index_t{3}, 1000));
  CHECK(!store->recover(one, 1000));
}

TEST_CASE("a lost directory is an empty one of another life") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  disk.form(cluster_id{3}, std::make_shared<configuration>());
  disk.put(one, {}, {command(1, 1)});
  disk.wipe(incarnation_t{8});
  auto store = disk.open();
  CHECK(store->who().id == server_id{1});
  CHECK(store->who().incarnation == incarnation_t{8});
  CHECK(!store->who().cluster);
  CHECK(store->recover(one, 1000)->last_index == index_t{0});
}

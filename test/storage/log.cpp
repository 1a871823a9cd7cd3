// What a store says of the logs in it.

#include "storage/fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

log_write with_state(uint64_t term, uint64_t vote, group_id to = group) {
  log_write result;
  result.group = to;
  result.state = hard_state{term_t{term}, server_id{vote}};
  return result;
}

log_write replacing(entries xs) {
  auto result = appending(std::move(xs));
  result.truncate_from = result.append.front().index();
  return result;
}

log_write truncating(uint64_t from) {
  log_write result;
  result.group = group;
  result.truncate_from = index_t{from};
  return result;
}

entry_id id_of(uint64_t term, uint64_t index) {
  return {term_t{term}, index_t{index}};
}

entry configuration_entry(uint64_t index, uint64_t term,
                          const configuration_ptr& value) {
  return entry::make(index_t{index}, term_t{term}, value,
                     plain_codec().encode(*value));
}

} // namespace

TEST_CASE("a group that was never written has an empty log") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  auto log = recovered(*store);
  CHECK(log.state == hard_state{});
  CHECK(log.base == entry_id{});
  CHECK(log.base_configuration == nullptr);
  CHECK(log.last_index == index_t{});
  CHECK(log.term_starts.empty());
  CHECK(log.configurations.empty());
  CHECK(log.recent.empty());
}

TEST_CASE("entries, term and vote come back as they were stored") {
  temp_dir dir;
  auto xs = make_entries(1, 3, 5);
  auto ys = make_entries(6, 4, 2, 10'000);
  {
    auto store = open_store(settings_for(dir.path()));
    auto write = appending(xs);
    write.state = hard_state{term_t{3}, server_id{2}};
    put(*store, write);
    put(*store, appending(ys));
    put(*store, with_state(4, 0));
  }
  auto store = open_store(settings_for(dir.path()));
  auto log = recovered(*store);
  CHECK(log.state == hard_state{term_t{4}, server_id{}});
  CHECK(log.last_index == index_t{7});
  CHECK(log.term_starts == std::vector{id_of(3, 1), id_of(4, 6)});
  xs.insert(xs.end(), ys.begin(), ys.end());
  CHECK(same(log.recent, xs));
}

TEST_CASE("a conflict is truncated and replaced in one transaction") {
  temp_dir dir;
  {
    auto store = open_store(settings_for(dir.path()));
    put(*store, appending(make_entries(1, 1, 2)));
    put(*store, appending(make_entries(3, 2, 3)));
    put(*store, replacing(make_entries(4, 5, 1)));
    CHECK(store->durable_commits() >= 2);
  }
  auto log = recovered(*open_store(settings_for(dir.path())));
  CHECK(log.last_index == index_t{4});
  CHECK(log.term_starts == std::vector{id_of(1, 1), id_of(2, 3), id_of(5, 4)});
  CHECK(same(log.recent.back(), make_entries(4, 5, 1).front()));
}

TEST_CASE("a log can be truncated to nothing and begin again") {
  temp_dir dir;
  {
    auto store = open_store(settings_for(dir.path()));
    put(*store, appending(make_entries(1, 1, 300, 1000)));
    put(*store, truncating(1));
    auto log = recovered(*store);
    CHECK(log.last_index == index_t{});
    CHECK(log.term_starts.empty());
    put(*store, truncating(1));
    put(*store, appending(make_entries(1, 2, 3)));
    // Nothing is there to be removed.
    put(*store, truncating(4));
  }
  auto log = recovered(*open_store(settings_for(dir.path())));
  CHECK(same(log.recent, make_entries(1, 2, 3)));
}

TEST_CASE("several writes of a batch act in their order") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  std::vector<log_write> batch{appending(make_entries(1, 1, 5)),
                               with_state(2, 1),
                               replacing(make_entries(3, 2, 1)),
                               appending(make_entries(4, 2, 2)),
                               with_state(3, 3)};
  REQUIRE(store->commit(batch));
  auto log = recovered(*store);
  CHECK(log.state == hard_state{term_t{3}, server_id{3}});
  CHECK(log.term_starts == std::vector{id_of(1, 1), id_of(2, 3)});
  CHECK(log.last_index == index_t{5});
}

TEST_CASE("groups do not see each other") {
  temp_dir dir;
  constexpr uint64_t groups = 50;
  {
    auto store = open_store(settings_for(dir.path()));
    for (uint64_t round = 0; round < 3; ++round) {
      std::vector<log_write> batch;
      for (uint64_t i = 1; i <= groups; ++i) {
        auto write = with_state(round + 1, i, group_id{~i});
        write.append = make_entries(round * i + 1, round + 1, i);
        batch.push_back(std::move(write));
      }
      REQUIRE(store->commit(batch));
    }
  }
  auto store = open_store(settings_for(dir.path()));
  for (uint64_t i = 1; i <= groups; ++i) {
    auto log = recovered(*store, group_id{~i});
    CHECK(log.state == hard_state{term_t{3}, server_id{i}});
    CHECK(log.last_index == index_t{3 * i});
    CHECK(log.term_starts.size() == 3);
  }
  CHECK(recovered(*store, group_id{1}).last_index == index_t{});
}

TEST_CASE("more groups than the settings allow are refused") {
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.max_groups = 1;
  auto store = open_store(settings);
  put(*store, with_state(1, 1));
  auto result = commit(*store, with_state(1, 1, group_id{2}));
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::storage_failed);
}

TEST_CASE("configurations come with their value and their place") {
  temp_dir dir;
  auto xs = make_entries(1, 1, 2);
  xs.push_back(configuration_entry(3, 1, voters({1, 2})));
  xs.push_back(make_entries(4, 1, 1).front());
  xs.push_back(configuration_entry(5, 2, voters({1, 2, 3})));
  auto store = open_store(settings_for(dir.path()));
  put(*store, appending(xs));
  auto log = recovered(*store);
  REQUIRE(log.configurations.size() == 2);
  CHECK(log.configurations[0].index == index_t{3});
  CHECK(*log.configurations[0].value == *voters({1, 2}));
  CHECK(log.configurations[1].index == index_t{5});
  CHECK(*log.configurations[1].value == *voters({1, 2, 3}));
  REQUIRE(log.recent.size() == 5);
  CHECK(*log.recent[2].configuration() == *voters({1, 2}));
  CHECK(log.recent[3].configuration() == nullptr);
  auto read = store->reader()->read(group, index_t{5}, index_t{6}, 1);
  REQUIRE(read);
  CHECK(*read->front().configuration() == *voters({1, 2, 3}));
}

TEST_CASE("the newest entries stay within their limit") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  auto xs = make_entries(1, 1, 1000, 2000);
  put(*store, appending(xs));
  auto size = xs.front().record().size();
  auto log = store->recover(group, 500 * size);
  REQUIRE(log);
  CHECK(same(log->recent, {xs.begin() + 500, xs.end()}));
  CHECK(store->recover(group, 2 * size - 1)->recent.size() == 1);
  CHECK(store->recover(group, size - 1)->recent.empty());
  CHECK(store->recover(group, 0)->recent.empty());
}

TEST_CASE("in LMDB a commit is durable with the next one or a sync") {
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.journal_bytes = 0;
  auto store = open_store(settings);
  put(*store, appending(make_entries(1, 1, 1)));
  CHECK(store->durable_commits() == 0);
  put(*store, appending(make_entries(2, 1, 1)));
  CHECK(store->durable_commits() == 1);
  REQUIRE(store->sync());
  CHECK(store->durable_commits() == 2);
  REQUIRE(store->sync());
  // A batch without a write is one too.
  REQUIRE(store->commit({}));
  CHECK(store->durable_commits() == 2);
  recovered(*store);
  CHECK(store->durable_commits() == 3);
}

TEST_CASE("a reader gets what was asked for and is there") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  auto reader = store->reader();
  auto xs = make_entries(1, 1, 100);
  put(*store, appending(xs));
  auto size = xs.front().record().size();
  auto read = [&](uint64_t first, uint64_t last, size_t max_bytes = all) {
    auto result = reader->read(group, index_t{first}, index_t{last}, max_bytes);
    REQUIRE(result);
    return *result;
  };
  CHECK(same(read(1, 101), xs));
  CHECK(same(read(10, 12), {xs.begin() + 9, xs.begin() + 11}));
  CHECK(read(90, 1000).size() == 11);
  CHECK(read(1, 101, 10 * size).size() == 10);
  CHECK(read(1, 101, 10 * size - 1).size() == 9);
  CHECK(read(50, 101, 0).size() == 1);
  // All of one call are in one piece of memory, aligned.
  auto some = read(1, 101);
  for (auto& x : some)
    CHECK(reinterpret_cast<uintptr_t>(x.record().data()) % 8 == 0);
  CHECK(some[1].record().data() == some[0].record().data() + size);
}

TEST_CASE("a reader says what is not there") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  auto reader = store->reader();
  auto code = [&](uint64_t first, uint64_t last, group_id from = group) {
    auto result = reader->read(from, index_t{first}, index_t{last}, all);
    REQUIRE_FALSE(result);
    return result.error().code;
  };
  CHECK(code(1, 2) == errc::compacted);
  put(*store, with_state(1, 1));
  CHECK(code(1, 2) == errc::compacted);
  put(*store, appending(make_entries(1, 1, 3)));
  CHECK(code(4, 9) == errc::compacted);
  CHECK(code(0, 2) == errc::compacted);
  CHECK(code(2, 2) == errc::invalid_argument);
  CHECK(code(1, 2, group_id{9}) == errc::compacted);
  CHECK(reader->read(group, index_t{3}, index_t{4}, all));
}

TEST_CASE("readers work beside the writer and see whole commits") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  put(*store, appending(make_entries(1, 1, 10)));
  auto reader = store->reader();
  std::atomic<bool> stop = false;
  std::atomic<size_t> wrong = 0;
  std::atomic<size_t> reads = 0;
  std::thread other{[&] {
    while (!stop || reads < 10) {
      auto xs = reader->read(group, index_t{1}, index_t{10'000}, all);
      if (!xs || xs->size() % 10 != 0 || xs->front().index() != index_t{1})
        ++wrong;
      ++reads;
    }
  }};
  for (uint64_t i = 1; i < 100; ++i)
    put(*store, appending(make_entries(10 * i + 1, i, 10, 100)));
  for (uint64_t i = 100; i > 50; --i)
    put(*store, truncating(10 * i - 9));
  stop = true;
  other.join();
  CHECK(wrong == 0);
}

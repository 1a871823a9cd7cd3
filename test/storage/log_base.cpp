// Where a log begins: compaction, and snapshots that replace it.

#include "storage/child.hpp"
#include "storage/fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

entry_id id_of(uint64_t term, uint64_t index) {
  return {term_t{term}, index_t{index}};
}

log_write beginning_behind(const entry_id& id, uint64_t members_index = 0) {
  log_write result;
  result.group = group;
  result.base = log_base{id, voters({1, 2}), index_t{members_index}};
  return result;
}

log_write with_entries(log_write what, entries xs) {
  what.append = std::move(xs);
  return what;
}

/// A store with 60 entries of term 1 and 40 of term 2.
struct fixture {
  temp_dir dir;
  store_settings settings = settings_for(dir.path());
  store_ptr store = open_store(settings);
  entries xs = make_entries(1, 1, 60);

  fixture() {
    put(*store, appending(xs));
    put(*store, appending(make_entries(61, 2, 40)));
    auto ys = make_entries(61, 2, 40);
    xs.insert(xs.end(), ys.begin(), ys.end());
  }

  void reopen() {
    store.reset();
    store = open_store(settings);
  }

  errc reading(uint64_t index) {
    auto read = store->reader()->read(group, index_t{index}, index_t{index + 1},
                                      all);
    return read ? errc::none : read.error().code;
  }

  entries behind(size_t index) const {
    return {xs.begin() + static_cast<ptrdiff_t>(index), xs.end()};
  }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "a log is compacted up to an entry that it has") {
  auto at = size_t{70};
  SUBCASE("in the middle") {
  }
  SUBCASE("at the end of a term") {
    at = 60;
  }
  SUBCASE("the first one") {
    at = 1;
  }
  SUBCASE("all but the last one") {
    at = 99;
  }
  SUBCASE("the last one") {
    at = 100;
  }
  auto id = xs[at - 1].id();
  put(*store, beginning_behind(id, 17));
  for (auto is_new : {false, true}) {
    CAPTURE(is_new);
    if (is_new)
      reopen();
    CHECK(reading(1) == errc::compacted);
    CHECK(reading(at) == errc::compacted);
    CHECK(reading(at + 1) == (at == 100 ? errc::compacted : errc::none));
    auto log = recovered(*store);
    CHECK(log.base == id);
    CHECK(*log.base_configuration == *voters({1, 2}));
    CHECK(log.base_configuration_index == index_t{17});
    CHECK(log.last_index == index_t{100});
    CHECK(same(log.recent, behind(at)));
    if (at < 60)
      CHECK(log.term_starts == std::vector{id_of(1, at + 1), id_of(2, 61)});
    else if (at < 100)
      CHECK(log.term_starts == std::vector{id_of(2, at + 1)});
    else
      CHECK(log.term_starts.empty());
  }
  put(*store, appending(make_entries(101, 3, 5)));
  CHECK(recovered(*store).last_index == index_t{105});
}

TEST_CASE_FIXTURE(fixture, "a log without that entry is replaced") {
  auto id = id_of(3, 150);
  SUBCASE("it is behind the end") {
  }
  SUBCASE("it is right behind the end") {
    id = id_of(3, 101);
  }
  SUBCASE("another one stands there") {
    id = id_of(3, 70);
  }
  SUBCASE("another one stands there, the last one") {
    id = id_of(3, 100);
  }
  SUBCASE("another one stands there, of a newer term") {
    id = id_of(1, 70);
  }
  put(*store, beginning_behind(id, 4));
  for (auto is_new : {false, true}) {
    CAPTURE(is_new);
    if (is_new)
      reopen();
    for (uint64_t i = 1; i < 160; ++i)
      CHECK(reading(i) == errc::compacted);
    auto log = recovered(*store);
    CHECK(log.base == id);
    CHECK(log.base_configuration_index == index_t{4});
    CHECK(log.last_index == id.index);
    CHECK(log.term_starts.empty());
    CHECK(log.recent.empty());
  }
  auto next = make_entries(id.index + 1, term_t{4}, 3);
  put(*store, appending(next));
  CHECK(same(recovered(*store).recent, next));
}

TEST_CASE_FIXTURE(fixture, "a base that is there already changes nothing") {
  put(*store, beginning_behind(id_of(1, 30), 5));
  put(*store, beginning_behind(id_of(1, 30), 9));
  auto log = recovered(*store);
  CHECK(log.base_configuration_index == index_t{5});
  CHECK(same(log.recent, behind(30)));
  put(*store, beginning_behind(id_of(2, 100)));
  put(*store, beginning_behind(id_of(2, 100)));
  CHECK(recovered(*store).last_index == index_t{100});
}

TEST_CASE_FIXTURE(fixture, "a base below the present one stops the process") {
  put(*store, beginning_behind(id_of(1, 30)));
  auto behind_that = [&](const entry_id& id) {
    child process{[&](int) { (void) commit(*store, beginning_behind(id)); }};
    return process.join();
  };
  CHECK(behind_that(id_of(1, 29)) == SIGABRT);
  CHECK(behind_that(id_of(2, 30)) == SIGABRT);
}

TEST_CASE_FIXTURE(fixture, "within a write the base comes first") {
  auto next = make_entries(81, 5, 2);
  auto write = with_entries(beginning_behind(id_of(2, 70)), next);
  SUBCASE("then the truncation, then the append") {
    write.truncate_from = index_t{81};
    put(*store, write);
    auto log = recovered(*store);
    CHECK(log.base == id_of(2, 70));
    CHECK(log.last_index == index_t{82});
    CHECK(log.term_starts == std::vector{id_of(2, 71), id_of(5, 81)});
  }
  SUBCASE("then there is nothing to truncate") {
    write.base->id = id_of(5, 80);
    write.truncate_from = index_t{81};
    put(*store, write);
    CHECK(same(recovered(*store).recent, next));
  }
  SUBCASE("of several writes each acts on what the one before left") {
    std::vector<log_write> batch{appending(make_entries(101, 2, 1)),
                                 beginning_behind(id_of(2, 101)),
                                 appending(make_entries(102, 2, 8)),
                                 beginning_behind(id_of(2, 104), 2),
                                 beginning_behind(id_of(2, 106), 3)};
    REQUIRE(store->commit(batch));
    auto log = recovered(*store);
    CHECK(log.base == id_of(2, 106));
    CHECK(log.base_configuration_index == index_t{3});
    CHECK(same(log.recent, make_entries(107, 2, 3)));
  }
}

TEST_CASE_FIXTURE(fixture, "a group may begin with a snapshot") {
  auto write = beginning_behind(id_of(7, 1000), 900);
  write.group = group_id{2};
  put(*store, write);
  reopen();
  auto log = recovered(*store, group_id{2});
  CHECK(log.base == id_of(7, 1000));
  CHECK(log.last_index == index_t{1000});
  CHECK(log.base_configuration_index == index_t{900});
  CHECK(same(recovered(*store).recent, xs));
}

TEST_CASE_FIXTURE(fixture, "a group may have no configuration of its own") {
  auto write = beginning_behind(id_of(1, 20));
  write.base->members = nullptr;
  put(*store, write);
  reopen();
  CHECK(recovered(*store).base == id_of(1, 20));
  CHECK(recovered(*store).base_configuration == nullptr);
}

TEST_CASE_FIXTURE(fixture, "configurations below the base are not repeated") {
  auto value = voters({1, 2, 3});
  auto members = entry::make(index_t{101}, term_t{2}, value,
                             plain_codec().encode(*value));
  put(*store, appending({members}));
  put(*store, appending(make_entries(102, 2, 2)));
  put(*store, beginning_behind(id_of(2, 100)));
  CHECK(recovered(*store).configurations.size() == 1);
  put(*store, beginning_behind(id_of(2, 101), 101));
  CHECK(recovered(*store).configurations.empty());
}

TEST_CASE_FIXTURE(fixture, "what compaction gave back is used again") {
  uint64_t next = 101;
  for (auto i = 0; i < 40; ++i) {
    put(*store, appending(make_entries(next, 2, 100, 1000)));
    next += 100;
    put(*store, beginning_behind(id_of(2, next - 20)));
  }
  store.reset();
  lmdb::environment::options options{MDB_NOTLS, 1 << 30, 16};
  auto env = lmdb::environment::open(dir / "log", options);
  // A hundred entries take 34 pages, so all of them would take 1360.
  CHECK(env.info().last_page < 400);
}

TEST_CASE_FIXTURE(fixture, "readers beside a compaction see whole logs") {
  put(*store, appending(make_entries(101, 2, 900, 100)));
  auto reader = store->reader();
  std::atomic<bool> stop = false;
  std::atomic<size_t> wrong = 0;
  std::atomic<size_t> reads = 0;
  std::thread other{[&] {
    while (!stop || reads < 10) {
      auto found = reader->read(group, index_t{500}, index_t{1001}, all);
      if (found ? found->size() != 501 : found.error().code != errc::compacted)
        ++wrong;
      ++reads;
    }
  }};
  for (uint64_t i = 110; i < 1000; i += 10)
    put(*store, beginning_behind(id_of(2, i)));
  stop = true;
  other.join();
  CHECK(wrong == 0);
}

// A journal before LMDB: what goes where, and that nobody can tell.

#include "caf/raft/storage/journaled_store.hpp"

#include "storage/contents.hpp"
#include "storage/counting_io.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

struct fixture {
  temp_dir dir;
  counting_io io;
  hooked hook{io};
  store_settings settings = with_journal(settings_for(dir.path()));
  store_ptr store = open_store(settings);
  uint64_t next = 1;

  /// Writes so many entries more, one by one.
  void write(size_t count, size_t payload_size = 40) {
    for (size_t i = 0; i < count; ++i)
      put(*store, appending(make_entries(next++, 1, 1, payload_size)));
  }

  void reopen() {
    store.reset();
    store = open_store(settings);
  }

  entries written(size_t payload_size = 40) const {
    return make_entries(1, 1, next - 1, payload_size);
  }

  bool is_whole(size_t payload_size = 40) {
    return same(recovered(*store).recent, written(payload_size));
  }
};

log_write truncating(uint64_t from, entries xs = {}) {
  auto result = appending(std::move(xs));
  result.truncate_from = index_t{from};
  return result;
}

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE_FIXTURE(fixture, "a commit is one write to the journal") {
  // The first write of a group makes it a table.
  write(1);
  io.forget();
  for (uint64_t i = 1; i <= 10; ++i) {
    write(1);
    CHECK(io.journal_writes == i);
    CHECK(store->durable_commits() == 1 + i);
  }
  CHECK(io.log_writes == 0);
  CHECK(io.flushes == 0);
  REQUIRE(store->sync());
  CHECK(io.flushes == 0);
}

TEST_CASE_FIXTURE(fixture, "LMDB takes over many entries at a time") {
  write(1);
  io.forget();
  put(*store, appending(make_entries(next, 1, 511)));
  next += 511;
  store->make_room();
  CHECK(io.flushes == 0);
  write(1);
  CHECK(io.flushes == 0);
  store->make_room();
  CHECK(io.flushes == 1);
  CHECK(is_whole());
}

TEST_CASE_FIXTURE(fixture, "LMDB takes over before the journal is full") {
  write(1);
  constexpr auto blocks = small_journal / tail_journal::block_size - 1;
  // Nobody makes room between two commits.
  write(5 * blocks);
  CHECK(io.log_writes > 0);
  CHECK(is_whole());
  reopen();
  CHECK(is_whole());
}

TEST_CASE_FIXTURE(fixture,
                  "what is too large or new to LMDB goes there at once") {
  io.forget();
  SUBCASE("a group that has no table yet") {
    write(1);
  }
  SUBCASE("a batch larger than the journal takes") {
    write(1);
    write(10);
    io.forget();
    put(*store, appending(make_entries(next, 1, 1, small_journal / 4)));
    CHECK(recovered(*store).last_index == index_t{next});
    put(*store, truncating(next));
    io.forget();
    put(*store, appending(make_entries(next, 1, 60, 2000)));
    put(*store, truncating(next));
    CHECK(recovered(*store).last_index == index_t{next - 1});
  }
  SUBCASE("more than there is room for") {
    write(1);
    settings.reserve_bytes = 0;
    settings.journal_bytes = 0;
    store.reset();
    settings.journal_bytes = small_journal;
    // Half of it is filled.
    store = open_store(settings);
    while (store->room() > 100'000)
      write(1, 10'000);
    io.forget();
    write(12, 10'000);
    auto log = recovered(*store);
    CHECK(log.last_index == index_t{next - 1});
    CHECK(io.flushes > 2);
    return;
  }
  CHECK(io.flushes >= 2);
  CHECK(is_whole());
  reopen();
  CHECK(is_whole());
}

TEST_CASE_FIXTURE(fixture, "a large batch is not written twice") {
  store.reset();
  settings.journal_bytes = 16 << 20;
  store = open_store(settings);
  constexpr size_t kib = 1024;
  write(1);
  io.forget();
  write(1, 255 * kib);
  CHECK(io.journal_writes == 1);
  CHECK(io.log_writes == 0);
  write(1, 256 * kib);
  CHECK(io.journal_writes == 1);
  CHECK(io.flushes == 2);
  // The small one behind it is in the journal again.
  write(1);
  CHECK(io.journal_writes == 2);
  auto log = recovered(*store);
  CHECK(log.last_index == index_t{4});
  reopen();
  CHECK(recovered(*store).last_index == index_t{4});
}

TEST_CASE_FIXTURE(fixture, "a new base goes to LMDB with all before it") {
  write(20);
  auto reader = store->reader();
  io.forget();
  log_write write;
  write.group = group;
  write.base = log_base{{term_t{1}, index_t{12}}, voters({1}), index_t{3}};
  SUBCASE("of a compaction") {
  }
  SUBCASE("of a snapshot") {
    write.base->id = {term_t{2}, index_t{18}};
  }
  write.append = make_entries(write.base->id.index == index_t{12} ? 21 : 19, 2,
                              4);
  put(*store, write);
  CHECK(io.journal_writes == 0);
  CHECK(io.flushes >= 2);
  auto base = write.base->id.index;
  for (index_t i{1}; i <= base; ++i)
    CHECK(reader->read(group, i, i + 1, all).error().code == errc::compacted);
  CHECK(reader->read(group, base + 1, index_t{99}, all));
  reopen();
  CHECK(recovered(*store).base == write.base->id);
  CHECK(recovered(*store).last_index == write.append.back().index());
}

TEST_CASE_FIXTURE(fixture,
                  "what LMDB has not taken over is found at the start") {
  put(*store, appending({}, group_id{2}));
  write(20);
  log_write vote;
  vote.group = group_id{2};
  vote.state = hard_state{term_t{9}, server_id{3}};
  put(*store, vote);
  put(*store, truncating(15, make_entries(15, 2, 2)));
  auto check = [&] {
    auto log = recovered(*store);
    CHECK(log.last_index == index_t{16});
    CHECK(log.term_starts.back() == entry_id{term_t{2}, index_t{15}});
    CHECK(recovered(*store, group_id{2}).state == *vote.state);
  };
  SUBCASE("with the journal") {
    reopen();
    check();
    // It was taken over, and is not again.
    put(*store, truncating(3));
    reopen();
    CHECK(recovered(*store).last_index == index_t{2});
  }
  SUBCASE("with the journal switched off, and on again") {
    settings.journal_bytes = 0;
    reopen();
    check();
    put(*store, appending(make_entries(17, 2, 1)));
    reopen();
    CHECK(recovered(*store).last_index == index_t{17});
    settings.journal_bytes = small_journal;
    reopen();
    CHECK(recovered(*store).last_index == index_t{17});
    put(*store, appending(make_entries(18, 2, 1)));
    reopen();
    CHECK(recovered(*store).last_index == index_t{18});
  }
  SUBCASE("with a journal of another size") {
    settings.journal_bytes = 2 * small_journal;
    reopen();
    check();
    CHECK(fs::file_size(dir / "journal") == 2 * small_journal);
    put(*store, appending(make_entries(17, 2, 1)));
    reopen();
    CHECK(recovered(*store).last_index == index_t{17});
  }
}

TEST_CASE("a directory without a journal gets one and keeps what it has") {
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.journal_bytes = 0;
  put(*open_store(settings), appending(make_entries(1, 1, 5)));
  auto store = open_store(with_journal(settings));
  put(*store, appending(make_entries(6, 1, 5)));
  store.reset();
  CHECK(same(recovered(*open_store(with_journal(settings))).recent,
             make_entries(1, 1, 10)));
}

TEST_CASE_FIXTURE(fixture, "a directory is not opened without its journal") {
  write(5);
  store.reset();
  auto journal = dir / "journal";
  SUBCASE("it is missing") {
    fs::remove(journal);
    auto why = why_not(settings);
    CHECK(why.code == errc::storage_failed);
    CHECK(contains(why.text, "cannot use the data directory " + dir.path()));
    CHECK(contains(why.text, "journal: No such file"));
    settings.journal_bytes = 0;
    CHECK(contains(why_not(settings).text, "journal: No such file"));
  }
  SUBCASE("it is another's") {
    temp_dir other;
    auto others = with_journal(settings_for(other.path()));
    others.incarnation = incarnation_t{5};
    open_store(others);
    fs::copy_file(other / "journal", journal,
                  fs::copy_options::overwrite_existing);
    CHECK(contains(why_not(settings).text, "belongs to another directory"));
  }
}

TEST_CASE_FIXTURE(fixture, "readers see what is in the journal") {
  put(*store, appending(make_entries(1, 1, 10)));
  auto reader = store->reader();
  auto read = [&](uint64_t first, uint64_t last, size_t most = all) {
    return reader->read(group, index_t{first}, index_t{last}, most);
  };
  auto is = [](const result_of<entries>& x, const entries& wanted) {
    return x && same(*x, wanted);
  };
  auto some = make_entries(11, 1, 10);
  auto size = some.front().record().size();
  put(*store, appending(some));
  CHECK(is(read(1, 5), make_entries(1, 1, 4)));
  CHECK(is(read(11, 21), some));
  CHECK(is(read(13, 15), make_entries(13, 1, 2)));
  CHECK(is(read(11, 99, 3 * size), make_entries(11, 1, 3)));
  CHECK(is(read(11, 99, 1), make_entries(11, 1, 1)));
  // One read has entries of one of the two only, never with a gap.
  CHECK(is(read(9, 99), make_entries(9, 1, 2)));
  CHECK(read(21, 99).error().code == errc::compacted);
  CHECK(read(3, 3).error().code == errc::invalid_argument);
  // Truncated down to what LMDB has: its entries are not believed any more.
  put(*store, truncating(8, make_entries(8, 2, 2)));
  CHECK(is(read(1, 99), make_entries(1, 1, 7)));
  CHECK(is(read(8, 99), make_entries(8, 2, 2)));
  CHECK(read(10, 99).error().code == errc::compacted);
  put(*store, truncating(7));
  CHECK(read(7, 99).error().code == errc::compacted);
  CHECK(is(read(6, 99), make_entries(6, 1, 1)));
  put(*store, truncating(40));
  put(*store, appending(make_entries(7, 3, 1)));
  CHECK(is(read(7, 99), make_entries(7, 3, 1)));
  recovered(*store);
  CHECK(read(7, 99)->size() == 1);
  CHECK(read(1, 99)->size() == 7);
}

TEST_CASE_FIXTURE(fixture, "a journal without room does not matter") {
  write(10);
  io.fail_with = ENOSPC;
  put(*store, appending(make_entries(next, 1, 30, 400)));
  put(*store, truncating(next));
  SUBCASE("when it goes on") {
    io.forget();
    write(5);
    // It is used again.
    CHECK(io.journal_writes == 5);
    CHECK(io.flushes == 0);
  }
  SUBCASE("after a restart") {
    reopen();
    write(5);
  }
  CHECK(is_whole());
  reopen();
  CHECK(is_whole());
}

TEST_CASE_FIXTURE(fixture, "a journal that cannot be written ends the store") {
  write(10);
  auto reader = store->reader();
  io.fail_with = EIO;
  auto result = commit(*store, appending(make_entries(next, 1, 3)));
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::storage_failed);
  CHECK_FALSE(commit(*store, appending(make_entries(next, 1, 1))));
  CHECK_FALSE(store->sync());
  CHECK_FALSE(store->recover(group, all));
  CHECK_FALSE(store->found(cluster_id{3}, voters({1})));
  CHECK(store->make_room());
  CHECK_FALSE(reader->read(group, index_t{1}, index_t{2}, all));
  CHECK_FALSE(reader->read(group, index_t{10}, index_t{11}, all));
  reopen();
  CHECK(is_whole());
}

TEST_CASE_FIXTURE(fixture,
                  "the journal takes nothing that LMDB has no room for") {
  write(1);
  io.is_full = true;
  auto some = [&] { return appending(make_entries(next, 1, 5, 500)); };
  auto result = commit(*store, some());
  for (; result; result = commit(*store, some()))
    next += 5;
  CHECK(result.error().code == errc::no_space);
  CHECK(next > 1000);
  // All of it is there, and is after a restart.
  CHECK(recovered(*store).last_index == index_t{next - 1});
  store.reset();
  store = open_store(settings);
  CHECK(recovered(*store).last_index == index_t{next - 1});
  CHECK(commit(*store, some()).error().code == errc::no_space);
  io.is_full = false;
  put(*store, some());
  CHECK(recovered(*store).last_index == index_t{next + 4});
}

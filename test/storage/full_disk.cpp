// Room: what is set aside, and what happens when there is no more.

#include "storage/contents.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

constexpr size_t MiB = 1 << 20;

/// A disk that can be full: then only blocks that were written before can be
/// written, and a write that goes beyond them is cut short there.
class full_disk : public fast_io {
public:
  bool is_full = false;

  ssize_t write(int fd, std::span<const std::byte> what, off_t where) override {
    if (!is_data_file(fd))
      return io_hooks::write(fd, what, where);
    auto end = where + static_cast<off_t>(what.size());
    if (is_full && end > written_) {
      if (where >= written_) {
        errno = ENOSPC;
        return -1;
      }
      what = what.first(static_cast<size_t>(written_ - where));
    }
    written_ = std::max(written_, where + static_cast<off_t>(what.size()));
    return io_hooks::write(fd, what, where);
  }

private:
  /// LMDB leaves no hole before the last page that it writes, or none that it
  /// reads.
  off_t written_ = 0;
};

size_t make_room(log_store& store) {
  size_t steps = 1;
  while (!store.make_room())
    ++steps;
  return steps;
}

/// A record of this size, header included.
entry of_size(size_t record_size, uint64_t index) {
  return make_entries(index, 1, 1, record_size - entry::header_size).front();
}

} // namespace

TEST_CASE("room is set aside a step at a time, up to what is wanted") {
  fast_io fast;
  hooked hook{fast};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.reserve_bytes = 8 * MiB;
  {
    auto store = open_store(settings);
    CHECK(store->room() == 0);
    CHECK(make_room(*store) == 8);
    CHECK(store->room() > 3 * MiB);
    CHECK(store->room() < 4 * MiB);
    // These are real blocks.
    struct stat info;
    REQUIRE(stat((dir / "log/data.mdb").c_str(), &info) == 0);
    CHECK(info.st_blocks * 512 >= static_cast<blkcnt_t>(8 * MiB));
    auto before = store->room();
    put(*store, appending(make_entries(1, 1, 1000, 2000)));
    CHECK(store->room() < before - MiB);
    make_room(*store);
    CHECK(store->room() >= before - MiB);
  }
  // What is there already is found again.
  CHECK(open_store(settings)->room() > 3 * MiB);
  settings.reserve_bytes = 16 * MiB;
  auto store = open_store(settings);
  CHECK_FALSE(store->make_room());
  CHECK(make_room(*store) < 8);
}

TEST_CASE("a store without a reserve has no room and works") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  CHECK(store->make_room());
  CHECK(store->room() == 0);
  put(*store, appending(make_entries(1, 1, 10)));
}

TEST_CASE("room is never more than fits, whatever the size of the entries") {
  for (size_t record_size : {24, 32, 264, 1344, 1352, 2016, 2024, 2032, 4080,
                             4088, 8176, 8184, 100'000, 1'000'000})
    for (size_t batch_bytes : {size_t{1}, size_t{64} << 10, MiB}) {
      CAPTURE(record_size);
      CAPTURE(batch_bytes);
      full_disk disk;
      hooked hook{disk};
      temp_dir dir;
      auto settings = settings_for(dir.path());
      // The worst need the most.
      settings.reserve_bytes = (record_size == 4088 ? 32 : 6) * MiB;
      auto store = open_store(settings);
      auto reader = store->reader();
      make_room(*store);
      disk.is_full = true;
      uint64_t index = 1;
      auto per_batch = std::clamp<size_t>(batch_bytes / record_size, 1, 2000);
      // Tiny commits are many; then the first ones must do.
      auto commits = std::min(store->room() / (per_batch * record_size),
                              repeats(1000));
      for (size_t i = 0; i < commits; ++i) {
        entries xs;
        for (size_t j = 0; j < per_batch; ++j)
          xs.push_back(of_size(record_size, index++));
        put(*store, appending(std::move(xs)));
        if (i % 16 == 0)
          CHECK(reader->read(group, index_t{1}, index_t{index}, 1000));
      }
      CHECK(recovered(*store).last_index == index_t{index - 1});
    }
}

TEST_CASE("room counts the copies that many groups need") {
  full_disk disk;
  hooked hook{disk};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.reserve_bytes = 16 * MiB;
  auto store = open_store(settings);
  constexpr uint64_t groups = 100;
  constexpr size_t record_size = 4088;
  uint64_t round = 0;
  auto write_all = [&] {
    ++round;
    std::vector<log_write> batch;
    for (uint64_t i = 1; i <= groups; ++i)
      batch.push_back(appending({of_size(record_size, round)}, group_id{i}));
    return store->commit(batch);
  };
  REQUIRE(write_all());
  make_room(*store);
  disk.is_full = true;
  auto rounds = store->room() / (groups * record_size);
  CHECK(rounds > 5);
  for (size_t i = 0; i < rounds; ++i) {
    auto result = write_all();
    if (!result)
      FAIL(result.error().text);
  }
}

TEST_CASE("a full disk takes nothing, loses nothing and heals") {
  full_disk disk;
  hooked hook{disk};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  auto store = open_store(settings);
  uint64_t index = 1;
  auto next = [&] { return appending(make_entries(index, 1, 10, 500)); };
  for (; index < 1000; index += 10)
    put(*store, next());
  disk.is_full = true;
  auto result = commit(*store, next());
  for (; result; result = commit(*store, next()))
    index += 10;
  CHECK(result.error().code == errc::no_space);
  CHECK(store->room() == 0);
  // Still, as often as one likes.
  for (auto i = 0; i < 3; ++i)
    CHECK(commit(*store, next()).error().code == errc::no_space);
  CHECK(store->make_room());
  REQUIRE(store->sync());
  CHECK(recovered(*store).last_index == index_t{index - 1});
  CHECK(store->reader()->read(group, index_t{1}, index_t{2}, 1));
  SUBCASE("when there is room again") {
    disk.is_full = false;
    put(*store, next());
    CHECK(recovered(*store).last_index == index_t{index + 9});
  }
  SUBCASE("after a restart") {
    store.reset();
    store = open_store(settings);
    CHECK(recovered(*store).last_index == index_t{index - 1});
    CHECK(commit(*store, next()).error().code == errc::no_space);
    disk.is_full = false;
    put(*store, next());
  }
  auto log = recovered(*store);
  CHECK(same(log.recent, [&] {
    entries xs;
    for (uint64_t i = 1; i < index + 10; i += 10)
      for (auto& x : make_entries(i, 1, 10, 500))
        xs.push_back(x);
    return xs;
  }()));
}

TEST_CASE(
  "a full disk does not keep a term from being stored into the reserve") {
  full_disk disk;
  hooked hook{disk};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.reserve_bytes = 4 * MiB;
  auto store = open_store(settings);
  make_room(*store);
  disk.is_full = true;
  uint64_t index = 1;
  for (; store->room() > 10'000; index += 10)
    put(*store, appending(make_entries(index, 1, 10, 500)));
  for (uint64_t term = 2; term < 300; ++term) {
    log_write write;
    write.group = group;
    write.state = hard_state{term_t{term}, server_id{1}};
    put(*store, write);
  }
  log_write write;
  write.group = group;
  write.truncate_from = index_t{2};
  put(*store, write);
}

TEST_CASE("a full disk can be compacted, and then takes entries again") {
  full_disk disk;
  hooked hook{disk};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.reserve_bytes = 6 * MiB;
  size_t payload_size = 500;
  SUBCASE("without a journal") {
  }
  SUBCASE("without a journal, large entries") {
    payload_size = 3000;
  }
  SUBCASE("with a journal") {
    settings = with_journal(settings);
  }
  auto store = open_store(settings);
  make_room(*store);
  disk.is_full = true;
  uint64_t next = 1;
  auto fill = [&] {
    auto first = next;
    for (; store->room() > 11 * payload_size; next += 10)
      put(*store, appending(make_entries(next, 1, 10, payload_size)));
    CHECK((next - first) * payload_size > MiB);
  };
  auto begin_behind = [&](uint64_t term, uint64_t index) {
    log_write write;
    write.group = group;
    write.base = log_base{{term_t{term}, index_t{index}}, voters({1}), {}};
    put(*store, write);
  };
  uint64_t base = 0;
  for (auto round = 0; round < 4; ++round) {
    CAPTURE(round);
    fill();
    CHECK(store->make_room());
    if (round == 2) {
      // A snapshot stands for all of it, and for more.
      base = next += 1000;
      begin_behind(1, next++);
    }
    for (; base + 150 < next; begin_behind(1, base))
      base += 100;
    CHECK(store->room() > MiB);
  }
  auto log = recovered(*store);
  CHECK(log.base.index == index_t{base});
  CHECK(log.last_index == index_t{next - 1});
}

TEST_CASE("a full disk keeps no directory from being refused or opened") {
  full_disk disk;
  hooked hook{disk};
  temp_dir dir;
  disk.is_full = true;
  auto why = why_not(settings_for(dir.path()));
  CHECK(why.code == errc::no_space);
  disk.is_full = false;
  open_store(settings_for(dir.path()));
  disk.is_full = true;
  open_store(settings_for(dir.path()));
}

TEST_CASE("a full map is no failure") {
  fast_io fast;
  hooked hook{fast};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.map_size = 4 * MiB;
  settings.reserve_bytes = 16 * MiB;
  auto store = open_store(settings);
  make_room(*store);
  // The rest is for what makes room again.
  CHECK(store->room() < 4 * MiB);
  uint64_t index = 1;
  auto next = [&] { return appending(make_entries(index, 1, 10, 1000)); };
  auto result = commit(*store, next());
  for (; result; result = commit(*store, next())) {
    index += 10;
    make_room(*store);
  }
  CHECK(result.error().code == errc::no_space);
  CHECK(store->room() == 0);
  CHECK(recovered(*store).last_index == index_t{index - 1});
  log_write truncation;
  truncation.group = group;
  truncation.truncate_from = index_t{index - 100};
  put(*store, truncation);
  // Freed pages are used again when two further commits have passed.
  REQUIRE(store->commit({}));
  REQUIRE(store->commit({}));
  index -= 100;
  put(*store, next());
}

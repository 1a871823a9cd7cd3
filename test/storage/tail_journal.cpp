// The ring of blocks by itself.

#include "caf/raft/storage/tail_journal.hpp"

#include "caf/raft/storage/trouble.hpp"
#include "storage/fixture.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <fcntl.h>
#include <filesystem>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

constexpr auto block = tail_journal::block_size;

/// What a block carries.
constexpr size_t capacity = block - 40;

constexpr uint64_t ring = 4711;

/// One block of it is the header.
constexpr uint64_t blocks = small_journal / block - 1;

bytes content(uint64_t number, size_t size) {
  bytes result(size);
  generator numbers{number};
  for (auto& x : result)
    x = static_cast<std::byte>(numbers());
  return result;
}

/// A journal in a directory of its own.
struct fixture {
  temp_dir dir;
  fast_io io;
  hooked hook{io};

  fixture() {
    tail_journal::create(dir.path(), ring, small_journal);
  }

  std::string path() const {
    return dir / "journal";
  }

  tail_journal open(uint64_t which = ring) const {
    return tail_journal::open(dir.path(), which);
  }

  /// Opens it and goes on behind what it has.
  tail_journal go_on(uint64_t taken = 0) const {
    auto result = open();
    result.restart(result.recover(taken).newest);
    return result;
  }

  std::vector<bytes> found(uint64_t taken = 0) const {
    std::vector<bytes> result;
    for (auto& x : open().recover(taken).batches)
      result.push_back(x.content);
    return result;
  }

  void patch(uint64_t where, bytes_view with) const {
    file::open(path(), O_RDWR).write_at(where, with);
  }

  bytes read(uint64_t where, size_t size) const {
    bytes result(size);
    auto n = file::open(path(), O_RDONLY).read_at(where, result);
    REQUIRE(n == size);
    return result;
  }

  static uint64_t place_of(uint64_t number) {
    return (number % blocks + 1) * block;
  }

  /// Makes a block what it was before it was written.
  void erase(uint64_t number) const {
    patch(place_of(number), bytes(block));
  }

  void flip(uint64_t where, std::byte mask = std::byte{1}) const {
    auto x = read(where, 1);
    x[0] ^= mask;
    patch(where, x);
  }

  std::string why_not(uint64_t taken = 0, uint64_t which = ring) const {
    try {
      open(which).recover(taken);
    } catch (const trouble& x) {
      CHECK(x.why().code == errc::storage_failed);
      return x.why().text;
    }
    return "nothing is wrong";
  }
};

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE_FIXTURE(fixture, "a journal gives back what was written") {
  CHECK(found().empty());
  std::vector<bytes> written;
  uint64_t used = 0;
  {
    auto journal = go_on();
    for (auto size : {size_t{0}, size_t{1}, capacity - 1, capacity,
                      capacity + 1, 3 * capacity, 3 * capacity + 1}) {
      written.push_back(content(size, size));
      journal.write(written.back());
      used += std::max<size_t>(1, (size + capacity - 1) / capacity);
      CHECK(journal.newest() == used);
      CHECK(journal.used() == used);
    }
  }
  CHECK(found() == written);
  // From the middle too, and nothing behind the end.
  CHECK(found(2) == std::vector<bytes>{written.begin() + 2, written.end()});
  CHECK(found(used).empty());
  CHECK(open().recover(0).newest == used);
  CHECK(open().recover(0).batches.back().last == used);
  CHECK(open().size() == small_journal);
}

TEST_CASE_FIXTURE(fixture, "a journal begins anew when it is at its end") {
  struct batch {
    uint64_t last;
    bytes what;
  };
  std::deque<batch> wanted;
  uint64_t released = 0;
  generator numbers{7};
  auto journal = go_on();
  while (journal.newest() < 12 * blocks) {
    auto size = numbers.below(6 * capacity);
    while (!journal.has_room_for(size)) {
      REQUIRE_FALSE(wanted.empty());
      released = wanted.front().last;
      wanted.pop_front();
      journal.release(released);
    }
    auto what = content(journal.newest(), size);
    journal.write(what);
    wanted.push_back({journal.newest(), what});
    if (numbers.one_in(8)) {
      CAPTURE(journal.newest());
      auto there = journal.recover(released);
      CHECK(there.newest == journal.newest());
      REQUIRE(there.batches.size() == wanted.size());
      for (size_t i = 0; i < wanted.size(); ++i) {
        CHECK(there.batches[i].last == wanted[i].last);
        CHECK(there.batches[i].content == wanted[i].what);
      }
    }
  }
}

TEST_CASE_FIXTURE(fixture, "a journal knows what it can hold") {
  auto journal = go_on();
  CHECK(journal.blocks() == blocks);
  CHECK(journal.can_hold(blocks / 4 * capacity));
  CHECK_FALSE(journal.can_hold(blocks / 4 * capacity + 1));
  for (uint64_t i = 0; i < blocks; ++i) {
    CHECK(journal.has_room_for(capacity));
    journal.write(content(i, 1));
  }
  CHECK_FALSE(journal.has_room_for(0));
  journal.release(2);
  CHECK(journal.has_room_for(2 * capacity));
  CHECK_FALSE(journal.has_room_for(2 * capacity + 1));
  journal.restart(blocks);
  CHECK(journal.used() == 0);
}

TEST_CASE_FIXTURE(fixture, "a batch that was cut off is not there") {
  constexpr uint64_t count = 3;
  uint64_t before = 0;
  for (uint64_t there = 0; there + 1 < 1u << count; ++there) {
    CAPTURE(there);
    go_on(before).write(content(1, count * capacity));
    for (uint64_t i = 0; i < count; ++i)
      if ((there >> i & 1) == 0)
        erase(before + 1 + i);
    auto result = open().recover(before);
    CHECK(result.batches.empty());
    // What may be there is not used again, if there is anything.
    CHECK(result.newest == (there == 0 ? before : before + count));
    auto journal = open();
    journal.restart(result.newest);
    // The next one stands behind it, for one who knows that it is there.
    journal.write(content(2, 10));
    CHECK(found(result.newest) == std::vector<bytes>{content(2, 10)});
    before = journal.newest();
  }
}

TEST_CASE_FIXTURE(fixture, "a part of a block is no block") {
  go_on().write(content(1, capacity));
  auto was = read(place_of(1), block);
  for (size_t sector = 0; sector < block; sector += 512) {
    patch(place_of(1) + sector, bytes(512));
    CHECK(found().empty());
    patch(place_of(1), was);
    CHECK(found().size() == 1);
  }
}

TEST_CASE_FIXTURE(fixture, "damage inside the journal is refused") {
  {
    auto journal = go_on();
    for (auto i = 0; i < 4; ++i)
      journal.write(content(1, 2 * capacity));
  }
  generator numbers{3};
  for (uint64_t number = 1; number <= 8; ++number) {
    CAPTURE(number);
    auto where = place_of(number) + numbers.below(block);
    auto mask = static_cast<std::byte>(1u << numbers.below(8));
    flip(where, mask);
    auto first = (number - 1) / 2 * 2 + 1;
    if (first == 7) {
      // Nothing tells the last one from one that was cut off.
      CHECK(found().size() == 3);
    } else {
      CHECK(contains(why_not(),
                     "block " + std::to_string(first) + " is not there"));
    }
    // What was taken over does not matter any more.
    CHECK(found(first + 1).size() == (8 - first) / 2);
    flip(where, mask);
  }
  CHECK(found().size() == 4);
}

TEST_CASE_FIXTURE(fixture, "blocks of another ring or place mean nothing") {
  go_on().write(content(1, 10));
  auto good = read(place_of(1), block);
  SUBCASE("of another place") {
    patch(place_of(1), bytes(block));
    patch(place_of(2), good);
    CHECK(found().empty());
  }
  SUBCASE("of another ring") {
    fs::remove(path());
    tail_journal::create(dir.path(), ring + 1, small_journal);
    patch(place_of(1), good);
    CHECK(open(ring + 1).recover(0).batches.empty());
  }
}

TEST_CASE_FIXTURE(fixture, "a journal that is not what it must be is refused") {
  SUBCASE("missing") {
    fs::remove(path());
    CHECK(contains(why_not(), "journal: No such file"));
  }
  SUBCASE("of another directory") {
    CHECK(contains(why_not(0, ring + 1), "belongs to another directory"));
  }
  SUBCASE("its header is damaged") {
    for (uint64_t where = 0; where < 32; ++where) {
      CAPTURE(where);
      flip(where);
      CHECK(contains(why_not(), "header is wrong"));
      flip(where);
    }
  }
  SUBCASE("cut off") {
    for (auto size : {small_journal - 1, block, size_t{100}, size_t{0}}) {
      CAPTURE(size);
      fs::resize_file(path(), size);
      auto why = why_not();
      CHECK((contains(why, "was cut off") || contains(why, "header is wrong")));
    }
  }
}

TEST_CASE("a journal is made aside, of real blocks") {
  fast_io io;
  hooked hook{io};
  temp_dir dir;
  // What a crash left.
  { file::open(dir / "journal.new", O_RDWR | O_CREAT); }
  tail_journal::create(dir.path(), ring, small_journal + 100);
  CHECK_FALSE(fs::exists(dir / "journal.new"));
  auto made = file::open(dir / "journal", O_RDONLY);
  CHECK(made.size() == small_journal);
  CHECK(made.first_hole(0) == small_journal);
}

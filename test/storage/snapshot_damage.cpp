// Files of snapshots that are not as they were written.

#include "storage/child.hpp"
#include "storage/io.hpp"
#include "storage/snapshots.hpp"
#include "storage/volatile_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

const std::map<char, std::string> words{{'k', "good"},
                                        {'r', "refused"},
                                        {'w', "wrong"},
                                        {'x', "that end the process"},
                                        {'h', "that hang"}};

const auto content = made_up_content(1, 2 * chunk_bytes + 9);

/// A directory with one snapshot.
struct sample {
  temp_dir dir;
  std::string path = dir / "snapshots/1-3-9.snapshot";
  file_image file;

  sample() {
    fast_io fast;
    hooked hook{fast};
    take_all(*open_snapshots(dir), 9, content);
    file = read_file(path);
  }

  /// What a store makes of it when it looks otherwise.
  char with(const file_image& what) const {
    fast_io fast;
    hooked hook{fast};
    fs::remove(path);
    write_file(path, what);
    auto store = snapshot_files::open(dir.path(), plain_codec());
    if (!store)
      return 'r';
    auto found = newest_content(**store);
    if (!found)
      return found.error().code == errc::storage_failed ? 'r' : 'w';
    auto head = **(*store)->newest(group);
    auto is_right = *found == content && head.is_same(head_of(9, content))
                    && head.members_index == index_t{2}
                    && *head.members == *voters({1, 2, 3});
    return is_right ? 'k' : 'w';
  }
};

} // namespace

TEST_CASE("a finished snapshot is there after a power loss") {
  auto careless = false;
  SUBCASE("as it is") {
  }
  SUBCASE("and this test notices if it were not flushed") {
    careless = true;
  }
  temp_dir dir;
  auto store = open_snapshots(dir);
  auto real = fs::canonical(dir.path()).string();
  auto path = real + "/snapshots/1.new";
  volatile_disk disk{{path}, 4096};
  disk.ignore_flushes = careless;
  {
    hooked hook{disk};
    take_all(*store, 9, content);
  }
  store.reset();
  sample copy;
  std::vector<file_image> left;
  generator numbers{7};
  for (size_t i = 0; i < repeats(100); ++i)
    left.push_back(disk.after_power_loss(numbers).at(path));
  outcomes result;
  run_cases(
    left.size(), [&](size_t i) { return copy.with(left[i]); }, result);
  MESSAGE("after a power loss: ", to_string(result, words));
  if (careless)
    CHECK(count(result, 'k') < left.size());
  else
    CHECK(count(result, 'k') == left.size());
}

TEST_CASE("a snapshot that was cut off is refused") {
  sample what;
  std::vector<size_t> sizes;
  for (size_t size = 0; size < what.file.size; size += 4096 * 7)
    sizes.push_back(size);
  for (size_t less : {1, 100, 4095, 4096})
    sizes.push_back(what.file.size - less);
  outcomes result;
  run_cases(
    sizes.size(),
    [&](size_t i) {
      auto cut = what.file;
      cut.size = sizes[i];
      cut.data.resize(std::min(cut.data.size(), cut.size));
      return what.with(cut);
    },
    result);
  MESSAGE("cut off: ", to_string(result, words));
  CHECK(count(result, 'r') == sizes.size());
}

TEST_CASE("a flipped bit of a snapshot is not seen or refused") {
  sample what;
  generator numbers{3};
  std::vector<size_t> bits;
  // Beside the content there are a few pages only.
  for (size_t i = 0; i < repeats(1200); ++i) {
    auto page = i % 4 == 0 ? numbers.below(2)
                           : numbers.below(what.file.data.size() / 4096);
    auto within = i % 2 == 0 ? numbers.below(200) : numbers.below(4096);
    bits.push_back((page * 4096 + within) * 8 + numbers.below(8));
  }
  outcomes result;
  run_cases(
    bits.size(),
    [&](size_t i) {
      auto damaged = what.file;
      damaged.data[bits[i] / 8] ^= static_cast<std::byte>(1 << bits[i] % 8);
      return what.with(damaged);
    },
    result);
  MESSAGE("flipped bits: ", to_string(result, words));
  CHECK(count(result, 'w') == 0);
  CHECK(count(result, 'h') == 0);
  CHECK(count(result, 'r') > bits.size() / 4);
}

TEST_CASE("whoever finds a damaged snapshot says what to do") {
  sample what;
  auto damaged = what.file;
  auto chunk = chunk_of(content, 1);
  auto at = std::search(damaged.data.begin(), damaged.data.end(), chunk.begin(),
                        chunk.begin() + 64);
  REQUIRE(at != damaged.data.end());
  at[1000] ^= std::byte{1};
  write_file(what.path, damaged);
  auto store = open_snapshots(what.dir);
  REQUIRE(store->newest(group));
  auto found = newest_content(*store);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == errc::storage_failed);
  auto contains = [&](const char* text) {
    return found.error().text.find(text) != std::string::npos;
  };
  CHECK(contains("1-3-9.snapshot is damaged: chunk 1 fails its checksum"));
  CHECK(contains("move the data directory away"));
  // Below a damaged head nothing is believed, and nothing is removed.
  damaged.size = 4096;
  damaged.data.resize(4096);
  fs::remove(what.path);
  write_file(what.path, damaged);
  write_file(what.dir / "snapshots/1-2-8.snapshot", what.file);
  store = open_snapshots(what.dir);
  auto newest = store->newest(group);
  REQUIRE_FALSE(newest);
  CHECK(newest.error().text.find("was cut off") != std::string::npos);
  CHECK(names_of_snapshots(what.dir).size() == 2);
}

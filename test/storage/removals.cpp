// How files go, and how much at a time.

#include "caf/raft/storage/removals.hpp"

#include "storage/io.hpp"
#include "storage/snapshots.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

constexpr uint64_t slice = removals::slice;

/// Sees what becomes of files that have no name.
class watched_io : public fast_io {
public:
  int resize(int fd, off_t size) override {
    if (fails)
      return errno = EIO, -1;
    if (path_of(fd).ends_with(" (deleted)"))
      sizes.push_back(static_cast<uint64_t>(size));
    return fast_io::resize(fd, size);
  }

  int flush(int fd) override {
    if (path_of(fd).ends_with(" (deleted)"))
      ++flushes;
    return 0;
  }

  std::vector<uint64_t> sizes;
  size_t flushes = 0;
  bool fails = false;
};

std::string make_file(const temp_dir& dir, uint64_t size) {
  auto path = dir.path() + "/some file";
  std::ofstream{path} << "x";
  fs::resize_file(path, size);
  return path;
}

size_t steps_to_the_end(removals& of) {
  size_t result = 1;
  while (of.free_some())
    ++result;
  return result;
}

} // namespace

TEST_CASE("a file is removed at once and gives its room back in slices") {
  watched_io io;
  hooked hook{io};
  temp_dir dir;
  removals xs;
  auto path = make_file(dir, 3 * slice + 5);
  xs.remove(path);
  CHECK_FALSE(fs::exists(path));
  CHECK(io.sizes.empty());
  CHECK(steps_to_the_end(xs) == 4);
  CHECK(io.sizes == std::vector<uint64_t>{2 * slice + 5, slice + 5, 5});
  CHECK(io.flushes == 3);
  CHECK_FALSE(xs.free_some());
}

TEST_CASE("small files, none, and several") {
  watched_io io;
  hooked hook{io};
  temp_dir dir;
  removals xs;
  CHECK_FALSE(xs.free_some());
  xs.remove(dir.path() + "/is not there");
  CHECK_FALSE(xs.free_some());
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, slice})
    xs.remove(make_file(dir, size));
  xs.remove(make_file(dir, 2 * slice));
  CHECK(steps_to_the_end(xs) == 5);
  CHECK(io.sizes == std::vector<uint64_t>{slice});
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("a file that cannot be shortened goes at once") {
  watched_io io;
  hooked hook{io};
  temp_dir dir;
  removals xs;
  xs.remove(make_file(dir, 5 * slice));
  io.fails = true;
  CHECK_FALSE(xs.free_some());
}

TEST_CASE("what cannot be removed is told") {
  temp_dir dir;
  fs::create_directory(dir.path() + "/full");
  std::ofstream{dir.path() + "/full/x"} << "x";
  removals xs;
  CHECK_THROWS(xs.remove(dir.path() + "/full"));
}

TEST_CASE("a snapshot that was replaced is read to its end before it goes") {
  watched_io io;
  hooked hook{io};
  temp_dir dir;
  auto store = open_snapshots(dir);
  auto content = made_up_content(1, 10 << 20);
  take_all(*store, 5, content);
  auto reader = reader_of(*store);
  SUBCASE("by a newer one") {
    take_all(*store, 9, made_up_content(2, 100));
  }
  SUBCASE("by one of the same entry") {
    take_all(*store, 5, made_up_content(2, 100));
  }
  CHECK(names_of_snapshots(dir).size() == 1);
  while (store->free_some()) {
    // Of the one that was being written.
  }
  CHECK(io.sizes.empty());
  CHECK(*read_all(*reader) == content);
  reader.reset();
  CHECK(store->free_some());
  CHECK(io.sizes.size() == 1);
  while (store->free_some()) {
    // To the end.
  }
  CHECK(io.sizes.back() <= slice);
}

TEST_CASE("a reader that outlives the store") {
  temp_dir dir;
  fast_io fast;
  hooked hook{fast};
  auto store = open_snapshots(dir);
  auto content = made_up_content(1, 5 << 20);
  take_all(*store, 5, content);
  auto reader = reader_of(*store);
  take_all(*store, 6, made_up_content(2, 100));
  store.reset();
  CHECK(*read_all(*reader) == content);
}

TEST_CASE("what an earlier process left is removed in slices, too") {
  watched_io io;
  hooked hook{io};
  temp_dir dir;
  {
    auto store = open_snapshots(dir);
    take_all(*store, 5, made_up_content(1, 6 << 20));
  }
  auto old = names_of_snapshots(dir).front();
  fs::copy_file(dir.path() + "/snapshots/" + old, dir.path() + "/copy");
  {
    auto store = open_snapshots(dir);
    take_all(*store, 9, made_up_content(2, 100));
  }
  fs::rename(dir.path() + "/copy", dir.path() + "/snapshots/" + old);
  io.sizes.clear();
  auto store = open_snapshots(dir);
  CHECK(names_of_snapshots(dir).size() == 1);
  CHECK(io.sizes.empty());
  CHECK(store->free_some());
  CHECK(io.sizes.size() == 1);
}

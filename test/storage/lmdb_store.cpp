#include "caf/raft/storage/lmdb_store.hpp"

#include "caf/raft/storage/meta_pages.hpp"
#include "storage/child.hpp"
#include "storage/fixture.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

std::string data_path(const temp_dir& dir) {
  return dir / "log/data.mdb";
}

/// Replaces bytes of a file.
void patch(const std::string& path, off_t where,
           std::span<const std::byte> to) {
  auto data = file::open(path, O_RDWR);
  auto n = pwrite(data.descriptor(), to.data(), to.size(), where);
  REQUIRE(n == static_cast<ssize_t>(to.size()));
}

/// Stores a record behind the store's back.
void plant(const temp_dir& dir, std::string_view key, bytes_view value) {
  auto env = lmdb::environment::open(dir / "log", {MDB_NOTLS, 1 << 30, 16});
  lmdb::transaction txn{env, lmdb::transaction::access::write};
  txn.put(txn.main_table(), key, value);
  txn.put(txn.main_table(), commit_key, encode_commit(txn.id()));
  txn.commit();
}

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

/// Notes in which order files and directories were flushed.
struct flush_recorder : io_hooks {
  int flush(int fd) override {
    paths.push_back(path_of(fd));
    return 0;
  }

  /// Where a path was flushed first, counted from one; zero if never.
  size_t first(const std::string& path) const {
    auto i = std::find(paths.begin(), paths.end(), path);
    return i == paths.end() ? 0 : static_cast<size_t>(i - paths.begin() + 1);
  }

  std::vector<std::string> paths;
};

} // namespace

TEST_CASE("opening flushes the log and all names on the way to it") {
  temp_dir tmp;
  auto top = fs::canonical(tmp.path()).string();
  auto settings = settings_for(top + "/a/b");
  auto names = {top, top + "/a", top + "/a/b", top + "/a/b/log"};
  for (auto is_new : {true, false}) {
    CAPTURE(is_new);
    flush_recorder flushes;
    hooked hook{flushes};
    open_store(settings);
    // Whoever created them may have died before it could.
    for (auto& name : names)
      CHECK(flushes.first(name) > 0);
    CHECK(flushes.first(top + "/a/b/log/data.mdb") > 0);
    CHECK(flushes.paths.back() == top + "/a/b/log/data.mdb");
    // A log is complete before it gets its name.
    auto aside = top + "/a/b/log.new";
    CHECK((flushes.first(aside) > 0) == is_new);
    if (is_new)
      CHECK(flushes.first(aside + "/data.mdb") < flushes.first(aside));
    CHECK(flushes.first(aside) < flushes.first(top + "/a/b/log"));
  }
}

TEST_CASE("a new directory gets an incarnation and keeps it") {
  temp_dir dir;
  auto settings = settings_for(dir / "new");
  {
    auto store = open_store(settings);
    CHECK(store->who().id == server_id{1});
    CHECK(store->who().incarnation == incarnation_t{77});
    CHECK_FALSE(store->who().cluster);
    CHECK(store->who().zero == nullptr);
    CHECK(store->durable_commits() == 0);
  }
  settings.incarnation = incarnation_t{78};
  CHECK(open_store(settings)->who().incarnation == incarnation_t{77});
}

TEST_CASE("what was left of a creation that did not finish is made anew") {
  temp_dir dir;
  fs::create_directories(dir / "log.new");
  { file::open(dir / "log.new/data.mdb", O_RDWR | O_CREAT); }
  CHECK(open_store(settings_for(dir.path()))->who().id == server_id{1});
  CHECK_FALSE(fs::exists(dir / "log.new"));
}

TEST_CASE("a store is founded once and for ever") {
  temp_dir dir;
  auto zero = voters({1, 2, 3});
  {
    auto store = open_store(settings_for(dir.path()));
    REQUIRE(store->found(cluster_id{5}, zero));
    CHECK(store->found(cluster_id{5}, zero));
    auto other = store->found(cluster_id{6}, zero);
    REQUIRE_FALSE(other);
    CHECK(other.error().code == errc::wrong_cluster);
    CHECK(store->who().cluster == cluster_id{5});
  }
  auto store = open_store(settings_for(dir.path()));
  CHECK(store->who().cluster == cluster_id{5});
  CHECK(store->who().incarnation == incarnation_t{77});
  REQUIRE(store->who().zero != nullptr);
  CHECK(*store->who().zero == *zero);
}

TEST_CASE("founding makes the commits before it durable and counts as none") {
  temp_dir dir;
  auto store = open_store(settings_for(dir.path()));
  put(*store, appending(make_entries(1, 1, 3)));
  REQUIRE(store->found(cluster_id{5}, voters({1})));
  CHECK(store->durable_commits() == 1);
}

TEST_CASE("the directory of another server is refused") {
  temp_dir dir;
  auto settings = settings_for(dir.path());
  open_store(settings);
  settings.id = server_id{2};
  auto why = why_not(settings);
  CHECK(why.code == errc::storage_failed);
  CHECK(contains(why.text, dir.path()));
  CHECK(contains(why.text, "belongs to server 1, not to 2"));
}

TEST_CASE("a newer format is refused, whatever else is there") {
  temp_dir dir;
  open_store(settings_for(dir.path()));
  auto record = encode_format(3);
  plant(dir, format_key, record);
  plant(dir, "something", record);
  auto why = why_not(settings_for(dir.path()));
  CHECK(why.code == errc::storage_failed);
  CHECK(contains(why.text, "it has format 3; this version of the program knows"
                           " formats 1 to 2 only"));
}

TEST_CASE("unknown and missing records are refused") {
  temp_dir dir;
  open_store(settings_for(dir.path()));
  SUBCASE("unknown") {
    plant(dir, "something", as_bytes("else"));
    CHECK(contains(why_not(settings_for(dir.path())).text, "must not have"));
  }
  SUBCASE("a group without a log") {
    auto key = key_of(state_prefix, group_id{3});
    plant(dir, key, encode_state(key, {}));
    CHECK(contains(why_not(settings_for(dir.path())).text, "are missing"));
  }
  SUBCASE("a record under the key of another group") {
    plant(dir, "state.3", encode_state("state.4", {}));
    CHECK(contains(why_not(settings_for(dir.path())).text,
                   "state.3 fails its checksum"));
  }
}

TEST_CASE("a directory of the other byte order is refused") {
  temp_dir dir;
  open_store(settings_for(dir.path()));
  std::array<std::byte, 4> swapped{std::byte{0xbe}, std::byte{0xef},
                                   std::byte{0xc0}, std::byte{0xde}};
  patch(data_path(dir), 16, swapped);
  auto why = why_not(settings_for(dir.path()));
  CHECK(contains(why.text, "another byte order"));
}

TEST_CASE("a file that was cut off is refused") {
  temp_dir dir;
  auto settings = settings_for(dir.path());
  {
    auto store = open_store(settings);
    put(*store, appending(make_entries(1, 1, 500)));
  }
  uint64_t used = 0;
  {
    auto env = lmdb::environment::open(dir / "log", {0, 1 << 30, 16});
    used = (env.info().last_page + 1) * env.info().page_size;
  }
  fs::resize_file(data_path(dir), used);
  open_store(settings);
  for (auto size : {used - 1, used - 4096, uint64_t{8192}, uint64_t{4100},
                    uint64_t{100}, uint64_t{0}}) {
    fs::resize_file(data_path(dir), size);
    auto why = why_not(settings);
    CHECK(why.code == errc::storage_failed);
    CHECK(contains(why.text, "was cut off"));
  }
  fs::remove(data_path(dir));
  CHECK(contains(why_not(settings).text, "data.mdb: No such file"));
}

TEST_CASE("a file is not taken for cut off because of pages never written") {
  fast_io fast;
  hooked hook{fast};
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    temp_dir dir;
    auto store = open_store(settings_for(dir.path()));
    auto data = file::open(data_path(dir), O_RDONLY);
    generator numbers{seed};
    uint64_t last = 0;
    for (auto i = 0; i < 40; ++i) {
      // Pages of entries that go at once are freed before they are written.
      std::vector<log_write> batch;
      for (auto j = 0; j < 3; ++j) {
        auto xs = make_entries(last + 1, 1, numbers.below(200), 500);
        last += xs.size();
        batch.push_back(appending(std::move(xs)));
        if (last > 0 && numbers.one_in(2)) {
          last = numbers.below(last);
          batch.emplace_back().group = group;
          batch.back().truncate_from = index_t{last + 1};
        }
      }
      REQUIRE(store->commit(batch));
      CHECK_NOTHROW(check_meta_pages(data));
    }
  }
}

TEST_CASE("a store is not opened twice") {
  temp_dir dir;
  auto settings = settings_for(dir.path());
  auto store = open_store(settings);
  auto why = why_not(settings);
  CHECK(contains(why.text, dir.path()));
  CHECK(contains(why.text, "in use by this process"));
  store.reset();
  child other{[&](int out) {
    auto mine = open_log_store(settings);
    if (write(out, mine ? "y" : "n", 1) == 1)
      child::wait();
  }};
  REQUIRE(other.read() == 'y');
  CHECK(contains(why_not(settings).text, "in use by another process"));
}

TEST_CASE("meta pages that do not follow each other are refused") {
  temp_dir dir;
  {
    auto store = open_store(settings_for(dir.path()));
    for (uint64_t i = 1; i < 10; ++i)
      put(*store, appending(make_entries(i, 1, 1)));
  }
  // Commit 10 is the newest, and the number is the last one in its meta page.
  constexpr off_t number = 16 + 128;
  std::array<std::byte, 8> commit{};
  for (auto x : {12, 6, 11, 9}) {
    commit[0] = static_cast<std::byte>(x);
    patch(data_path(dir), number, commit);
    CHECK(contains(why_not(settings_for(dir.path())).text, "is damaged"));
  }
  commit[0] = std::byte{10};
  patch(data_path(dir), number, commit);
  CHECK(recovered(*open_store(settings_for(dir.path()))).last_index
        == index_t{9});
}

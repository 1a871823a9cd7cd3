// Snapshots in files: taken, received, read, replaced.

#include "caf/raft/storage/snapshot_files.hpp"

#include "storage/child.hpp"
#include "storage/io.hpp"
#include "storage/snapshots.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;

constexpr size_t some_bytes = 5 * chunk_bytes + 77;

/// Counts the chunks of what was received so far.
uint64_t received(const temp_dir& dir, const snapshot_head& head) {
  return receive(*open_snapshots(dir), head)->chunks();
}

std::string part_name(const snapshot_head& head, uint64_t boot) {
  return to_string(snapshot_name{group, snapshot_state::received, head.last,
                                 head.checksum, boot});
}

void make_file(const std::string& path) {
  std::ofstream{path} << "something";
}

} // namespace

TEST_CASE("a snapshot is taken, and read in a later life") {
  fast_io fast;
  hooked hook{fast};
  for (size_t size :
       {size_t{0}, size_t{1}, chunk_bytes - 1, chunk_bytes, chunk_bytes + 1,
        4 * chunk_bytes, 9 * chunk_bytes + 1000, 100 * chunk_bytes}) {
    CAPTURE(size);
    temp_dir dir;
    auto content = made_up_content(size, size);
    {
      auto store = open_snapshots(dir);
      CHECK_FALSE(*store->newest(group));
      auto to = take(*store, 9);
      REQUIRE(write_chunks(*to, content));
      CHECK_FALSE(*store->newest(group));
      REQUIRE(to->finish());
      CHECK(*newest_content(*store) == content);
    }
    CHECK(names_of_snapshots(dir) == names{"1-3-9.snapshot"});
    auto file_size = fs::file_size(dir / "snapshots/1-3-9.snapshot");
    CHECK(file_size < size + size / 33 + 64 * 1024);
    auto store = open_snapshots(dir);
    CHECK(*newest_content(*store) == content);
    auto head = **store->newest(group);
    CHECK(head.last == entry_id{term_t{3}, index_t{9}});
    CHECK(*head.members == *voters({1, 2, 3}));
    CHECK(head.members_index == index_t{2});
    CHECK_FALSE(*store->newest(group_id{2}));
  }
}

TEST_CASE("a snapshot is received") {
  temp_dir dir;
  auto content = made_up_content(1, some_bytes);
  auto head = head_of(9, content);
  auto store = open_snapshots(dir);
  auto to = receive(*store, head);
  REQUIRE(write_chunks(*to, content));
  CHECK_FALSE(*store->newest(group));
  REQUIRE(to->finish());
  CHECK(*newest_content(*store) == content);
  CHECK(names_of_snapshots(dir) == names{"1-3-9.snapshot"});
  SUBCASE("and not once more") {
    auto again = receive(*store, head);
    CHECK(again->chunks() == head.chunks());
    REQUIRE(again->finish());
    CHECK(again->finish()->is_same(head));
  }
  SUBCASE("and an older one is not") {
    CHECK(store->take(group, head_at(8)).error().code
          == errc::invalid_argument);
    CHECK(store->receive(group, head_of(8, content)).error().code
          == errc::invalid_argument);
  }
}

TEST_CASE("a transfer that was broken off goes on") {
  temp_dir dir;
  auto content = made_up_content(1, 20 * chunk_bytes + 5);
  auto head = head_of(9, content);
  uint64_t there = 0;
  SUBCASE("with a new writer") {
    auto store = open_snapshots(dir);
    auto first = receive(*store, head);
    REQUIRE(write_chunks(*first, content, 7));
    auto second = receive(*store, head);
    CHECK(second->chunks() == 7);
    // The first one has lost it.
    CHECK(first->chunks() == 0);
    CHECK(first->write(chunk_of(content, 7)).error().code
          == errc::invalid_argument);
    CHECK(first->finish().error().code == errc::invalid_argument);
    there = 7;
  }
  SUBCASE("in a new life") {
    auto store = open_snapshots(dir);
    auto to = receive(*store, head);
    REQUIRE(write_chunks(*to, content, 10));
    there = 10;
  }
  SUBCASE("after kill -9") {
    child process{[&](int out) {
      auto store = open_snapshots(dir);
      auto to = receive(*store, head);
      if (write_chunks(*to, content, 11) && write(out, "a", 1) == 1)
        child::wait();
    }};
    REQUIRE(process.read() == 'a');
    process.kill();
    process.join();
    there = 11;
  }
  CHECK(received(dir, head) == there);
  auto store = open_snapshots(dir);
  auto to = receive(*store, head);
  REQUIRE(write_chunks(*to, content));
  REQUIRE(to->finish());
  to.reset();
  CHECK(*newest_content(*store) == content);
}

TEST_CASE("of a beginning only what is right counts") {
  temp_dir dir;
  auto content = made_up_content(1, 20 * chunk_bytes + 5);
  auto head = head_of(9, content);
  REQUIRE(write_chunks(*receive(*open_snapshots(dir), head), content, 12));
  auto path = dir / "snapshots/" + part_name(head, this_boot());
  {
    auto env = lmdb::environment::open(
      path, {MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, 64 << 20, 1});
    lmdb::transaction txn{env, lmdb::transaction::access::write};
    auto table = *txn.open_table(std::string{chunk_table}, false);
    uint64_t number = 5;
    auto record = encode_chunk(6, chunk_of(content, 5));
    MDB_val key{sizeof(number), &number};
    MDB_val value{record.size(), record.data()};
    REQUIRE(mdb_put(txn.native(), table, &key, &value, 0) == 0);
    txn.commit();
  }
  auto store = open_snapshots(dir);
  auto to = receive(*store, head);
  CHECK(to->chunks() == 5);
  REQUIRE(write_chunks(*to, content));
  REQUIRE(to->finish());
  CHECK(*newest_content(*store) == content);
}

TEST_CASE("what another life of the machine received is thrown away") {
  temp_dir dir;
  auto content = made_up_content(1, 20 * chunk_bytes);
  auto head = head_of(9, content);
  REQUIRE(write_chunks(*receive(*open_snapshots(dir), head), content, 12));
  CHECK(received(dir, head) == 12);
  auto path = dir / "snapshots/";
  fs::rename(path + part_name(head, this_boot()), path + part_name(head, 5));
  auto store = open_snapshots(dir);
  CHECK(names_of_snapshots(dir).empty());
  CHECK(receive(*store, head)->chunks() == 0);
}

TEST_CASE("another snapshot begins anew") {
  temp_dir dir;
  auto content = made_up_content(1, some_bytes);
  auto store = open_snapshots(dir);
  auto head = head_of(9, content);
  auto first = receive(*store, head);
  REQUIRE(write_chunks(*first, content, 4));
  SUBCASE("of another place") {
    CHECK(receive(*store, head_of(10, content))->chunks() == 0);
  }
  SUBCASE("of the same place, with another content") {
    auto other = receive(*store, head_of(9, made_up_content(2, some_bytes)));
    CHECK(other->chunks() == 0);
  }
  SUBCASE("that is taken here") {
    auto other = take(*store, 9);
    CHECK(other->chunks() == 0);
    CHECK(names_of_snapshots(dir) == names{"1.new"});
  }
  CHECK_FALSE(first->finish());
  CHECK(receive(*store, head)->chunks() == 0);
  // Other groups do not care.
  auto others = store->receive(group_id{2}, head);
  REQUIRE(others);
  REQUIRE(write_chunks(**others, content, 4));
  take_all(*store, 11, content);
  CHECK(write_chunks(**others, content));
  CHECK((*others)->finish());
}

TEST_CASE("what is not what was announced is refused, and gone") {
  temp_dir dir;
  auto content = made_up_content(1, some_bytes);
  auto store = open_snapshots(dir);
  auto to = receive(*store, head_of(9, content));
  auto code = [&](bytes_view chunk) { return to->write(chunk).error().code; };
  CHECK(code(bytes_view{content}.first(5)) == errc::invalid_argument);
  CHECK(code(bytes_view{content}.first(chunk_bytes + 1))
        == errc::invalid_argument);
  CHECK(code({}) == errc::invalid_argument);
  SUBCASE("too little") {
    REQUIRE(write_chunks(*to, content, 5));
  }
  SUBCASE("something else") {
    REQUIRE(write_chunks(*to, made_up_content(2, some_bytes)));
    CHECK(code(bytes_view{content}.first(1)) == errc::invalid_argument);
  }
  auto result = to->finish();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::invalid_argument);
  CHECK_FALSE(to->finish());
  CHECK(names_of_snapshots(dir).empty());
  CHECK_FALSE(*store->newest(group));
  CHECK(receive(*store, head_of(9, content))->chunks() == 0);
}

TEST_CASE("a snapshot that is replaced stays readable") {
  temp_dir dir;
  auto store = open_snapshots(dir);
  auto first = made_up_content(1, some_bytes);
  auto second = made_up_content(2, some_bytes);
  take_all(*store, 9, first);
  auto reader = reader_of(*store);
  auto another = reader_of(*store);
  take_all(*store, 10, second);
  CHECK(names_of_snapshots(dir) == names{"1-3-10.snapshot"});
  CHECK(*read_all(*reader) == first);
  CHECK(*newest_content(*store) == second);
  // Taken once more at the same place.
  take_all(*store, 10, first);
  store.reset();
  CHECK(*read_all(*another) == first);
  CHECK(*newest_content(*open_snapshots(dir)) == first);
}

TEST_CASE("what nobody wants is removed at the start") {
  temp_dir dir;
  auto content = made_up_content(1, some_bytes);
  {
    auto store = open_snapshots(dir);
    auto taken = take(*store, 5);
  }
  CHECK(names_of_snapshots(dir).empty());
  take_all(*open_snapshots(dir), 9, content);
  auto path = dir / "snapshots/";
  fs::copy_file(path + "1-3-9.snapshot", path + "1-2-8.snapshot");
  for (auto* name : {"1.new", "2.new", "README", "1-2.snapshot"})
    make_file(path + name);
  // Not newer than what is complete.
  make_file(path + part_name(head_of(9, content), this_boot()));
  auto newer = part_name(head_of(10, content), this_boot());
  make_file(path + newer);
  auto store = open_snapshots(dir);
  CHECK(names_of_snapshots(dir)
        == names{"1-2.snapshot", newer, "1-3-9.snapshot", "README"});
  CHECK(*newest_content(*store) == content);
  // That was no beginning.
  CHECK(receive(*store, head_of(10, content))->chunks() == 0);
}

TEST_CASE("a snapshot larger than the limit is refused") {
  temp_dir dir;
  auto store = snapshot_files::open(dir.path(), plain_codec(), 32 << 20);
  REQUIRE(store);
  auto head = head_at(9);
  head.size = (32 << 20) + 1;
  CHECK((*store)->receive(group, head).error().code == errc::too_large);
  auto to = take(**store, 9);
  auto written = write_chunks(*to, made_up_content(1, 64 << 20));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == errc::no_space);
}

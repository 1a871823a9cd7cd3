#include "caf/raft/testing/sim_snapshots.hpp"

#include "caf/raft/crc32c.hpp"
#include "caf/raft/testing/sim_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

constexpr group_id one{1};
constexpr group_id two{2};

/// Two full chunks and a little more.
bytes content_of(uint64_t seed, size_t size = 2 * snapshot_chunk_bytes + 100) {
  bytes result(size);
  random_source rng{seed};
  for (auto& x : result)
    x = static_cast<std::byte>(rng());
  return result;
}

snapshot_head head_at(uint64_t index) {
  snapshot_head result;
  result.last = {term_t{1}, index_t{index}};
  result.members = std::make_shared<configuration>();
  result.members_index = index_t{1};
  return result;
}

snapshot_head head_of(uint64_t index, const bytes& content) {
  auto result = head_at(index);
  result.size = content.size();
  result.checksum = crc32c(0, content);
  return result;
}

bytes_view chunk_of(const bytes& content, uint64_t number) {
  auto rest = bytes_view{content}.subspan(number * snapshot_chunk_bytes);
  return rest.first(std::min(rest.size(), snapshot_chunk_bytes));
}

/// Writes what is not there, up to a chunk.
void write(storage::snapshot_writer& to, const bytes& content, uint64_t end) {
  for (auto i = to.chunks(); i < end; ++i)
    REQUIRE(to.write(chunk_of(content, i)));
}

bytes read_all(storage::snapshot_reader& from) {
  bytes result;
  for (uint64_t i = 0; i < from.head().chunks(); ++i) {
    auto chunk = from.read(i);
    REQUIRE(chunk);
    result.insert(result.end(), chunk->begin(), chunk->end());
  }
  return result;
}

std::unique_ptr<storage::snapshot_writer>
receiving(storage::snapshot_store& store, const snapshot_head& what) {
  auto result = store.receive(one, what);
  REQUIRE(result);
  return std::move(*result);
}

void take(storage::snapshot_store& store, uint64_t index,
          const bytes& content) {
  auto to = store.take(one, head_at(index));
  REQUIRE(to);
  write(**to, content, 3);
  auto head = (*to)->finish();
  REQUIRE(head);
  CHECK(head->is_same(head_of(index, content)));
}

} // namespace

TEST_CASE("a snapshot is taken, kept and read") {
  sim_disk disk{server_id{1}, incarnation_t{7}};
  auto content = content_of(1);
  {
    auto store = disk.snapshots().open();
    CHECK(!*store->newest(one));
    take(*store, 9, content);
  }
  random_source rng{1};
  disk.lose_power(rng);
  auto store = disk.snapshots().open();
  auto newest = store->newest(one);
  REQUIRE(newest);
  REQUIRE(*newest);
  CHECK((*newest)->is_same(head_of(9, content)));
  CHECK(read_all(**store->open(one)) == content);
  CHECK(!*store->newest(two));
  disk.wipe(incarnation_t{8});
  CHECK(disk.snapshots().newest(one) == nullptr);
}

TEST_CASE("a snapshot that is replaced stays readable") {
  sim_snapshot_disk disk;
  auto store = disk.open();
  take(*store, 9, content_of(1));
  auto reader = store->open(one);
  REQUIRE(reader);
  take(*store, 12, content_of(2));
  CHECK(read_all(**reader) == content_of(1));
  CHECK(disk.newest(one)->last.index == index_t{12});
  auto older = store->take(one, head_at(11));
  REQUIRE(!older);
  CHECK(older.error().code == errc::invalid_argument);
}

TEST_CASE("what is being taken ends with the process") {
  sim_snapshot_disk disk;
  auto store = disk.open();
  auto to = store->take(one, head_at(9));
  REQUIRE(to);
  write(**to, content_of(1), 2);
  CHECK(disk.newest(one) == nullptr);
  disk.kill();
  CHECK(!(*to)->finish());
  CHECK(!store->newest(one));
  CHECK(!*disk.open()->newest(one));
}

TEST_CASE("what is being received goes on in the next life") {
  sim_snapshot_disk disk;
  auto content = content_of(1);
  auto head = head_of(9, content);
  write(*receiving(*disk.open(), head), content, 2);
  SUBCASE("of the process") {
    auto store = disk.open();
    auto to = receiving(*store, head);
    CHECK(to->chunks() == 2);
    write(*to, content, 3);
    CHECK(to->finish());
    CHECK(read_all(**store->open(one)) == content);
    // It is there already.
    auto again = receiving(*store, head);
    CHECK(again->chunks() == 3);
    CHECK(again->finish());
  }
  SUBCASE("of the machine, with a few chunks at most") {
    std::set<uint64_t> kept;
    for (uint64_t seed = 0; seed < 30; ++seed) {
      auto store = disk.open();
      auto to = receiving(*store, head);
      write(*to, content, 2);
      random_source rng{seed};
      disk.lose_power(rng);
      kept.insert(disk.received(one));
    }
    CHECK(kept == std::set<uint64_t>{0, 1, 2});
  }
  SUBCASE("unless another one is begun") {
    auto store = disk.open();
    auto first = receiving(*store, head);
    auto second = receiving(*store, head_of(9, content_of(2)));
    CHECK(second->chunks() == 0);
    CHECK(first->write(chunk_of(content, 2)).error().code
          == errc::invalid_argument);
    CHECK(receiving(*store, head)->chunks() == 0);
  }
}

TEST_CASE("what is not as announced is refused, and gone") {
  sim_snapshot_disk disk;
  auto content = content_of(1);
  auto store = disk.open();
  auto to = receiving(*store, head_of(9, content));
  CHECK(!to->write(bytes_view{content}.first(10)));
  write(*to, content_of(2), 3);
  CHECK(!to->write(bytes_view{content}.first(10)));
  auto result = to->finish();
  REQUIRE(!result);
  CHECK(result.error().code == errc::invalid_argument);
  CHECK(disk.newest(one) == nullptr);
  CHECK(receiving(*store, head_of(9, content))->chunks() == 0);
}

TEST_CASE("a full disk takes no chunk, and the same one later") {
  sim_snapshot_disk disk;
  auto content = content_of(1);
  auto store = disk.open();
  auto to = store->take(one, head_at(9));
  REQUIRE(to);
  write(**to, content, 2);
  disk.fill();
  CHECK((*to)->write(chunk_of(content, 2)).error().code == errc::no_space);
  CHECK((*to)->finish().error().code == errc::no_space);
  CHECK((*to)->chunks() == 2);
  disk.clear_space();
  write(**to, content, 3);
  CHECK((*to)->finish());
  CHECK(read_all(**store->open(one)) == content);
}

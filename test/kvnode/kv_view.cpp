#include "kvnode/kv_view.hpp"

#include "kvnode/kv_loader.hpp"
#include "kvnode/kv_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace kvnode;
using caf::raft::as_bytes;
using caf::raft::bytes;
using caf::raft::bytes_view;
using caf::raft::index_t;
using caf::raft::state_view;
using caf::raft::to_bytes;

namespace {

using when = condition::kind_t;

struct held_item {
  std::string key;
  uint64_t version;
  bytes value;

  bool operator==(const held_item&) const = default;
};

using content = std::vector<held_item>;

struct fixture {
  kv_store store;
  index_t last;

  void run(const command& cmd) {
    ++last;
    store.apply(last, encode(cmd));
  }

  void put(std::string_view key, std::string_view value, condition only = {}) {
    run({command::op_t::put, key, as_bytes(value), only});
  }

  void del(std::string_view key, condition only = {}) {
    run({command::op_t::del, key, {}, only});
  }

  /// All keys, versions and values.
  content all() {
    content result;
    std::string start;
    do {
      auto page
        = store.query(encode(query{query::op_t::list, {}, {}, start, 1000}));
      auto what = decode_answer(page);
      REQUIRE(what);
      for (auto& x : what->items)
        result.push_back({std::string{x.key},
                          x.version.value,
                          {x.value.begin(), x.value.end()}});
      start = what->next;
    } while (!start.empty());
    return result;
  }
};

constexpr auto whole = std::numeric_limits<uint32_t>::max();

/// What is left of a view.
bytes rest_of(state_view& from, size_t wanted = whole) {
  bytes result;
  while (from.read(result, wanted)) {
    // nop
  }
  return result;
}

bytes bytes_of(kv_store& store, size_t wanted = whole) {
  return rest_of(*store.view(), wanted);
}

void load(kv_store& to, bytes_view from, size_t piece = whole) {
  auto loader = to.loader();
  while (!from.empty()) {
    auto n = std::min(piece, from.size());
    loader->write(from.first(n));
    from = from.subspan(n);
  }
  loader->finish();
}

content loaded(bytes_view from, size_t piece = whole) {
  fixture result;
  load(result.store, from, piece);
  return result.all();
}

/// Writes and deletes of few keys, some under conditions.
class writer {
public:
  writer(fixture& to, uint32_t seed) : to_(to), rng_(seed) {
    // nop
  }

  void write(size_t count) {
    while (count-- > 0)
      write_one();
  }

  size_t draw(size_t end) {
    return rng_() % end;
  }

private:
  void write_one() {
    // Some before and some behind all others.
    auto key = std::string(draw(4), 'k') + std::to_string(draw(60));
    condition only;
    if (draw(4) == 0)
      only = {draw(2) == 0 ? when::absent : when::present, {}};
    if (draw(3) == 0)
      to_.del(key, only);
    else
      to_.put(key, std::string(draw(40), static_cast<char>('a' + draw(26))),
              only);
  }

  fixture& to_;
  std::mt19937 rng_;
};

} // namespace

TEST_CASE("a view shows what was there when it began, whatever is written") {
  for (size_t piece : {1, 7, 64, 300, 5000}) {
    for (uint32_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(piece);
      CAPTURE(seed);
      fixture kv;
      writer writes{kv, seed};
      writes.write(writes.draw(400));
      auto before = kv.all();
      auto view = kv.store.view();
      bytes got;
      bool more = true;
      while (more) {
        more = view->read(got, piece);
        writes.write(writes.draw(12));
      }
      view.reset();
      REQUIRE(loaded(got, 1 + writes.draw(100)) == before);
      // And nobody else was disturbed.
      REQUIRE(loaded(bytes_of(kv.store)) == kv.all());
    }
  }
}

TEST_CASE("a view that is dropped leaves no trace, wherever it was") {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    fixture kv;
    writer writes{kv, seed};
    writes.write(200);
    auto dropped = kv.store.view();
    bytes begun;
    for (size_t reads = writes.draw(20); reads > 0; --reads) {
      dropped->read(begun, 50);
      writes.write(5);
    }
    dropped.reset();
    writes.write(20);
    auto before = kv.all();
    auto second = kv.store.view();
    writes.write(50);
    REQUIRE(loaded(rest_of(*second, 100)) == before);
  }
}

TEST_CASE("an empty store has a snapshot too") {
  fixture kv;
  auto view = kv.store.view();
  kv.put("a", "1");
  auto empty = rest_of(*view);
  CHECK(empty.size() == 16);
  view.reset();
  load(kv.store, empty);
  CHECK(kv.store.size() == 0);
  CHECK(kv.all().empty());
  kv.put("b", "2");
  CHECK(kv.all().size() == 1);
}

TEST_CASE("keys of any bytes and empty values come back") {
  fixture kv;
  kv.put("", "the empty key");
  kv.put(std::string{"\0", 1}, "");
  kv.put(std::string{"\xff\0\xff", 3}, "x");
  CHECK(loaded(bytes_of(kv.store, 1), 1) == kv.all());
}

TEST_CASE("the bytes say what is documented") {
  fixture kv;
  kv.put("b", "xyz");
  auto number = [](char x) { return std::string{x} + std::string(7, '\0'); };
  CHECK(bytes_of(kv.store)
        == to_bytes(number(1) + number(1) + number(1) + number(3) + number(1)
                    + "bxyz"));
}

TEST_CASE("the same state gives the same bytes, whatever its history") {
  fixture one;
  fixture two;
  // Keys that come and go shuffle a hash table.
  for (int i = 0; i < 500; ++i)
    two.store.apply(
      index_t{1},
      encode(command{command::op_t::put, "x" + std::to_string(i), {}, {}}));
  for (int i = 0; i < 500; ++i)
    two.store.apply(
      index_t{1},
      encode(command{command::op_t::del, "x" + std::to_string(i), {}, {}}));
  writer{one, 3}.write(1000);
  writer{two, 3}.write(1000);
  auto all = bytes_of(one.store);
  CHECK(all == bytes_of(two.store));
  CHECK(all == bytes_of(two.store, 33));
  fixture three;
  load(three.store, all);
  CHECK(all == bytes_of(three.store));
}

TEST_CASE("a piece ends inside of a huge value") {
  constexpr size_t piece = 256 << 10;
  fixture kv;
  std::string huge(28 << 20, 'x');
  huge.back() = 'y';
  kv.put("a", "1");
  kv.put("b", huge);
  kv.put("c", "2");
  auto before = kv.all();
  auto view = kv.store.view();
  bytes got;
  size_t reads = 0;
  size_t most = 0;
  bool more = true;
  while (more) {
    bytes some;
    more = view->read(some, piece);
    most = std::max(most, some.size());
    got.insert(got.end(), some.begin(), some.end());
    if (++reads == 10)
      kv.put("b", "overwritten while it was given");
    if (reads == 20)
      kv.del("b");
  }
  CHECK(most <= piece + 64);
  CHECK(reads == 28 * 4 + 1);
  // (Not ==, which would print it.)
  bool same = loaded(got, piece) == before;
  CHECK(same);
}

TEST_CASE("what came behind the last key of a view costs nothing") {
  fixture kv;
  kv.put("m", "1");
  auto view = kv.store.view();
  for (int i = 0; i < 10'000; ++i)
    kv.put("n" + std::to_string(i), "late");
  bytes got;
  CHECK_FALSE(view->read(got, whole));
  CHECK(loaded(got).size() == 1);
}

TEST_CASE("a read walks past a bounded number of keys that came later") {
  fixture kv;
  kv.put("a", "1");
  kv.put("z", "2");
  auto before = kv.all();
  auto view = kv.store.view();
  for (size_t i = 0; i < 3 * kv_view::max_passed_over; ++i)
    kv.put("b" + std::to_string(i), "late");
  bytes got;
  size_t reads = 1;
  while (view->read(got, whole))
    ++reads;
  CHECK(reads == 4);
  CHECK(loaded(got) == before);
}

TEST_CASE("a view outlives the state that it shows, and the store") {
  auto kv = std::make_unique<fixture>();
  kv->put("a", "1");
  kv->put("b", "2");
  auto before = kv->all();
  auto view = kv->store.view();
  fixture other;
  load(kv->store, bytes_of(other.store));
  kv->put("a", "3");
  auto second = kv->store.view();
  CHECK(loaded(rest_of(*second)) == kv->all());
  second.reset();
  kv.reset();
  CHECK(loaded(rest_of(*view)) == before);
}

TEST_CASE("a store goes on as it was until all is loaded") {
  fixture from;
  writer{from, 5}.write(300);
  auto all = bytes_of(from.store);
  fixture to;
  to.put("k1", "old");
  auto loader = to.store.loader();
  loader->write(bytes_view{all}.first(all.size() / 2));
  to.put("k2", "newer");
  CHECK(to.all().size() == 2);
  loader->write(bytes_view{all}.subspan(all.size() / 2));
  CHECK(to.all().size() == 2);
  loader->finish();
  loader.reset();
  CHECK(to.all() == from.all());
  // Its index was loaded with it.
  from.del("k10");
  from.put("k2", "after");
  to.last = from.last;
  to.store.apply(to.last, encode(command{command::op_t::del, "k10", {}, {}}));
  to.put("k2", "after");
  from.last = to.last;
  from.put("k2", "after");
  to.last = from.last - 1;
  to.put("k2", "after");
  CHECK(bytes_of(to.store) == bytes_of(from.store));
}

// -- damage -------------------------------------------------------------------

namespace {

std::string refusal_of(fixture& to, bytes_view from, size_t piece = whole) {
  try {
    load(to.store, from, piece);
  } catch (const std::runtime_error& x) {
    return x.what();
  }
  return {};
}

/// @returns What was said, if the store is as it was.
std::string refused(bytes_view from, size_t piece = whole) {
  fixture to;
  to.put("here", "before");
  auto before = to.all();
  auto result = refusal_of(to, from, piece);
  CHECK(to.all() == before);
  return result;
}

bytes joined(bytes_view head, std::vector<bytes_view> parts) {
  bytes result{head.begin(), head.end()};
  for (auto x : parts)
    result.insert(result.end(), x.begin(), x.end());
  return result;
}

/// A snapshot of two records, and where its parts are.
struct sample {
  bytes all;
  bytes_view head;
  bytes_view first;
  bytes_view second;

  sample() {
    fixture kv;
    kv.put("a", "11");
    kv.put("b", "22");
    all = bytes_of(kv.store);
    head = bytes_view{all}.first(16);
    first = bytes_view{all}.subspan(16, 27);
    second = bytes_view{all}.subspan(43);
  }
};

bool says(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("a snapshot that was cut off anywhere is refused") {
  sample x;
  for (size_t size = 0; size < x.all.size(); ++size) {
    CAPTURE(size);
    for (size_t piece : {size_t{1}, size_t{whole}})
      CHECK(says(refused(bytes_view{x.all}.first(size), piece),
                 "its end is missing"));
  }
  fixture to;
  CHECK(refusal_of(to, x.all, 1).empty());
}

TEST_CASE("keys that are out of order or come twice are refused") {
  sample x;
  CHECK(says(refused(joined(x.head, {x.second, x.first})), "not in order"));
  CHECK(says(refused(joined(x.head, {x.first, x.first})), "not in order"));
}

TEST_CASE("a snapshot that goes on behind its end is refused") {
  sample x;
  for (size_t piece : {size_t{1}, size_t{whole}}) {
    CHECK(says(refused(joined(x.all, {x.second}), piece), "goes on behind"));
    CHECK(says(refused(joined(x.all, {x.head.first(1)}), piece), //
               "goes on behind"));
  }
}

TEST_CASE("another format is refused") {
  sample x;
  x.all[0] = std::byte{2};
  CHECK(says(refused(x.all), "format 2"));
  x.all[0] = std::byte{1};
  x.all[7] = std::byte{1};
  CHECK(says(refused(x.all), "update this member"));
}

TEST_CASE("what is announced but never comes takes no memory") {
  sample x;
  // The count, the size of a key, and that of a value.
  for (size_t place : {8, 16, 24}) {
    for (auto& byte : bytes_view{x.all}.subspan(place, 8)) {
      auto damaged = x.all;
      damaged[static_cast<size_t>(&byte - x.all.data())] = std::byte{0xff};
      CHECK_FALSE(refused(damaged).empty());
    }
  }
}

TEST_CASE("no damage of a byte makes anything but a refusal or another state") {
  sample x;
  for (size_t at = 0; at < x.all.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = x.all;
      damaged[at] ^= static_cast<std::byte>(1 << bit);
      fixture to;
      if (refusal_of(to, damaged).empty())
        CHECK(bytes_of(to.store) == damaged);
    }
  }
}

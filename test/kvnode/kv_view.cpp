#include "kvnode/kv_view.hpp"

#include "kvnode/support/kv_fixture.hpp"

#include <memory>
#include <random>

using namespace kvnode;
using namespace kvnode::testing;
using raft::to_bytes;

namespace {

using when = condition::kind_t;

/// Writes and deletes of few keys, some under conditions.
class writer {
public:
  writer(kv_fixture& to, uint32_t seed) : to_(to), rng_(seed) {
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

  kv_fixture& to_;
  std::mt19937 rng_;
};

} // namespace

TEST_CASE("a view shows what was there when it began, whatever is written") {
  for (size_t piece : {1, 7, 64, 300, 5000}) {
    for (uint32_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(piece);
      CAPTURE(seed);
      kv_fixture kv;
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
    kv_fixture kv;
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
  kv_fixture kv;
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
  kv_fixture kv;
  kv.put("", "the empty key");
  kv.put(std::string{"\0", 1}, "");
  kv.put(std::string{"\xff\0\xff", 3}, "x");
  CHECK(loaded(bytes_of(kv.store, 1), 1) == kv.all());
}

TEST_CASE("the bytes say what is documented") {
  kv_fixture kv;
  kv.put("b", "xyz");
  auto number = [](char x) { return std::string{x} + std::string(7, '\0'); };
  CHECK(bytes_of(kv.store)
        == to_bytes(number(1) + number(1) + number(1) + number(3) + number(1)
                    + "bxyz"));
}

TEST_CASE("the same state gives the same bytes, whatever its history") {
  kv_fixture one;
  kv_fixture two;
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
  kv_fixture three;
  load(three.store, all);
  CHECK(all == bytes_of(three.store));
}

TEST_CASE("a piece ends inside of a huge value") {
  constexpr size_t piece = 256 << 10;
  kv_fixture kv;
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
  kv_fixture kv;
  kv.put("m", "1");
  auto view = kv.store.view();
  for (int i = 0; i < 10'000; ++i)
    kv.put("n" + std::to_string(i), "late");
  bytes got;
  CHECK_FALSE(view->read(got, whole));
  CHECK(loaded(got).size() == 1);
}

TEST_CASE("a read walks past a bounded number of keys that came later") {
  kv_fixture kv;
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
  auto kv = std::make_unique<kv_fixture>();
  kv->put("a", "1");
  kv->put("b", "2");
  auto before = kv->all();
  auto view = kv->store.view();
  kv_fixture other;
  load(kv->store, bytes_of(other.store));
  kv->put("a", "3");
  auto second = kv->store.view();
  CHECK(loaded(rest_of(*second)) == kv->all());
  second.reset();
  kv.reset();
  CHECK(loaded(rest_of(*view)) == before);
}

#include "kvnode/kv_loader.hpp"

#include "kvnode/support/kv_fixture.hpp"

#include <stdexcept>

using namespace kvnode;
using namespace kvnode::testing;

namespace {

std::string refusal_of(kv_fixture& to, bytes_view from, size_t piece = whole) {
  try {
    load(to.store, from, piece);
  } catch (const std::runtime_error& x) {
    return x.what();
  }
  return {};
}

/// @returns What was said, if the store is as it was.
std::string refused(bytes_view from, size_t piece = whole) {
  kv_fixture to;
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
    kv_fixture kv;
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
  kv_fixture to;
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
      kv_fixture to;
      if (refusal_of(to, damaged).empty())
        CHECK(bytes_of(to.store) == damaged);
    }
  }
}

TEST_CASE("a store goes on as it was until all is loaded") {
  kv_fixture from;
  for (int i = 0; i < 100; ++i)
    from.put("k" + std::to_string(i), std::string(i, 'v'));
  auto all = bytes_of(from.store);
  kv_fixture to;
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
  to.last = from.last;
  for (auto* x : {&from, &to}) {
    x->put("k2", "after");
    x->del("k10");
  }
  CHECK(to.all() == from.all());
  CHECK(bytes_of(to.store) == bytes_of(from.store));
}

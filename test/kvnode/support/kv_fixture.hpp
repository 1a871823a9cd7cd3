#pragma once

// A store with what is in it, and its snapshots.

#include "kvnode/kv_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace kvnode::testing {

using raft::as_bytes;
using raft::bytes;
using raft::bytes_view;
using raft::index_t;
using raft::state_view;

struct held_item {
  std::string key;
  uint64_t version;
  bytes value;

  bool operator==(const held_item&) const = default;
};

using content = std::vector<held_item>;

struct kv_fixture {
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

/// For pieces: all at once.
constexpr auto whole = std::numeric_limits<uint32_t>::max();

/// What is left of a view.
inline bytes rest_of(state_view& from, size_t wanted = whole) {
  bytes result;
  while (from.read(result, wanted)) {
    // nop
  }
  return result;
}

inline bytes bytes_of(kv_store& store, size_t wanted = whole) {
  return rest_of(*store.view(), wanted);
}

inline void load(kv_store& to, bytes_view from, size_t piece = whole) {
  auto loader = to.loader();
  while (!from.empty()) {
    auto n = std::min(piece, from.size());
    loader->write(from.first(n));
    from = from.subspan(n);
  }
  loader->finish();
}

inline content loaded(bytes_view from, size_t piece = whole) {
  kv_fixture result;
  load(result.store, from, piece);
  return result.all();
}

} // namespace kvnode::testing

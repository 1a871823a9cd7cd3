#include "kvnode/kv_store.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

using namespace kvnode;
using caf::raft::as_bytes;
using caf::raft::as_text;
using caf::raft::bytes;
using caf::raft::index_t;

namespace {

using kind = answer::kind_t;
using when = condition::kind_t;

/// An answer with the bytes that it points into.
struct held_answer {
  bytes from;
  answer value;
};

held_answer held(bytes from) {
  auto value = decode_answer(from);
  REQUIRE(value);
  return {std::move(from), *value};
}

struct fixture {
  kv_store store;
  index_t last;

  held_answer run(const command& cmd) {
    ++last;
    return held(store.apply(last, encode(cmd)));
  }

  held_answer put(std::string_view key, std::string_view value,
                  condition only = {}) {
    return run({command::op_t::put, key, as_bytes(value), only});
  }

  held_answer del(std::string_view key, condition only = {}) {
    return run({command::op_t::del, key, {}, only});
  }

  held_answer get(std::string_view key) {
    return held(store.query(encode(query{query::op_t::get, key, {}, {}, 0})));
  }

  held_answer list(std::string_view prefix, std::string_view start,
                   uint32_t limit) {
    return held(
      store.query(encode(query{query::op_t::list, {}, prefix, start, limit})));
  }

  std::vector<std::string> keys(std::string_view prefix, std::string_view start,
                                uint32_t limit) {
    std::vector<std::string> result;
    for (auto& x : list(prefix, start, limit).value.items)
      result.emplace_back(x.key);
    return result;
  }
};

using keys = std::vector<std::string>;

} // namespace

TEST_CASE("what was put can be got with the index of the write") {
  fixture kv;
  CHECK(kv.get("a").value.kind == kind::not_found);
  CHECK(kv.put("a", "1").value.kind == kind::done);
  auto second = kv.put("a", "2");
  CHECK(second.value.version == index_t{2});
  auto found = kv.get("a");
  CHECK(found.value.kind == kind::found);
  CHECK(as_text(found.value.value) == "2");
  CHECK(found.value.version == index_t{2});
}

TEST_CASE("a value may be empty and a key any bytes") {
  fixture kv;
  std::string key{"\0\xff/", 3};
  kv.put(key, "");
  auto found = kv.get(key);
  CHECK(found.value.kind == kind::found);
  CHECK(found.value.value.empty());
  CHECK(kv.keys("", "", 10) == keys{key});
}

TEST_CASE("a delete answers whether there was anything") {
  fixture kv;
  CHECK(kv.del("a").value.kind == kind::not_found);
  kv.put("a", "1");
  auto gone = kv.del("a");
  CHECK(gone.value.kind == kind::done);
  CHECK_FALSE(gone.value.version);
  CHECK(kv.get("a").value.kind == kind::not_found);
  CHECK(kv.keys("", "", 10).empty());
  CHECK(kv.store.size() == 0);
}

TEST_CASE("a write takes place only where its condition holds") {
  struct row {
    condition only;
    bool if_absent;
    bool if_version_1;
  };
  for (auto& x : std::vector<row>{
         {{when::always, {}}, true, true},
         {{when::absent, {}}, true, false},
         {{when::present, {}}, false, true},
         {{when::version, index_t{1}}, false, true},
         {{when::version, index_t{2}}, false, false},
         {{when::version, index_t{0}}, false, false},
       }) {
    for (bool there : {false, true}) {
      for (bool deletes : {false, true}) {
        fixture kv;
        if (there)
          kv.put("a", "old");
        auto result = deletes ? kv.del("a", x.only) : kv.put("a", "b", x.only);
        auto takes_place = there ? x.if_version_1 : x.if_absent;
        CAPTURE(there);
        CAPTURE(deletes);
        CAPTURE(static_cast<int>(x.only.kind));
        CAPTURE(x.only.version.value);
        if (!takes_place) {
          CHECK(result.value.kind == kind::precondition_failed);
          CHECK(result.value.version == index_t{there ? 1u : 0u});
          CHECK(as_text(kv.get("a").value.value) == (there ? "old" : ""));
        } else if (deletes) {
          CHECK(result.value.kind == (there ? kind::done : kind::not_found));
          CHECK(kv.get("a").value.kind == kind::not_found);
        } else {
          CHECK(result.value.kind == kind::done);
          CHECK(as_text(kv.get("a").value.value) == "b");
        }
      }
    }
  }
}

TEST_CASE("a list has the keys with a prefix in order of their bytes") {
  fixture kv;
  for (auto key : {"b", "a/2", "a/10", "a/1", "a", "\xff", "A"})
    kv.put(key, key);
  CHECK(kv.keys("", "", 10)
        == keys{"A", "a", "a/1", "a/10", "a/2", "b", "\xff"});
  CHECK(kv.keys("a/", "", 10) == keys{"a/1", "a/10", "a/2"});
  CHECK(kv.keys("a/", "a/10", 10) == keys{"a/10", "a/2"});
  CHECK(kv.keys("a/", "A", 10) == keys{"a/1", "a/10", "a/2"});
  CHECK(kv.keys("a/", "b", 10).empty());
  CHECK(kv.keys("c", "", 10).empty());
  auto page = kv.list("a", "", 2);
  CHECK(as_text(page.value.items[1].value) == "a/1");
  CHECK(page.value.items[1].version == index_t{4});
  CHECK(page.value.next == "a/10");
  CHECK(kv.list("a", "a/10", 2).value.next.empty());
}

TEST_CASE("pages meet without a gap") {
  fixture kv;
  for (int i = 0; i < 250; ++i)
    kv.put("k" + std::to_string(i), "v");
  keys all;
  std::string start;
  do {
    auto page = kv.list("k", start, 7);
    for (auto& x : page.value.items)
      all.emplace_back(x.key);
    start = page.value.next;
  } while (!start.empty());
  CHECK(all == kv.keys("", "", 1000));
  CHECK(all.size() == 250);
}

TEST_CASE("a page is bounded in bytes but has one item at least") {
  fixture kv;
  std::string large(kv_store::max_page_bytes + 1, 'x');
  std::string half(kv_store::max_page_bytes / 2, 'x');
  kv.put("a", large);
  kv.put("b", half);
  kv.put("c", half);
  CHECK(kv.keys("", "", 10) == keys{"a"});
  CHECK(kv.list("", "", 10).value.next == "b");
  CHECK(kv.keys("", "b", 10) == keys{"b"});
}

TEST_CASE("the same commands make the same store, whatever its history") {
  std::mt19937 rng{7};
  fixture one;
  fixture two;
  std::map<std::string, std::string> model;
  // Keys that come and go shuffle a hash table.
  for (int i = 0; i < 500; ++i)
    two.store.apply(
      index_t{1},
      encode(command{command::op_t::put, "x" + std::to_string(i), {}, {}}));
  for (int i = 0; i < 500; ++i)
    two.store.apply(
      index_t{1},
      encode(command{command::op_t::del, "x" + std::to_string(i), {}, {}}));
  for (int i = 0; i < 2000; ++i) {
    auto key = "k" + std::to_string(rng() % 200);
    auto value = std::to_string(i);
    if (rng() % 3 == 0) {
      model.erase(key);
      CHECK(one.del(key).from == two.del(key).from);
    } else {
      model[key] = value;
      CHECK(one.put(key, value).from == two.put(key, value).from);
    }
  }
  auto all = one.list("", "", 1000);
  CHECK(all.from == two.list("", "", 1000).from);
  REQUIRE(all.value.items.size() == model.size());
  auto i = model.begin();
  for (auto& x : all.value.items) {
    CHECK(x.key == i->first);
    CHECK(as_text(x.value) == i->second);
    ++i;
  }
}

TEST_CASE("what is no command stops the member") {
  fixture kv;
  bytes garbage(64, std::byte{0xff});
  CHECK_THROWS(kv.store.apply(index_t{1}, garbage));
  CHECK_THROWS(kv.store.apply(index_t{1}, as_bytes("odd")));
  CHECK(kv.store.query(garbage).empty());
  // A command of a newer version: a kind that we do not know.
  auto newer = encode(command{command::op_t::put, "k", {}, {}});
  bool stopped = false;
  for (auto& x : newer) {
    auto old = std::exchange(x, std::byte{9});
    auto result = decode_command(newer);
    stopped |= !result && result.error().text == "a command of a newer version";
    x = old;
  }
  CHECK(stopped);
}

TEST_CASE("commands and queries come back as they were") {
  auto bytes_of = encode(command{command::op_t::put,
                                 "key",
                                 as_bytes("value"),
                                 {when::version, index_t{77}}});
  auto cmd = decode_command(bytes_of);
  REQUIRE(cmd);
  CHECK(cmd->key == "key");
  CHECK(as_text(cmd->value) == "value");
  CHECK(cmd->only == condition{when::version, index_t{77}});
  auto asked = encode(query{query::op_t::list, {}, "p", "s", 12});
  auto back = decode_query(asked);
  REQUIRE(back);
  CHECK(back->prefix == "p");
  CHECK(back->start == "s");
  CHECK(back->limit == 12);
}

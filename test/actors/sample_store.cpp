#include "caf/raft/testing/sample_store.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

std::string ask(sample_store& store, std::string_view key) {
  auto answer = store.query(to_bytes("get " + std::string{key}));
  return std::string{as_text(answer)};
}

void apply(sample_store& store, uint64_t index, std::string_view what) {
  store.apply(index_t{index}, as_bytes(what));
}

} // namespace

TEST_CASE("a snapshot of a sample store is of the moment when it began") {
  sample_store from;
  for (uint64_t i = 1; i <= 20; ++i)
    apply(from, i, "put k" + std::to_string(i) + " v");
  auto view = from.view();
  bytes all;
  uint64_t pieces = 1;
  while (view->read(all, 1000)) {
    ++pieces;
    apply(from, 20 + pieces, "put k20 later");
    apply(from, 20 + pieces, "delete k" + std::to_string(pieces));
  }
  CHECK(pieces > 5);
  sample_store to;
  apply(to, 1, "put old v");
  auto loader = to.loader();
  loader->write(all);
  CHECK(ask(to, "old") == "ok v 1");
  loader->finish();
  CHECK(ask(to, "old") == "absent");
  for (uint64_t i = 1; i <= 20; ++i)
    CHECK(ask(to, "k" + std::to_string(i)) == "ok v " + std::to_string(i));
}

TEST_CASE("a sample store refuses what is no snapshot of one") {
  sample_store store;
  apply(store, 1, "put old v");
  CHECK_THROWS(store.loader()->finish());
  auto loader = store.loader();
  loader->write(bytes(9));
  CHECK_THROWS(loader->finish());
  CHECK(ask(store, "old") == "ok v 1");
}

#include "caf/raft/core/snapshot_sender.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// Of ten and a half chunks.
snapshot_head_ptr snapshot() {
  snapshot_head result;
  result.last = at(9, 4);
  result.members = conf_ptr(conf({1, 2, 3}));
  result.size = 10 * snapshot_chunk_bytes + snapshot_chunk_bytes / 2;
  return std::make_shared<const snapshot_head>(result);
}

settings with_window(size_t chunks) {
  settings result;
  result.snapshot_window = chunks;
  result.snapshot_bytes_per_second = 0;
  return result;
}

/// The chunks that may leave now.
std::vector<uint64_t> all_chunks(snapshot_sender& x, time_point now,
                                 const settings& cfg) {
  std::vector<uint64_t> result;
  while (auto number = x.next_chunk(now, cfg))
    result.push_back(*number);
  return result;
}

using numbers = std::vector<uint64_t>;

} // namespace

TEST_CASE("first it is asked what is there, and only once") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(3);
  CHECK(all_chunks(x, t0, cfg).empty());
  CHECK(x.wants_to_ask(t0, cfg));
  CHECK_FALSE(x.wants_to_ask(t0, cfg));
  CHECK(x.on_result(0, t0));
  CHECK_FALSE(x.wants_to_ask(t0, cfg));
  CHECK(all_chunks(x, t0, cfg) == numbers{0, 1, 2});
}

TEST_CASE("what is there already is not sent") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(3);
  x.wants_to_ask(t0, cfg);
  x.on_result(7, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{7, 8, 9});
  x.on_result(10, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{10});
  x.on_result(11, t0);
  CHECK(all_chunks(x, t0, cfg).empty());
  CHECK(x.stored_chunks() == 11);
}

TEST_CASE("the window moves with what is stored") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(2);
  x.wants_to_ask(t0, cfg);
  x.on_result(0, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{0, 1});
  x.on_result(1, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{2});
  // One that was overtaken.
  x.on_result(0, t0);
  CHECK(all_chunks(x, t0, cfg).empty());
  x.on_result(3, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{3, 4});
}

TEST_CASE("after a silence it is asked again, and goes on where it was") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(4);
  x.wants_to_ask(t0, cfg);
  x.on_result(0, t0);
  all_chunks(x, t0, cfg);
  x.on_result(2, t0);
  all_chunks(x, t0, cfg);
  CHECK_FALSE(x.wants_to_ask(t0 + 999ms, cfg));
  CHECK(x.wants_to_ask(t0 + 1s, cfg));
  CHECK(all_chunks(x, t0 + 1s, cfg).empty());
  CHECK_FALSE(x.wants_to_ask(t0 + 1500ms, cfg));
  CHECK(x.wants_to_ask(t0 + 2s, cfg));
  x.on_result(5, t0 + 2s);
  CHECK(all_chunks(x, t0 + 2s, cfg) == numbers{5, 6, 7, 8});
}

TEST_CASE("a new connection asks at once") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(4);
  x.wants_to_ask(t0, cfg);
  x.on_result(0, t0);
  all_chunks(x, t0, cfg);
  x.on_reset();
  CHECK(x.wants_to_ask(t0, cfg));
  x.on_result(1, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{1, 2, 3, 4});
}

TEST_CASE("whoever has no room is asked again after a while") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(4);
  x.wants_to_ask(t0, cfg);
  x.on_result(0, t0);
  x.on_no_room(t0);
  CHECK(all_chunks(x, t0, cfg).empty());
  CHECK_FALSE(x.wants_to_ask(t0 + 500ms, cfg));
  CHECK(x.wants_to_ask(t0 + 1s, cfg));
}

TEST_CASE("a rate is kept") {
  snapshot_sender x{snapshot(), t0};
  auto cfg = with_window(100);
  cfg.snapshot_bytes_per_second = 4 * snapshot_chunk_bytes;
  x.wants_to_ask(t0, cfg);
  x.on_result(0, t0);
  CHECK(all_chunks(x, t0, cfg) == numbers{0});
  CHECK(x.due(cfg) == t0 + 250ms);
  CHECK(all_chunks(x, t0 + 249ms, cfg).empty());
  CHECK(all_chunks(x, t0 + 250ms, cfg) == numbers{1});
  // What was missed is not made up for by a burst.
  CHECK(all_chunks(x, t0 + 10s, cfg) == numbers{2});
}

TEST_CASE("an answer that cannot be is not taken") {
  snapshot_sender x{snapshot(), t0};
  CHECK_FALSE(x.on_result(12, t0));
  CHECK(x.on_result(11, t0));
}

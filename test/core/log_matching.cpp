#include "caf/raft/core/log_matching.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

append_entries message_of(entry_id prev,
                          std::initializer_list<uint64_t> terms) {
  return {member_sender(2),
          term_t{9},
          tenure_id{1},
          prev,
          {},
          entries_from(prev.index.value + 1, terms)};
}

/// A log behind a snapshot up to 7@3 with the terms 3 3 5 behind it.
log_tail behind_snapshot() {
  log_tail::contents xs;
  xs.base = at(7, 3);
  xs.base_configuration = conf_ptr(conf({1, 2}));
  xs.recent = entries_from(8, {3, 3, 5});
  xs.term_starts = {at(8, 3), at(10, 5)};
  xs.last_index = index_t{10};
  return log_tail{std::move(xs)};
}

struct row {
  std::string what;
  append_entries msg;
  bool matches;
  entry_id hint;
  uint64_t truncate_from;
  size_t first_new;
};

void check(const log_tail& log, const std::vector<row>& rows) {
  for (auto& x : rows) {
    CAPTURE(x.what);
    auto result = match(log, x.msg);
    CHECK(result.matches == x.matches);
    CHECK(result.hint == x.hint);
    CHECK(result.truncate_from == index_t{x.truncate_from});
    CHECK(result.first_new == x.first_new);
  }
}

} // namespace

TEST_CASE("what an append does to a log, §3.5") {
  check(
    log_of({1, 1, 2, 2, 4}),
    {
      {"behind the last", message_of(at(5, 4), {4, 4}), true, {}, 0, 0},
      {"empty probe", message_of(at(5, 4), {}), true, {}, 0, 0},
      {"empty probe in the middle", message_of(at(3, 2), {}), true, {}, 0, 0},
      {"from the start", message_of(at(0, 0), {1}), true, {}, 0, 1},
      {"all known", message_of(at(1, 1), {1, 2, 2}), true, {}, 0, 3},
      {"all known, to the end", message_of(at(4, 2), {4}), true, {}, 0, 1},
      {"some new", message_of(at(3, 2), {2, 4, 4, 5}), true, {}, 0, 2},
      {"conflict at once", message_of(at(2, 1), {3, 3}), true, {}, 3, 0},
      {"conflict later", message_of(at(2, 1), {2, 3, 3}), true, {}, 4, 1},
      {"conflict at the last", message_of(at(3, 2), {2, 5}), true, {}, 5, 1},
      {"gap", message_of(at(6, 4), {4}), false, at(5, 4), 0, 0},
      {"gap, term unknown", message_of(at(9, 3), {3}), false, at(4, 2), 0, 0},
      {"other term", message_of(at(5, 3), {4}), false, at(4, 2), 0, 0},
      {"newer term", message_of(at(4, 3), {4}), false, at(4, 2), 0, 0},
      {"older term", message_of(at(4, 1), {4}), false, at(2, 1), 0, 0},
    });
}

TEST_CASE("what a snapshot covers is committed and matches") {
  auto log = behind_snapshot();
  check(log,
        {
          {"at the base", message_of(at(7, 3), {3, 3, 6}), true, {}, 10, 2},
          {"all before the base", message_of(at(2, 1), {1, 2}), true, {}, 0, 2},
          {"up to the base", message_of(at(5, 2), {3, 3}), true, {}, 0, 2},
          {"across the base",
           message_of(at(5, 2), {3, 3, 3, 3, 5, 5}),
           true,
           {},
           0,
           5},
          {"behind the base", message_of(at(9, 2), {}), false, at(7, 3), 0, 0},
        });
}

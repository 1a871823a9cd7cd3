#include "caf/raft/core/log_tail.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// Terms 1 1 1 4 4 5 5 6 6 6, the leader's log of Figure 3.6.
log_tail ten_entries() {
  return log_of({1, 1, 1, 4, 4, 5, 5, 6, 6, 6});
}

void append(log_tail& log, std::initializer_list<uint64_t> terms) {
  log.append(entries_from(log.last_index().value + 1, terms), log.next_write());
}

log_base base_of(entry_id id, configuration members, uint64_t index) {
  return {id, conf_ptr(std::move(members)), index_t{index}};
}

} // namespace

TEST_CASE("a compacted log answers as one that was opened behind its base") {
  const auto whole = ten_entries();
  for (uint64_t last = 0; last <= 10; ++last) {
    CAPTURE(last);
    auto x = ten_entries();
    x.compact(index_t{last});
    CHECK(x.base() == entry_id{*whole.term_at(index_t{last}), index_t{last}});
    CHECK(x.first_index() == index_t{last + 1});
    CHECK(x.last() == at(10, 6));
    CHECK(x.durable_index() == index_t{10});
    for (uint64_t i = 0; i <= 11; ++i)
      CHECK(x.term_at(index_t{i})
            == (i < last ? std::nullopt : whole.term_at(index_t{i})));
    for (uint64_t term = 0; term <= 7; ++term)
      CHECK(x.last_not_above({term_t{term}, index_t{10}})
            == std::max(whole.last_not_above({term_t{term}, index_t{10}}),
                        x.base()));
    CHECK(x.recent(index_t{last}, index_t{11}, SIZE_MAX, SIZE_MAX).has_value()
          == false);
    CHECK(x.recent(index_t{last + 1}, index_t{11}, SIZE_MAX, SIZE_MAX)->size()
          == 10 - last);
  }
}

TEST_CASE("a log goes on behind its base, in the same term and in another") {
  auto x = ten_entries();
  x.compact(index_t{10});
  CHECK(x.last() == at(10, 6));
  append(x, {6, 8});
  CHECK(x.term_at(index_t{11}) == term_t{6});
  CHECK(x.last() == at(12, 8));
  CHECK(x.durable_index() == index_t{10});
  x.truncate(index_t{11});
  CHECK(x.last() == at(10, 6));
}

TEST_CASE("compaction in slices is compaction at once") {
  auto x = ten_entries();
  for (uint64_t last : {2, 3, 5, 9})
    x.compact(index_t{last});
  auto y = ten_entries();
  y.compact(index_t{9});
  CHECK(x.base() == y.base());
  for (uint64_t i = 8; i <= 11; ++i)
    CHECK(x.term_at(index_t{i}) == y.term_at(index_t{i}));
}

TEST_CASE("the configuration as of the base stays, and where it stands") {
  auto x = log_of({1, 1});
  x.append({configuration_entry(3, 1, conf_ptr(conf({1, 2, 3, 4})))},
           x.next_write());
  append(x, {1});
  x.append({configuration_entry(5, 1, conf_ptr(conf({1, 2})))}, x.next_write());
  x.stored(stored(x.newest_write()));
  auto base = x.base_at(index_t{4});
  CHECK(base.id == at(4, 1));
  CHECK(base.members_index == index_t{3});
  CHECK(base.members->voters == ids({1, 2, 3, 4}));
  x.compact(index_t{4});
  CHECK(x.configuration_at(index_t{4}).index == index_t{3});
  CHECK(x.newest_configuration().index == index_t{5});
  x.truncate(index_t{5});
  CHECK(x.newest_configuration().value->voters == ids({1, 2, 3, 4}));
  CHECK(x.newest_configuration().index == index_t{3});
}

TEST_CASE("nothing is left of a log that a snapshot replaces, §5.2") {
  auto x = ten_entries();
  append(x, {7, 7});
  x.reset(base_of(at(20, 9), conf({1, 2, 4}), 15), x.next_write());
  CHECK(x.base() == at(20, 9));
  CHECK(x.last() == at(20, 9));
  CHECK_FALSE(x.has(at(10, 6)));
  CHECK(x.newest_configuration().index == index_t{15});
  CHECK(x.newest_configuration().value->voters == ids({1, 2, 4}));
  CHECK_FALSE(x.recent(index_t{12}, index_t{13}, SIZE_MAX, SIZE_MAX));
  append(x, {9});
  // The write before the one that replaced it does not make the base durable.
  CHECK(x.durable_index() < index_t{20});
  x.stored(stored(1));
  CHECK(x.durable_index() < index_t{20});
  x.stored(stored(2));
  CHECK(x.durable_index() == index_t{20});
  x.stored(stored(3));
  CHECK(x.durable_index() == index_t{21});
}

TEST_CASE("what is not durable or not there is not compacted") {
  CHECK(dies([] {
    auto x = ten_entries();
    append(x, {7});
    x.compact(index_t{11});
  }));
  CHECK(dies([] { ten_entries().compact(index_t{11}); }));
  CHECK(dies([] {
    auto x = ten_entries();
    x.compact(index_t{5});
    x.compact(index_t{4});
  }));
  CHECK(dies([] {
    auto x = ten_entries();
    x.compact(index_t{5});
    x.reset(base_of(at(5, 4), conf({1}), 0), x.next_write());
  }));
}

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

/// A log behind a snapshot up to 7@3 with the terms 3 3 5 behind it.
log_tail behind_snapshot() {
  log_tail::contents xs;
  xs.base = at(7, 3);
  xs.base_configuration_index = index_t{7};
  xs.base_configuration = conf_ptr(conf({1, 2}));
  xs.recent = entries_from(8, {3, 3, 5});
  xs.term_starts = {at(8, 3), at(10, 5)};
  xs.last_index = index_t{10};
  return log_tail{std::move(xs)};
}

void append(log_tail& log, std::initializer_list<uint64_t> terms) {
  log.append(entries_from(log.last_index().value + 1, terms), log.next_write());
}

} // namespace

TEST_CASE("an empty log") {
  log_tail x;
  CHECK(x.base() == at(0, 0));
  CHECK(x.first_index() == index_t{1});
  CHECK(x.last_index() == index_t{0});
  CHECK(x.last() == at(0, 0));
  CHECK(x.durable_index() == index_t{0});
  CHECK(x.has(at(0, 0)));
  CHECK_FALSE(x.has(at(1, 0)));
  CHECK(x.last_not_above(at(9, 9)) == at(0, 0));
  CHECK(x.newest_configuration().value->voters.empty());
  CHECK(x.configuration_at(index_t{5}).index == index_t{0});
}

TEST_CASE("terms are known without the entries") {
  auto x = ten_entries();
  CHECK(x.last() == at(10, 6));
  uint64_t terms[]{0, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6};
  for (uint64_t i = 0; i <= 10; ++i)
    CHECK(x.term_at(index_t{i}) == term_t{terms[i]});
  CHECK(x.term_at(index_t{11}) == std::nullopt);
  CHECK(x.has(at(5, 4)));
  CHECK_FALSE(x.has(at(5, 5)));
  CHECK_FALSE(x.has(at(11, 6)));
  CHECK(x.first_index_of(term_t{1}) == index_t{1});
  CHECK(x.first_index_of(term_t{4}) == index_t{4});
  CHECK(x.first_index_of(term_t{6}) == index_t{8});
  CHECK(x.first_index_of(term_t{3}) == index_t{0});
  CHECK(x.first_index_of(term_t{7}) == index_t{0});
}

TEST_CASE("a log behind a snapshot knows its base and nothing before it") {
  auto x = behind_snapshot();
  CHECK(x.first_index() == index_t{8});
  CHECK(x.term_at(index_t{6}) == std::nullopt);
  CHECK(x.term_at(index_t{7}) == term_t{3});
  CHECK(x.term_at(index_t{9}) == term_t{3});
  CHECK(x.has(at(7, 3)));
  CHECK(x.first_index_of(term_t{3}) == index_t{8});
  CHECK(x.newest_configuration().index == index_t{7});
  CHECK(x.newest_configuration().value->voters == ids({1, 2}));
  // Even all of what is behind the base may go.
  x.truncate(index_t{8});
  CHECK(x.last() == at(7, 3));
  CHECK(x.durable_index() == index_t{7});
  CHECK(dies([&] { x.truncate(index_t{7}); }));
  append(x, {6});
  CHECK(x.last() == at(8, 6));
}

TEST_CASE("the hint is the last entry that may match, §3.5") {
  struct row {
    entry_id bound;
    entry_id expected;
  };
  row rows[]{
    {at(10, 6), at(10, 6)}, {at(12, 6), at(10, 6)}, {at(12, 9), at(10, 6)},
    {at(9, 6), at(9, 6)},   {at(10, 5), at(7, 5)},  {at(10, 4), at(5, 4)},
    {at(10, 3), at(3, 1)},  {at(10, 2), at(3, 1)},  {at(2, 6), at(2, 1)},
    {at(4, 3), at(3, 1)},   {at(10, 0), at(0, 0)},  {at(0, 6), at(0, 0)},
  };
  auto x = ten_entries();
  for (auto& row : rows) {
    CAPTURE(to_string(row.bound));
    CHECK(x.last_not_above(row.bound) == row.expected);
  }
  auto y = behind_snapshot();
  CHECK(y.last_not_above(at(12, 4)) == at(9, 3));
  CHECK(y.last_not_above(at(12, 2)) == at(7, 3));
  CHECK(y.last_not_above(at(5, 2)) == at(7, 3));
}

TEST_CASE("truncating goes across runs of terms, and appending joins them") {
  auto x = ten_entries();
  x.truncate(index_t{7});
  CHECK(x.last() == at(6, 5));
  CHECK(x.first_index_of(term_t{6}) == index_t{0});
  append(x, {5, 7});
  CHECK(x.last() == at(8, 7));
  CHECK(x.term_at(index_t{7}) == term_t{5});
  CHECK(x.first_index_of(term_t{5}) == index_t{6});
  x.truncate(index_t{4});
  CHECK(x.last() == at(3, 1));
  CHECK(x.first_index_of(term_t{4}) == index_t{0});
  x.truncate(index_t{9});
  CHECK(x.last() == at(3, 1));
  x.truncate(index_t{1});
  CHECK(x.last() == at(0, 0));
}

TEST_CASE("a configuration acts when it is appended, §4.1") {
  auto x = log_of({1, 1});
  auto four = conf_ptr(conf({1, 2, 3}, {}, {4}));
  auto five = conf_ptr(conf({1, 2, 3}, {}, {4, 5}));
  x.append({configuration_entry(3, 1, four)}, x.next_write());
  append(x, {1});
  x.append({configuration_entry(5, 1, five)}, x.next_write());
  CHECK(x.newest_configuration().index == index_t{5});
  CHECK(x.newest_configuration().value == five);
  CHECK(x.configuration_at(index_t{2}).index == index_t{0});
  CHECK(x.configuration_at(index_t{3}).value == four);
  CHECK(x.configuration_at(index_t{4}).value == four);
  CHECK(x.configuration_at(index_t{9}).value == five);
}

TEST_CASE("a truncated configuration falls back to the one before, §4.1") {
  auto x = behind_snapshot();
  auto first = conf_ptr(conf({1, 2, 3}));
  auto second = conf_ptr(conf({1, 2, 3, 4}));
  x.append({configuration_entry(11, 5, first)}, x.next_write());
  x.append({configuration_entry(12, 5, second)}, x.next_write());
  x.truncate(index_t{12});
  CHECK(x.newest_configuration().value == first);
  x.truncate(index_t{11});
  // The one before is only in the snapshot.
  CHECK(x.newest_configuration().index == index_t{7});
  CHECK(x.newest_configuration().value->voters == ids({1, 2}));
}

TEST_CASE("configurations that were there when the log was opened") {
  log_tail::contents xs;
  xs.base_configuration = conf_ptr(conf({1}));
  xs.term_starts = {at(1, 1)};
  xs.last_index = index_t{9};
  xs.configurations = {{index_t{3}, conf_ptr(conf({1, 2}))},
                       {index_t{6}, conf_ptr(conf({1, 2, 3}))}};
  log_tail x{std::move(xs)};
  CHECK(x.newest_configuration().index == index_t{6});
  CHECK(x.configuration_at(index_t{5}).index == index_t{3});
  CHECK(x.configuration_at(index_t{2}).index == index_t{0});
  x.truncate(index_t{3});
  CHECK(x.newest_configuration().value->voters == ids({1}));
}

TEST_CASE("what was read when the log was opened is durable") {
  CHECK(ten_entries().durable_index() == index_t{10});
}

TEST_CASE("entries are durable when their write is stored") {
  auto x = log_of({1});
  append(x, {1, 1});
  append(x, {1});
  CHECK(x.durable_index() == index_t{1});
  x.stored(stored(1));
  CHECK(x.durable_index() == index_t{3});
  // Hearing of an older write later changes nothing.
  x.stored(stored(0));
  CHECK(x.durable_index() == index_t{3});
  x.stored(stored(2));
  CHECK(x.durable_index() == index_t{4});
  x.stored(stored(1));
  CHECK(x.durable_index() == index_t{4});
}

TEST_CASE("what is stored is told cumulatively, and not only of entries") {
  auto x = log_of({1});
  append(x, {1});
  x.next_write(); // a vote
  append(x, {2});
  x.next_write(); // a term
  CHECK(x.newest_write() == write_id{4});
  x.stored(stored(2));
  CHECK(x.durable_index() == index_t{2});
  x.stored(stored(4));
  CHECK(x.durable_index() == index_t{3});
}

TEST_CASE("several appends may share a write") {
  auto x = log_of({1});
  auto number = x.next_write();
  x.append(entries_from(2, {1, 1}), number);
  x.append(entries_from(4, {1}), number);
  CHECK(x.durable_index() == index_t{1});
  x.stored(stored(number));
  CHECK(x.durable_index() == index_t{4});
}

TEST_CASE("an old storage acknowledgement does not count for an index that was "
          "rewritten since") {
  // etcd-io/raft's race: the same index, even the same id, truncated and
  // appended again while the first write is still in the queue.
  auto x = log_of({1});
  auto first = x.next_write();
  x.append(entries_from(2, {1, 1}), first);
  auto second = x.next_write();
  x.truncate(index_t{2});
  x.append(entries_from(2, {2}), second);
  auto third = x.next_write();
  x.truncate(index_t{2});
  x.append(entries_from(2, {1, 1}), third);
  x.stored(stored(first));
  CHECK(x.durable_index() == index_t{1});
  x.stored(stored(second));
  CHECK(x.durable_index() == index_t{1});
  x.stored(stored(third));
  CHECK(x.durable_index() == index_t{3});
}

TEST_CASE("an entry that was durable is not, once it is truncated and back") {
  auto x = log_of({1, 1, 1});
  x.truncate(index_t{2});
  CHECK(x.durable_index() == index_t{1});
  auto number = x.next_write();
  x.append(entries_from(2, {1, 1}), number);
  CHECK(x.durable_index() == index_t{1});
  x.stored(stored(number));
  CHECK(x.durable_index() == index_t{3});
}

TEST_CASE("truncating into a write leaves the rest of it to that write") {
  auto x = log_of({1});
  auto first = x.next_write();
  x.append(entries_from(2, {1, 1, 1}), first);
  auto second = x.next_write();
  x.truncate(index_t{4});
  x.append(entries_from(4, {2}), second);
  x.stored(stored(first));
  CHECK(x.durable_index() == index_t{3});
  x.stored(stored(second));
  CHECK(x.durable_index() == index_t{4});
}

TEST_CASE("a truncation of all that was under way leaves nothing to wait for") {
  auto x = log_of({1});
  append(x, {1, 1});
  x.truncate(index_t{2});
  CHECK(x.durable_index() == index_t{1});
  x.stored(stored(1));
  CHECK(x.durable_index() == index_t{1});
}

TEST_CASE("the newest entries are shared from memory") {
  auto x = log_of({1, 1, 2, 2, 2});
  auto size = x.recent(index_t{1}, index_t{2}, 1, 1)->front().record().size();
  auto get = [&](uint64_t first, uint64_t last, size_t bytes, size_t count) {
    return x.recent(index_t{first}, index_t{last}, bytes, count)->size();
  };
  CHECK(get(1, 6, 1000, 1000) == 5);
  CHECK(get(2, 4, 1000, 1000) == 2);
  CHECK(get(2, 6, 1000, 3) == 3);
  CHECK(get(2, 6, 2 * size, 1000) == 2);
  CHECK(get(2, 6, 2 * size + 1, 1000) == 2);
  CHECK(get(2, 6, 2 * size - 1, 1000) == 1);
  CHECK(get(2, 6, 0, 0) == 1);
  CHECK(get(6, 6, 1000, 1000) == 0);
  CHECK(get(3, 3, 1000, 1000) == 0);
  auto xs = *x.recent(index_t{2}, index_t{4}, 1000, 1000);
  CHECK(xs[0].id() == at(2, 1));
  CHECK(xs[1].id() == at(3, 2));
  CHECK(dies([&] { x.recent(index_t{2}, index_t{7}, 1000, 1000); }));
}

TEST_CASE("memory is bounded, but holds what is not durable") {
  log_tail::contents xs;
  xs.base_configuration = conf_ptr(conf({1}));
  xs.recent = entries_from(1, {1, 1, 1, 1});
  xs.term_starts = {at(1, 1)};
  xs.last_index = index_t{4};
  auto size = xs.recent.front().record().size();
  xs.max_recent_bytes = 2 * size;
  log_tail x{std::move(xs)};
  auto has = [&](uint64_t index) {
    return x.recent(index_t{index}, index_t{index + 1}, 1000, 1000).has_value();
  };
  CHECK_FALSE(has(2));
  CHECK(has(3));
  // Nothing that is not durable goes, however much it is.
  append(x, {1, 1, 1});
  append(x, {1});
  CHECK_FALSE(has(4));
  CHECK(has(5));
  x.stored(stored(1));
  CHECK_FALSE(has(6));
  CHECK(has(7));
  CHECK(has(8));
  // Never gapped: what begins before is to be read from disk as a whole.
  CHECK_FALSE(x.recent(index_t{6}, index_t{9}, 1000, 1000).has_value());
}

TEST_CASE("memory begins anew behind a truncation of all it held") {
  log_tail::contents xs;
  xs.base_configuration = conf_ptr(conf({1}));
  xs.recent = entries_from(3, {2, 2});
  xs.term_starts = {at(1, 1), at(3, 2)};
  xs.last_index = index_t{4};
  log_tail x{std::move(xs)};
  x.truncate(index_t{2});
  append(x, {3});
  CHECK_FALSE(x.recent(index_t{1}, index_t{3}, 1000, 1000).has_value());
  CHECK(x.recent(index_t{2}, index_t{3}, 1000, 1000)->front().id() == at(2, 3));
}

TEST_CASE("what would make the log lie stops the process") {
  auto x = log_of({1, 2});
  auto number = x.next_write();
  CHECK(dies([&] { x.append(entries_from(4, {2}), number); }));
  CHECK(dies([&] { x.append(entries_from(2, {2}), number); }));
  CHECK(dies([&] { x.append(entries_from(3, {1}), number); }));
  // A write that was never drawn, or that was stored already.
  CHECK(dies([&] { x.append(entries_from(3, {2}), write_id{2}); }));
  x.stored(stored(number));
  CHECK(dies([&] { x.append(entries_from(3, {2}), number); }));
  CHECK(dies([&] { x.stored(stored(2)); }));
  auto plain = entry::make(index_t{3}, term_t{2}, entry_kind::configuration,
                           {});
  CHECK(dies([&] { x.append({plain}, x.next_write()); }));
}

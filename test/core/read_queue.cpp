#include "caf/raft/core/read_queue.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

reader r(uint64_t member, uint64_t id) {
  return {server_id{member}, request_id{id}};
}

using readers = std::vector<reader>;

} // namespace

TEST_CASE("a round confirms the reads that had arrived before it, §6.4") {
  read_queue x;
  CHECK(!x.wants_round());
  x.add(r(1, 1));
  x.add(r(2, 7));
  CHECK(x.wants_round());
  CHECK(!x.underway());
  x.start(round_t{5}, index_t{30});
  CHECK(x.underway() == round_t{5});
  // Arrived while it is under way: it shares the next one.
  x.add(r(1, 2));
  CHECK(!x.wants_round());
  auto confirmed = x.confirm(round_t{5});
  CHECK(confirmed.index == index_t{30});
  CHECK(confirmed.readers == readers{r(1, 1), r(2, 7)});
  CHECK(x.wants_round());
  x.start(round_t{6}, index_t{31});
  confirmed = x.confirm(round_t{6});
  CHECK(confirmed.index == index_t{31});
  CHECK(confirmed.readers == readers{r(1, 2)});
  CHECK(!x.wants_round());
}

TEST_CASE("an older round confirms nothing, a newer one does") {
  read_queue x;
  x.add(r(1, 1));
  x.start(round_t{5}, index_t{30});
  CHECK(x.confirm(round_t{4}).readers.empty());
  CHECK(x.underway() == round_t{5});
  CHECK(x.confirm(round_t{9}).readers.size() == 1);
  CHECK(!x.underway());
}

TEST_CASE("each read is confirmed once") {
  read_queue x;
  CHECK(x.confirm(round_t{9}).readers.empty());
  x.add(r(1, 1));
  CHECK(x.confirm(round_t{9}).readers.empty());
  x.start(round_t{10}, index_t{30});
  CHECK(x.confirm(round_t{10}).readers.size() == 1);
  CHECK(x.confirm(round_t{10}).readers.empty());
}

TEST_CASE("at the end of the tenure all that wait are taken") {
  read_queue x;
  x.add(r(1, 1));
  x.start(round_t{5}, index_t{30});
  x.add(r(2, 7));
  CHECK(x.take_all() == readers{r(1, 1), r(2, 7)});
  CHECK(x.take_all().empty());
  CHECK(x.confirm(round_t{5}).readers.empty());
  CHECK(!x.wants_round());
}

TEST_CASE("rounds go up, one batch at a time") {
  read_queue x;
  CHECK(dies([&] { x.start(round_t{1}, index_t{1}); }));
  x.add(r(1, 1));
  x.start(round_t{5}, index_t{30});
  x.add(r(1, 2));
  CHECK(dies([&] { x.start(round_t{6}, index_t{30}); }));
  x.confirm(round_t{5});
  CHECK(dies([&] { x.start(round_t{5}, index_t{30}); }));
}

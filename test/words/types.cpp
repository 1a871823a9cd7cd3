#include "caf/raft/types.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <unordered_set>

using namespace caf::raft;

TEST_CASE("numbers of different kinds do not mix") {
  CHECK_FALSE(std::is_convertible_v<term_t, index_t>);
  CHECK_FALSE(std::is_constructible_v<term_t, index_t>);
  CHECK_FALSE(std::is_convertible_v<uint64_t, term_t>);
  CHECK_FALSE(std::is_convertible_v<term_t, uint64_t>);
  CHECK_FALSE(std::is_convertible_v<term_t, bool>);
}

TEST_CASE("zero means none") {
  CHECK_FALSE(term_t{});
  CHECK_FALSE(term_t{0});
  CHECK(term_t{1});
  CHECK(term_t{~uint64_t{0}});
}

TEST_CASE("numbers are counted and compared") {
  index_t x{5};
  CHECK(x + 2 == index_t{7});
  CHECK(x - 2 == index_t{3});
  CHECK(x - index_t{2} == 3);
  CHECK(++x == index_t{6});
  CHECK(index_t{1} < index_t{2});
  CHECK(index_t{2} > index_t{1});
}

TEST_CASE("of two entries the one of the later term is ahead (§3.6.1)") {
  entry_id earlier{term_t{1}, index_t{9}};
  entry_id later{term_t{2}, index_t{3}};
  CHECK(earlier < later);
}

TEST_CASE("of two entries of one term the one further on is ahead (§3.6.1)") {
  entry_id shorter{term_t{2}, index_t{3}};
  entry_id longer{term_t{2}, index_t{4}};
  CHECK(shorter < longer);
  CHECK(shorter == entry_id{term_t{2}, index_t{3}});
}

TEST_CASE("numbers and ids have a form for people") {
  CHECK(to_string(index_t{12}) == "12");
  CHECK(to_string(entry_id{term_t{2}, index_t{3}}) == "3@2");
  CHECK(to_string(cluster_id{}) == "0000000000000000");
  CHECK(to_string(cluster_id{0xabc}) == "0000000000000abc");
  CHECK(to_string(cluster_id{~uint64_t{0}}) == "ffffffffffffffff");
}

TEST_CASE("numbers can be keys") {
  std::unordered_set<server_id> xs{server_id{1}, server_id{2}, server_id{1}};
  CHECK(xs.size() == 2);
}

#include "caf/raft/core/quorum.hpp"

#include "core/fixture.hpp"

#include <algorithm>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

index_t majority(std::initializer_list<uint64_t> xs) {
  std::vector<index_t> indexes;
  for (auto x : xs)
    indexes.emplace_back(x);
  return majority_index(std::move(indexes));
}

std::map<server_id, bool> votes(std::initializer_list<uint64_t> yes,
                                std::initializer_list<uint64_t> no) {
  std::map<server_id, bool> result;
  for (auto id : yes)
    result.emplace(server_id{id}, true);
  for (auto id : no)
    result.emplace(server_id{id}, false);
  return result;
}

} // namespace

TEST_CASE("the majority's index is the one that more than half have stored") {
  CHECK(majority({7}) == index_t{7});
  CHECK(majority({7, 5}) == index_t{5});
  CHECK(majority({7, 5, 3}) == index_t{5});
  CHECK(majority({3, 7, 5}) == index_t{5});
  CHECK(majority({7, 7, 3}) == index_t{7});
  CHECK(majority({9, 8, 7, 6}) == index_t{7});
  CHECK(majority({1, 2, 3, 4, 5}) == index_t{3});
  CHECK(majority({0, 0, 9}) == index_t{0});
  CHECK(majority({0, 9, 9}) == index_t{9});
}

TEST_CASE("the majority's index agrees with counting, for all small groups") {
  for (uint64_t n = 1; n <= 5; ++n) {
    auto combinations = uint64_t{1} << (2 * n);
    for (uint64_t code = 0; code < combinations; ++code) {
      std::vector<index_t> xs;
      for (uint64_t i = 0; i < n; ++i)
        xs.emplace_back((code >> (2 * i)) & 3);
      uint64_t expected = 0;
      for (uint64_t candidate = 1; candidate <= 3; ++candidate) {
        auto have = std::count_if(xs.begin(), xs.end(), [&](index_t x) {
          return x.value >= candidate;
        });
        if (static_cast<uint64_t>(have) * 2 > n)
          expected = candidate;
      }
      REQUIRE(majority_index(xs) == index_t{expected});
    }
  }
}

TEST_CASE("a joint configuration needs a majority of each of both sets, §4.3") {
  auto match = [](server_id id) { return index_t{10 * id.value}; };
  CHECK(quorum_index(conf({1, 2, 3}), match) == index_t{20});
  CHECK(quorum_index(conf({3, 4, 5}), match) == index_t{40});
  CHECK(quorum_index(conf({3, 4, 5}, {1, 2, 3}), match) == index_t{20});
  CHECK(quorum_index(conf({1, 2, 3}, {3, 4, 5}), match) == index_t{20});
  CHECK(quorum_index(conf({5}, {1, 2, 3}), match) == index_t{20});
  // Five of six have it, but only one of the two outgoing voters.
  auto without_one = [](server_id id) {
    return id == server_id{1} ? index_t{0} : index_t{9};
  };
  CHECK(quorum_index(conf({3, 4, 5, 6}, {1, 2}), without_one) == index_t{0});
}

TEST_CASE("learners do not count") {
  auto members = conf({1, 2, 3}, {}, {4, 5});
  auto learners_only = [](server_id id) { return id.value >= 4; };
  CHECK_FALSE(is_quorum(members, learners_only));
  CHECK(tally(members, votes({1, 4, 5}, {})) == tally_result::pending);
  CHECK(
    quorum_index(members,
                 [](server_id id) { return index_t{id.value >= 4 ? 9u : 1u}; })
    == index_t{1});
}

TEST_CASE("a configuration without voters has no quorum") {
  configuration none;
  CHECK(quorum_index(none, [](server_id) { return index_t{9}; }) == index_t{0});
  CHECK_FALSE(is_quorum(none, [](server_id) { return true; }));
  CHECK(tally(none, votes({1, 2}, {})) == tally_result::lost);
}

TEST_CASE("an election is won, lost or open, §3.4") {
  struct row {
    configuration members;
    std::map<server_id, bool> votes;
    tally_result expected;
  };
  auto five = conf({1, 2, 3, 4, 5});
  auto joint = conf({3, 4, 5}, {1, 2, 3});
  std::vector<row> rows{
    {conf({1}), votes({}, {}), tally_result::pending},
    {conf({1}), votes({1}, {}), tally_result::won},
    {conf({1}), votes({}, {1}), tally_result::lost},
    {conf({1, 2}), votes({1}, {}), tally_result::pending},
    {conf({1, 2}), votes({1}, {2}), tally_result::lost},
    {conf({1, 2}), votes({1, 2}, {}), tally_result::won},
    {five, votes({1, 2}, {}), tally_result::pending},
    {five, votes({1, 2, 3}, {4, 5}), tally_result::won},
    {five, votes({1, 2}, {4, 5}), tally_result::pending},
    {five, votes({1, 2}, {3, 4, 5}), tally_result::lost},
    {five, votes({}, {3, 4, 5}), tally_result::lost},
    // Who is no voter is not heard.
    {five, votes({1, 2, 6, 7, 8}, {}), tally_result::pending},
    {five, votes({1, 2}, {6, 7, 8}), tally_result::pending},
    // Both sets, each for itself; member 3 counts in both.
    {joint, votes({3, 4, 5}, {}), tally_result::pending},
    {joint, votes({1, 2, 3}, {}), tally_result::pending},
    {joint, votes({1, 3, 4}, {}), tally_result::won},
    {joint, votes({3, 4, 5}, {1, 2}), tally_result::lost},
    {joint, votes({1, 2, 3}, {4, 5}), tally_result::lost},
    {joint, votes({1, 2, 4, 5}, {3}), tally_result::won},
  };
  for (auto& x : rows) {
    CAPTURE(x.members.voters.size());
    CAPTURE(x.votes.size());
    CHECK(tally(x.members, x.votes) == x.expected);
  }
}

#include "caf/raft/core/membership.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// `from`, but with these voters and learners only; who goes is not removed.
configuration changed(const configuration& from,
                      std::initializer_list<uint64_t> voters,
                      std::initializer_list<uint64_t> learners = {}) {
  auto result = conf(voters, {}, learners);
  result.removed = from.removed;
  return result;
}

} // namespace

TEST_CASE("voters, learners and strangers are told apart") {
  auto x = conf({3, 4}, {1, 2, 3}, {5});
  for (uint64_t id : {1, 2, 3, 4}) {
    CHECK(is_voter(x, server_id{id}));
    CHECK_FALSE(is_learner(x, server_id{id}));
  }
  CHECK_FALSE(is_voter(x, server_id{5}));
  CHECK(is_learner(x, server_id{5}));
  CHECK_FALSE(is_voter(x, server_id{6}));
  CHECK_FALSE(is_learner(x, server_id{6}));
  CHECK(find_member(x, server_id{5})->address == "host5:9021");
  CHECK(find_member(x, server_id{6}) == nullptr);
  CHECK(find_member(x, server_id{}) == nullptr);
  CHECK(is_joint(x));
  CHECK_FALSE(is_joint(conf({1, 2, 3}, {}, {4})));
  CHECK(others(x, server_id{3}) == ids({1, 2, 4, 5}));
  CHECK(others(x, server_id{9}) == ids({1, 2, 3, 4, 5}));
}

TEST_CASE("a member is named in its present life only") {
  auto x = conf({1, 2}, {}, {3});
  x.members[2].incarnation = incarnation_t{};
  CHECK(names(x, member_sender(1)));
  CHECK_FALSE(names(x, {server_id{1}, incarnation_t{9}}));
  CHECK_FALSE(names(x, {server_id{1}, incarnation_t{}}));
  // A learner that was never started has no life yet, whatever the sender says.
  CHECK_FALSE(names(x, {server_id{3}, incarnation_t{}}));
  CHECK_FALSE(names(x, member_sender(3)));
  CHECK_FALSE(names(x, member_sender(4)));
}

TEST_CASE(
  "configuration zero makes everyone a voter, in the order of the ids") {
  auto x
    = founding_configuration({make_member(3), make_member(1), make_member(2)});
  CHECK(x == conf({1, 2, 3}));
  CHECK(validate(x));
}

TEST_CASE("a change of voters goes through a joint configuration, §4.3") {
  auto from = conf({1, 2, 3});
  auto to = changed(from, {3, 4, 5});
  auto both = joint(from, to);
  CHECK(both.voters == ids({3, 4, 5}));
  CHECK(both.outgoing == ids({1, 2, 3}));
  CHECK(others(both, server_id{}) == ids({1, 2, 3, 4, 5}));
  CHECK(validate(both));
  // Who is about to leave is a member still.
  CHECK_FALSE(is_removed(both, server_id{1}));
  auto after = leave_joint(both);
  CHECK(after.voters == ids({3, 4, 5}));
  CHECK(after.outgoing.empty());
  CHECK(others(after, server_id{}) == ids({3, 4, 5}));
  CHECK(after.removed == ids({1, 2}));
  CHECK(is_removed(after, server_id{1}));
  CHECK_FALSE(is_removed(after, server_id{3}));
  CHECK_FALSE(is_removed(after, server_id{9}));
  CHECK(validate(after));
  // And the removed stay removed with the next change.
  auto later = leave_joint(joint(after, changed(after, {3, 4})));
  CHECK(later.removed == ids({1, 2, 5}));
}

TEST_CASE("a voter that becomes a learner stays a member") {
  auto from = conf({1, 2, 3}, {}, {4});
  auto after = leave_joint(joint(from, changed(from, {1, 2}, {3, 4})));
  CHECK(after == conf({1, 2}, {}, {3, 4}));
}

TEST_CASE("a learner that is left out is removed") {
  auto from = conf({1, 2}, {}, {3, 4});
  auto after = leave_joint(joint(from, changed(from, {1, 2, 3})));
  CHECK(after.members.size() == 3);
  CHECK(after.voters == ids({1, 2, 3}));
  CHECK(after.removed == ids({4}));
}

TEST_CASE("another life of a voter does not vote in its place") {
  // Member 3 lost its directory and is to become a learner under its new life.
  auto from = conf({1, 2, 3});
  auto to = changed(from, {1, 2}, {3});
  to.members[2].incarnation = incarnation_t{999};
  to.members[2].address = "elsewhere:1";
  auto both = joint(from, to);
  CHECK(is_voter(both, server_id{3}));
  CHECK(names(both, member_sender(3)));
  CHECK_FALSE(names(both, {server_id{3}, incarnation_t{999}}));
  // The address is where to find it, whichever life it is in.
  CHECK(find_member(both, server_id{3})->address == "elsewhere:1");
}

TEST_CASE("a change begins and ends as it should") {
  auto x = conf({3, 4}, {1, 2});
  CHECK(dies([&] { joint(x, conf({3})); }));
  CHECK(dies([&] { joint(conf({3}), x); }));
  CHECK(dies([&] { leave_joint(conf({1, 2})); }));
}

TEST_CASE("what holds of every configuration") {
  struct row {
    std::string what;
    bool valid;
    void (*spoil)(configuration&);
  };
  row rows[]{
    {"nothing wrong", true, [](configuration&) {}},
    {"ids out of order", false,
     [](configuration& x) { std::swap(x.members[0], x.members[1]); }},
    {"an id twice", false,
     [](configuration& x) { x.members[1].id = x.members[0].id; }},
    {"an id of zero", false,
     [](configuration& x) { x.members[0].id = server_id{}; }},
    {"no voter", false, [](configuration& x) { x.voters.clear(); }},
    {"voters out of order", false,
     [](configuration& x) { std::swap(x.voters[0], x.voters[1]); }},
    {"a voter twice", false,
     [](configuration& x) { x.voters[1] = x.voters[0]; }},
    {"a voter that is no member", false,
     [](configuration& x) { x.voters.push_back(server_id{9}); }},
    {"a voter that was never started", false,
     [](configuration& x) { x.members[0].incarnation = incarnation_t{}; }},
    {"a learner that was never started", true,
     [](configuration& x) { x.members[3].incarnation = incarnation_t{}; }},
    {"an outgoing voter that is no member", false,
     [](configuration& x) { x.outgoing = ids({9}); }},
    {"outgoing voters out of order", false,
     [](configuration& x) {
       x.outgoing = ids({2, 1});
     }},
    {"a removed voter back", false,
     [](configuration& x) { x.removed = ids({2}); }},
    {"a removed member back as a learner", false,
     [](configuration& x) { x.removed = ids({4}); }},
    {"a removed stranger", true,
     [](configuration& x) { x.removed = ids({9}); }},
    {"removed out of order", false,
     [](configuration& x) {
       x.removed = ids({9, 8});
     }},
    {"an outgoing voter that is about to leave", true,
     [](configuration& x) {
       x.outgoing = ids({1, 2, 4});
       x.removed = ids({4});
     }},
    {"an incoming voter that is about to leave", false,
     [](configuration& x) {
       x.outgoing = ids({1, 2, 4});
       x.removed = ids({1});
     }},
  };
  for (auto& row : rows) {
    CAPTURE(row.what);
    auto x = conf({1, 2, 3}, {}, {4});
    row.spoil(x);
    auto verdict = validate(x);
    CHECK(static_cast<bool>(verdict) == row.valid);
    if (!verdict) {
      CHECK(verdict.error().code == errc::invalid_argument);
      CHECK_FALSE(verdict.error().text.empty());
    }
  }
}

TEST_CASE("a change waits for the change before it, §4.1") {
  auto verdict = may_change(index_t{7}, index_t{6}, true);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == errc::rejected);
  CHECK(may_change(index_t{7}, index_t{7}, true));
  // The correction to §4.1: an entry of the leader's own term first.
  CHECK_FALSE(may_change(index_t{7}, index_t{7}, false));
}

// Claims of the Raft dissertation about membership changes, §4.

#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr uint64_t num_members = 5;

/// The members of a set, as bits from zero on.
bool is_in(uint64_t set, server_id id) {
  return ((set >> (id.value - 1)) & 1) != 0;
}

configuration voters_of(uint64_t set) {
  configuration result;
  for (uint64_t id = 1; id <= num_members; ++id)
    if (is_in(set, server_id{id})) {
      result.members.push_back(make_member(id));
      result.voters.emplace_back(id);
    }
  return result;
}

/// Whether two disjoint sets of members are a quorum each of one of the two.
bool may_disagree(const configuration& x, const configuration& y) {
  auto all = (uint64_t{1} << num_members) - 1;
  for (uint64_t set = 0; set <= all; ++set)
    if (is_quorum(x, [=](server_id id) { return is_in(set, id); })
        && is_quorum(y, [=](server_id id) { return !is_in(set, id); }))
      return true;
  return false;
}

} // namespace

TEST_CASE("Figure 4.2: switching directly makes disjoint majorities, §4.1") {
  CHECK(may_disagree(conf({1, 2, 3}), conf({1, 2, 3, 4, 5})));
}

TEST_CASE("changes of one member keep majorities that overlap, §4.1") {
  for (uint64_t set = 1; set < (1u << num_members); ++set)
    for (uint64_t i = 0; i < num_members; ++i) {
      auto other = set ^ (uint64_t{1} << i);
      if (other != 0)
        CHECK_FALSE(may_disagree(voters_of(set), voters_of(other)));
    }
}

TEST_CASE("on the way through a joint configuration no two majorities are "
          "disjoint, §4.3") {
  // All changes from any set of voters to any other.
  for (uint64_t from = 1; from < (1u << num_members); ++from)
    for (uint64_t to = 1; to < (1u << num_members); ++to) {
      CAPTURE(from);
      CAPTURE(to);
      auto old = voters_of(from);
      auto both = joint(old, voters_of(to));
      auto after = leave_joint(both);
      REQUIRE(validate(both));
      REQUIRE(validate(after));
      CHECK_FALSE(may_disagree(old, both));
      CHECK_FALSE(may_disagree(both, both));
      CHECK_FALSE(may_disagree(both, after));
      CHECK(after.voters == voters_of(to).voters);
      CHECK(after.members == voters_of(to).members);
      // Every member is still one, or is among the removed.
      for (auto& x : old.members)
        CHECK(is_removed(after, x.id) == (find_member(after, x.id) == nullptr));
    }
}

TEST_CASE("a server acts on the newest configuration in its log, committed or "
          "not, §4.1") {
  auto self = tenure_of(4, 5, log_of({1}, conf({1, 2, 3})));
  CHECK_FALSE(may_campaign(self));
  auto with_four = conf_ptr(conf({1, 2, 3, 4}, {1, 2, 3}));
  self.log.append({configuration_entry(2, 1, with_four)},
                  self.log.next_write());
  CHECK(self.commit_index == index_t{0});
  CHECK(may_campaign(self));
  CHECK(is_joint(self.members()));
}

TEST_CASE("an uncommitted configuration is rolled back with its entry, §4.1") {
  // canonical/raft 250: also where the one before is only in the snapshot.
  log_tail::contents xs;
  xs.base = at(7, 1);
  xs.base_configuration_index = index_t{7};
  xs.base_configuration = conf_ptr(conf({1, 2, 3}));
  xs.last_index = index_t{7};
  auto self = become_follower(tenure_of(4, 5, log_tail{std::move(xs)}), t0,
                              settings{}, 0);
  auto with_four = conf_ptr(conf({1, 2, 3, 4}, {1, 2, 3}));
  on_append(self,
            {member_sender(2),
             term_t{5},
             tenure_id{1},
             at(7, 1),
             {},
             {configuration_entry(8, 5, with_four)}},
            t0, true);
  CHECK(is_voter(self.self.members(), server_id{4}));
  auto next = become_follower(next_tenure(self.self, term_t{6}, tenure_id{2}),
                              t0, settings{}, 0);
  on_append(next,
            {member_sender(3),
             term_t{6},
             tenure_id{1},
             at(7, 1),
             {},
             entries_from(8, {6})},
            t0, true);
  CHECK(next.self.members() == conf({1, 2, 3}));
  CHECK(next.self.log.newest_configuration().index == index_t{7});
}

TEST_CASE("a server votes whether or not its configuration has the candidate, "
          "§4.1") {
  auto self = tenure_of(1, 5, log_of({1}, conf({1, 2, 3})));
  CHECK(grant_vote(self, {member_sender(4), term_t{5}, tenure_id{1}, false,
                          false, at(2, 4)}));
}

TEST_CASE("a server accepts entries of a leader that is not in its "
          "configuration, §4.1") {
  auto self = become_follower(tenure_of(1, 5, log_of({1}, conf({1, 2, 3}))), t0,
                              settings{}, 0);
  append_entries msg{member_sender(4), term_t{5}, tenure_id{1},
                     at(1, 1),         {},        entries_from(2, {5})};
  CHECK(on_append(self, msg, t0, true).write);
}

TEST_CASE("a learner gets the log and counts for nothing, §4.2.1") {
  auto members = conf({1, 2, 3}, {}, {4});
  CHECK(others(members, server_id{1}) == ids({2, 3, 4}));
  CHECK_FALSE(is_quorum(members, [](server_id id) {
    return id == server_id{1} || id == server_id{4};
  }));
}

TEST_CASE("one change at a time, and none before the leader has committed an "
          "entry of its own term, §4.1") {
  CHECK_FALSE(may_change(index_t{5}, index_t{4}, true));
  CHECK_FALSE(may_change(index_t{5}, index_t{5}, false));
  CHECK(may_change(index_t{5}, index_t{5}, true));
}

TEST_CASE("a joint configuration holds also where it was written by an earlier "
          "leader, §4.3") {
  // NuRaft 67: a new leader adopts the change that it finds in its log.
  auto both = joint(conf({1, 2, 3}), conf({3, 4, 5}));
  auto self = tenure_of(3, 6, log_of({1}));
  self.log.append({configuration_entry(2, 5, conf_ptr(both))},
                  self.log.next_write());
  auto next = next_tenure(self, term_t{7}, tenure_id{7});
  CHECK(is_joint(next.members()));
  CHECK(leave_joint(next.members()).voters == ids({3, 4, 5}));
}

#include "caf/raft/core/follower.hpp"

#include "core/leader_membership_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

TEST_CASE("a change is refused before an entry of the own term is committed") {
  auto x = lead(2, log_of({1}));
  CHECK(code_for(x, adding(4)) == "rejected");
  CHECK_FALSE(step(x));
  commit_first(x, 2);
  CHECK(code_for(x, adding(4)) == "none");
}

TEST_CASE("one change at a time") {
  auto x = lead_all(conf({1, 2, 3}));
  auto begun = begin_change(x, adding(4), t0, cfg);
  REQUIRE(begun);
  append(x, *begun->append);
  CHECK(code_for(x, adding(5)) == "rejected");
  CHECK(dies([&] { append(x, conf({1, 2, 3}, {}, {4, 5})); }));
  catch_all_up(x, {2});
  CHECK(code_for(x, adding(5)) == "none");
}

TEST_CASE("a change goes by the configuration that the client has seen") {
  auto x = lead_all(conf({1, 2, 3}));
  auto what = adding(4);
  what.only_at = index_t{1};
  CHECK(code_for(x, what) == "rejected");
  what.only_at = index_t{};
  CHECK(code_for(x, what) == "none");
}

TEST_CASE("a dry run says how it would end and appends nothing") {
  auto x = lead_all(conf({1, 2, 3}));
  auto what = removing(3);
  what.dry_run = true;
  auto result = begin_change(x, what, t0, cfg);
  REQUIRE(result);
  CHECK_FALSE(result->append);
  CHECK(result->result.voters == ids({1, 2}));
  CHECK(result->result.removed == ids({3}));
}

TEST_CASE("what is so already is not done again") {
  auto x = lead_all(conf({1, 2, 3}));
  auto result = begin_change(x, adding(3), t0, cfg);
  REQUIRE(result);
  CHECK_FALSE(result->append);
}

TEST_CASE("a joint configuration is left once it is committed, by whoever "
          "leads, §4.3") {
  auto x = lead_all(conf({1, 2, 3, 4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  CHECK(is_joint(x.self.members()));
  CHECK_FALSE(step(x));
  catch_all_up(x, {2});
  // Two of the incoming three, but two of the outgoing four.
  CHECK_FALSE(step(x));
  catch_all_up(x, {2, 3});
  CHECK(step(x));
  CHECK(x.self.members().voters == ids({1, 2, 3}));
  CHECK(is_removed(x.self.members(), server_id{4}));
  CHECK_FALSE(step(x));

  // Another leader, which found the joint configuration in its log.
  auto log = log_of({1}, conf({1, 2, 3, 4}));
  log.append(
    {configuration_entry(2, 1, conf_ptr(conf({1, 2, 3}, {1, 2, 3, 4})))},
    log.next_write());
  auto y = lead(2, std::move(log), 2);
  CHECK_FALSE(step(y));
  catch_all_up(y, {1, 3});
  CHECK(step(y));
  CHECK_FALSE(is_joint(y.self.members()));
}

TEST_CASE("a new member is followed from when it is appended") {
  auto x = lead_all(conf({1, 2, 3}));
  append(x, *begin_change(x, adding(4), t0, cfg)->append);
  CHECK(text_of(next_for(x, 4)) == "2@2 [3,4)");
}

TEST_CASE("ids leave room for the next one") {
  auto x = lead_all(conf({1, 2, 3}));
  change what{change_kind::add, {{server_id{UINT64_MAX}, "new:1"}}};
  CHECK(code_for(x, what) == "invalid_argument");
  what.members.front().id = server_id{INT64_MAX};
  append(x, *begin_change(x, what, t0, cfg)->append);
  catch_all_up(x, {2, 3});
  CHECK(code_for(x, {change_kind::add, {{server_id{}, "new:2"}}})
        == "invalid_argument");
}

TEST_CASE("a member finds out that it lacks what it has acknowledged") {
  auto x = lead_all(conf({1, 2, 3}));
  auto beat = heartbeat_for(x, server_id{2});
  auto self = become_follower(tenure_of(2, 2, log_of({1, 2})), t0, cfg, 0);
  CHECK_FALSE(lacks_acknowledged(self, beat));
  // An old copy of its directory was put back.
  self = become_follower(tenure_of(2, 2, log_of({1})), t0, cfg, 0);
  CHECK(lacks_acknowledged(self, beat));
  // What another life of it has acknowledged it need not have.
  self.self.self.incarnation = incarnation_t{77};
  CHECK_FALSE(lacks_acknowledged(self, beat));
}

TEST_CASE("a joint configuration stays until an entry of the own term is "
          "committed, and while leadership goes") {
  auto log = log_of({1}, conf({1, 2, 3, 4}));
  log.append(
    {configuration_entry(2, 1, conf_ptr(conf({1, 2, 3}, {1, 2, 3, 4})))},
    log.next_write());
  auto self = tenure_of(2, 2, std::move(log));
  self.commit_index = index_t{2};
  auto x = become_leader(std::move(self), t0);
  CHECK_FALSE(step(x));
  catch_all_up(x, {1, 3});
  REQUIRE(begin_transfer(x, server_id{3}, t0, cfg));
  CHECK_FALSE(step(x));
  auto later = t0 + cfg.election_timeout;
  REQUIRE(abandon_transfer(x, later));
  CHECK(step(x, later));
}

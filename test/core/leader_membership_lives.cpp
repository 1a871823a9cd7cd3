// Members that come, go, move, and lose their directories.

#include "core/leader_membership_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

TEST_CASE("no change while a joint one is under way or leadership goes") {
  auto x = lead_all(conf({1, 2, 3, 4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  catch_all_up(x, {2, 3});
  CHECK(code_for(x, adding(5)) == "rejected");
  auto y = lead_all(conf({1, 2, 3}));
  REQUIRE(begin_transfer(y, server_id{2}, t0, cfg));
  CHECK(code_for(y, adding(5)) == "no_leader");
}

TEST_CASE("the quorum of those that are alive must not be lost") {
  auto x = lead_all(conf({1, 2, 3}));
  auto later = t0 + cfg.election_timeout;
  peer(x, 2).heard(later);
  // Member 3 is not heard any more.
  CHECK(code_for(x, removing(2), later) == "rejected");
  CHECK(code_for(x, removing(3), later) == "none");
  CHECK(code_for(x, adding(4), later) == "none");
}

TEST_CASE("a removed member is followed until it was told") {
  auto x = lead_all(conf({1, 2, 3, 4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  catch_all_up(x, {2, 3, 4});
  REQUIRE(step(x));
  auto removed_at = x.self.log.last_index();
  catch_all_up(x, {2, 3});
  CHECK(text_of(next_for(x, 4)) != "nothing");
  CHECK(acknowledge_at(x, 4, removed_at.value));
  CHECK(commit_for(x, server_id{4}) == removed_at);
  CHECK_FALSE(told_of_removal(x, server_id{4}, removed_at - 1));
  CHECK(told_of_removal(x, server_id{4}, removed_at));
  CHECK(x.peers.count(server_id{4}) == 0);
  CHECK_FALSE(told_of_removal(x, server_id{2}, removed_at));
}

TEST_CASE("a learner is named, catches up and is promoted") {
  auto x = lead_all(conf({1, 2, 3}));
  append(x, *begin_change(x, adding(4), t0, cfg)->append);
  catch_all_up(x, {2, 3});
  // It was never started: nothing can be done.
  CHECK_FALSE(step(x));
  on_unformed_member(x, member_sender(4), "elsewhere:1");
  CHECK_FALSE(step(x));
  on_unformed_member(x, member_sender(4), make_member(4).address);
  CHECK(step(x));
  CHECK(names(x.self.members(), member_sender(4)));
  CHECK(is_learner(x.self.members(), server_id{4}));
  catch_all_up(x, {2, 3});
  CHECK_FALSE(step(x));
  // On an idle cluster it is ready as soon as it has everything (however it came
  // there).
  catch_all_up(x, {4});
  CHECK(step(x));
  CHECK(is_joint(x.self.members()));
  CHECK(x.self.members().voters == ids({1, 2, 3, 4}));
}

TEST_CASE("a learner that does not want to be a voter stays one") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  CHECK_FALSE(step(x));
}

TEST_CASE("a member that lost its directory is taken back as a learner") {
  auto x = lead_all(conf({1, 2, 3}));
  sender second{server_id{3}, incarnation_t{77}};
  on_unformed_member(x, second, make_member(3).address);
  // Its former life is still heard: somebody else uses its id.
  CHECK_FALSE(step(x));
  auto later = t0 + cfg.election_timeout;
  peer(x, 2).heard(later);
  REQUIRE(step(x, later));
  CHECK(is_joint(x.self.members()));
  catch_all_up(x, {2}, later);
  REQUIRE(step(x, later));
  catch_all_up(x, {2}, later);
  CHECK(x.self.members().voters == ids({1, 2}));
  REQUIRE(step(x, later));
  CHECK(names(x.self.members(), second));
  // What the former life has acknowledged is forgotten.
  CHECK(peer(x, 3).match_index() == index_t{});
  catch_all_up(x, {2}, later);
  CHECK_FALSE(step(x, later));
  auto last = x.self.log.last_index().value;
  acknowledge_at(x, 3, last, later);
  CHECK(peer(x, 3).match_index() == index_t{});
  on_append_result(x, success_of(x, second, last), later);
  REQUIRE(step(x, later));
  CHECK(x.self.members().voters == ids({1, 2, 3}));
}

TEST_CASE("a lost directory changes nothing where that would lose the quorum") {
  auto x = lead_all(conf({1, 2, 3}));
  auto later = t0 + cfg.election_timeout;
  on_unformed_member(x, {server_id{3}, incarnation_t{77}},
                     make_member(3).address);
  CHECK_FALSE(step(x, later));
}

TEST_CASE("a member that is elsewhere is found there") {
  auto x = lead_all(conf({1, 2, 3}));
  on_address(x, {server_id{2}, incarnation_t{9}}, "new:1");
  on_address(x, member_sender(3), "host2:9021");
  CHECK_FALSE(step(x));
  on_address(x, member_sender(2), "new:1");
  REQUIRE(step(x));
  CHECK_FALSE(is_joint(x.self.members()));
  CHECK(find_member(x.self.members(), server_id{2})->address == "new:1");
}

TEST_CASE(
  "a leader that removes itself leads until that is committed, §4.2.2") {
  auto x = lead_all(conf({1, 2, 3}));
  append(x, *begin_change(x, removing(1), t0, cfg)->append);
  catch_all_up(x, {2, 3});
  CHECK_FALSE(must_step_down(x));
  REQUIRE(step(x));
  CHECK_FALSE(must_step_down(x));
  // It does not count itself.
  catch_all_up(x, {2});
  CHECK_FALSE(must_step_down(x));
  catch_all_up(x, {3});
  CHECK(must_step_down(x));
}

TEST_CASE("catching up ends with a short round, or with everything, §4.2.1") {
  using std::chrono::seconds;
  auto limit = seconds(1);
  catch_up x{index_t{100}, t0};
  x.progressed(index_t{99}, index_t{150}, t0 + seconds(3), limit);
  CHECK(x.round() == 1);
  x.progressed(index_t{100}, index_t{150}, t0 + seconds(4), limit);
  CHECK(x.round() == 2);
  CHECK_FALSE(x.ready());
  x.progressed(index_t{150}, index_t{200}, t0 + 4500ms, limit);
  CHECK(x.ready());
  // A slow round with everything at its end.
  catch_up y{index_t{100}, t0};
  y.progressed(index_t{100}, index_t{100}, t0 + seconds(9), limit);
  CHECK(y.ready());
}

TEST_CASE("ten slow rounds are too many") {
  catch_up x{index_t{1}, t0};
  auto now = t0;
  for (uint64_t i = 1; i <= catch_up::max_rounds; ++i) {
    CHECK_FALSE(x.too_slow());
    now += std::chrono::seconds(2);
    x.progressed(index_t{i}, index_t{i + 1}, now, std::chrono::seconds(1));
  }
  CHECK(x.too_slow());
  CHECK(x.round() == 1);
}

TEST_CASE("a removed member is not followed before it has all up to there") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  auto removed_at = x.self.log.last_index();
  catch_all_up(x, {2, 3});
  // Sent is not known.
  CHECK_FALSE(told_of_removal(x, server_id{4}, removed_at));
  acknowledge_at(x, 4, removed_at.value);
  CHECK(told_of_removal(x, server_id{4}, removed_at));
}

TEST_CASE("who was removed and is not heard is given up") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  catch_all_up(x, {2, 3});
  CHECK_FALSE(give_up_on_removed(x, server_id{4}, t0, cfg));
  auto later = t0 + cfg.election_timeout;
  CHECK_FALSE(give_up_on_removed(x, server_id{3}, later, cfg));
  CHECK(give_up_on_removed(x, server_id{4}, later, cfg));
  CHECK(x.peers.count(server_id{4}) == 0);
}

TEST_CASE("no voter is taken for lost before it could have been heard") {
  auto x = lead_all(conf({1, 2, 3}));
  sender second{server_id{3}, incarnation_t{77}};
  x.since = t0 + cfg.election_timeout;
  on_unformed_member(x, second, make_member(3).address);
  auto later = t0 + cfg.election_timeout;
  peer(x, 2).heard(later);
  CHECK_FALSE(step(x, later));
  peer(x, 2).heard(later + cfg.election_timeout);
  CHECK(step(x, later + cfg.election_timeout));
}

TEST_CASE("who answers in another life for an election timeout is taken back") {
  auto x = lead_all(conf({1, 2, 3}));
  sender second{server_id{3}, incarnation_t{77}};
  auto later = t0 + cfg.election_timeout;
  on_life(x, second, t0, cfg);
  on_life(x, {server_id{3}, incarnation_t{78}}, t0 + 1ms, cfg);
  on_life(x, second, t0 + 2ms, cfg);
  on_life(x, second, later, cfg);
  peer(x, 2).heard(later);
  CHECK_FALSE(step(x, later));
  on_life(x, second, later + 2ms, cfg);
  peer(x, 2).heard(later + 2ms);
  REQUIRE(step(x, later + 2ms));
  CHECK(is_joint(x.self.members()));
  // The life that is named makes all others forgotten.
  on_life(x, member_sender(2), later, cfg);
  CHECK(x.other_lives.count(server_id{2}) == 0);
}

TEST_CASE("all that have moved are noted, one after the other") {
  auto x = lead_all(conf({1, 2, 3}));
  on_address(x, member_sender(2), "new:2");
  on_address(x, member_sender(3), "new:3");
  REQUIRE(step(x));
  CHECK(find_member(x.self.members(), server_id{2})->address == "new:2");
  CHECK_FALSE(step(x));
  catch_all_up(x, {2, 3});
  REQUIRE(step(x));
  CHECK(find_member(x.self.members(), server_id{3})->address == "new:3");
}

TEST_CASE("an announcement is over when the member is where it is sought") {
  auto x = lead_all(conf({1, 2, 3}));
  on_address(x, member_sender(2), "new:2");
  on_address(x, member_sender(2), make_member(2).address);
  CHECK_FALSE(step(x));
}

TEST_CASE("a learner that is there but lacks entries is not promoted yet, "
          "§4.2.1") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  change what{change_kind::promote, {{server_id{4}, ""}}};
  append(x, *begin_change(x, what, t0, cfg)->append);
  catch_all_up(x, {2, 3});
  CHECK_FALSE(step(x));
  catch_all_up(x, {4});
  REQUIRE(step(x));
  CHECK(x.self.members().voters == ids({1, 2, 3, 4}));
}

TEST_CASE("no voter is taken for lost while its former life is heard") {
  auto x = lead_all(conf({1, 2, 3}));
  on_unformed_member(x, {server_id{3}, incarnation_t{77}},
                     make_member(3).address);
  auto later = t0 + 2 * cfg.election_timeout;
  peer(x, 2).heard(later);
  peer(x, 3).heard(later);
  CHECK_FALSE(step(x, later));
  later += cfg.election_timeout;
  peer(x, 2).heard(later);
  CHECK(step(x, later));
}

TEST_CASE("what a former life has done is forgotten when the next is named") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  change what{change_kind::promote, {{server_id{4}, ""}}};
  append(x, *begin_change(x, what, t0, cfg)->append);
  catch_all_up(x, {4});
  answer_round(x, 4);
  // It has caught up, but the change is not committed.
  CHECK_FALSE(step(x));
  auto later = t0 + 2 * cfg.election_timeout;
  catch_all_up(x, {2, 3}, later);
  // It was not heard any more.
  CHECK_FALSE(step(x, later));
  sender second{server_id{4}, incarnation_t{77}};
  on_unformed_member(x, second, make_member(4).address);
  REQUIRE(step(x, later));
  CHECK(names(x.self.members(), second));
  catch_all_up(x, {2, 3}, later);
  CHECK_FALSE(is_alive(x, server_id{4}, later, cfg));
  on_append_result(x, success_of(x, second, 1), later);
  CHECK(is_alive(x, server_id{4}, later, cfg));
  CHECK_FALSE(step(x, later));
  on_append_result(x, success_of(x, second, x.self.log.last_index().value),
                   later);
  CHECK(step(x, later));
}

TEST_CASE("another life counts from when the named one was heard last") {
  auto x = lead_all(conf({1, 2, 3}));
  sender second{server_id{3}, incarnation_t{77}};
  on_life(x, second, t0, cfg);
  on_life(x, member_sender(3), t0 + 1ms, cfg);
  on_life(x, second, t0 + cfg.election_timeout, cfg);
  CHECK(x.unformed.empty());
}

TEST_CASE("another life of a removed member does not speak for it") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  auto removed_at = x.self.log.last_index();
  catch_all_up(x, {2, 3});
  sender second{server_id{4}, incarnation_t{77}};
  on_append_result(x, success_of(x, second, removed_at.value), t0);
  CHECK_FALSE(told_of_removal(x, server_id{4}, removed_at));
}

TEST_CASE("who was removed and never heard is given an election timeout") {
  auto x = lead_all(conf({1, 2, 3}));
  append(x, *begin_change(x, adding(4), t0, cfg)->append);
  catch_all_up(x, {2, 3});
  auto later = t0 + cfg.election_timeout;
  append(x, *begin_change(x, removing(4), later, cfg)->append, later);
  CHECK_FALSE(give_up_on_removed(x, server_id{4}, later, cfg));
  CHECK(give_up_on_removed(x, server_id{4}, later + cfg.election_timeout, cfg));
}

TEST_CASE("who becomes a learner again catches up anew") {
  auto x = lead_all(conf({1, 2, 3}, {}, {4}));
  auto do_all = [&](change_kind kind) {
    append(x, *begin_change(x, {kind, {{server_id{4}, ""}}}, t0, cfg)->append);
    catch_all_up(x, {2, 3, 4});
    while (step(x))
      catch_all_up(x, {2, 3, 4});
  };
  do_all(change_kind::promote);
  REQUIRE(x.self.members().voters == ids({1, 2, 3, 4}));
  do_all(change_kind::demote);
  REQUIRE(x.self.members().voters == ids({1, 2, 3}));
  append(x,
         *begin_change(x, {change_kind::promote, {{server_id{4}, ""}}}, t0, cfg)
            ->append);
  catch_all_up(x, {2, 3});
  CHECK_FALSE(step(x));
}

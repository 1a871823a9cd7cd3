#include "caf/raft/core/leader_membership.hpp"
#include "caf/raft/core/follower.hpp"

#include "core/death.hpp"
#include "core/leader_fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

const settings cfg;

change adding(uint64_t id) {
  return {change_kind::add, {{server_id{id}, make_member(id).address}}};
}

change removing(uint64_t id) {
  return {change_kind::remove, {{server_id{id}, ""}}};
}

/// Leads a term; the others have acknowledged the no-op.
leader lead_all(configuration members, uint64_t own = 1) {
  auto result = lead(2, log_of({1}, members), own);
  store_all(result);
  for (auto& x : members.members)
    if (x.id.value != own)
      acknowledge_at(result, x.id.value, 2);
  update_commit(result);
  return result;
}

entry_id append(leader& self, configuration what, time_point now = t0) {
  return append_configuration(self, conf_ptr(std::move(what)),
                              as_bytes("encoded"), now);
}

/// Appends what the leader does by itself.
bool step(leader& self, time_point now = t0) {
  auto next = next_configuration(self, now, cfg);
  if (next)
    append(self, *next, now);
  return next.has_value();
}

/// All members named have everything.
void catch_all_up(leader& self, std::initializer_list<uint64_t> who,
                  time_point now = t0) {
  store_all(self);
  for (auto id : who)
    acknowledge_at(self, id, self.self.log.last_index().value, now);
  update_commit(self);
}

std::string code_for(const leader& self, const change& what,
                     time_point now = t0) {
  auto result = begin_change(self, what, now, cfg);
  return std::string{result ? "none" : to_string(result.error().code)};
}

} // namespace

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

TEST_CASE("no change while a joint one is under way or leadership goes") {
  auto x = lead_all(conf({1, 2, 3, 4}));
  append(x, *begin_change(x, removing(4), t0, cfg)->append);
  catch_all_up(x, {2, 3});
  CHECK(code_for(x, adding(5)) == "rejected");
  auto y = lead_all(conf({1, 2, 3}));
  REQUIRE(begin_transfer(y, server_id{2}, t0, cfg));
  CHECK(code_for(y, adding(5)) == "no_leader");
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

TEST_CASE("the quorum of those that are alive must not be lost") {
  auto x = lead_all(conf({1, 2, 3}));
  auto later = t0 + cfg.election_timeout;
  peer(x, 2).heard(later);
  // Member 3 is not heard any more.
  CHECK(code_for(x, removing(2), later) == "rejected");
  CHECK(code_for(x, removing(3), later) == "none");
  CHECK(code_for(x, adding(4), later) == "none");
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

#include "caf/raft/core/change_plan.hpp"
#include "caf/raft/core/membership.hpp"

#include "core/fixture.hpp"

#include <fmt/format.h>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

wanted_member named(uint64_t id, bool voter = true) {
  return {server_id{id}, id > 0 ? make_member(id).address : "", voter};
}

/// As tests write it down: `1 2 3~ 4? 5!`, where ~ is a learner, ? one that is
/// to be promoted, and ! one that leaves.
std::string text_of(const configuration& conf) {
  std::string result;
  for (auto& x : conf.members) {
    auto mark = x.promote ? "?" : is_learner(conf, x.id) ? "~" : "";
    result += fmt::format("{}{}{}{}", result.empty() ? "" : " ", x.id.value,
                          mark, x.leave ? "!" : "");
  }
  for (auto x : conf.removed)
    result += fmt::format(" -{}", x.value);
  return result;
}

/// Three voters, a learner; member 9 was removed.
configuration before() {
  auto result = conf({1, 2, 3}, {}, {4});
  result.removed = ids({9});
  return result;
}

} // namespace

TEST_CASE("what a client wants, and the members that come of it") {
  struct row {
    const char* what;
    change wanted;
    /// How it ends, or the code of the refusal.
    std::string result;
  };
  using kind = change_kind;
  row rows[]{
    {"a new voter begins as a learner",
     {kind::add, {named(5)}},
     "1 2 3 4~ 5? -9"},
    {"a new learner", {kind::add, {named(5, false)}}, "1 2 3 4~ 5~ -9"},
    {"the next free id is above the removed ones",
     {kind::add, {{server_id{}, "new:1"}}},
     "1 2 3 4~ 10? -9"},
    {"who is there stays as it is", {kind::add, {named(2)}}, "1 2 3 4~ -9"},
    {"by its address",
     {kind::add, {{server_id{}, "host2:9021"}}},
     "1 2 3 4~ -9"},
    {"a learner that shall be a voter", {kind::add, {named(4)}}, "1 2 3 4? -9"},
    {"an id never comes back", {kind::add, {named(9)}}, "rejected"},
    {"another address for a known id",
     {kind::add, {{server_id{2}, "new:1"}}},
     "rejected"},
    {"the address of another one",
     {kind::add, {{server_id{5}, "host2:9021"}}},
     "rejected"},
    {"an address is needed",
     {kind::add, {{server_id{5}, ""}}},
     "invalid_argument"},
    {"a member has to be named", {kind::add, {}}, "invalid_argument"},
    {"one only", {kind::remove, {named(1), named(2)}}, "invalid_argument"},
    {"a voter goes", {kind::remove, {named(2)}}, "1 3 4~ -2 -9"},
    {"a learner goes", {kind::remove, {named(4)}}, "1 2 3 -4 -9"},
    {"who is gone already", {kind::remove, {named(9)}}, "1 2 3 4~ -9"},
    {"by its address",
     {kind::remove, {{server_id{}, "host3:9021"}}},
     "1 2 4~ -3 -9"},
    {"a stranger", {kind::remove, {named(7)}}, "rejected"},
    {"nobody at that address",
     {kind::remove, {{server_id{}, "new:1"}}},
     "rejected"},
    {"a learner is to become a voter",
     {kind::promote, {named(4)}},
     "1 2 3 4? -9"},
    {"a voter is one already", {kind::promote, {named(1)}}, "1 2 3 4~ -9"},
    {"a stranger", {kind::promote, {named(7)}}, "rejected"},
    {"a voter becomes a learner", {kind::demote, {named(3)}}, "1 2 3~ 4~ -9"},
    {"another address",
     {kind::address, {{server_id{2}, "new:1"}}},
     "1 2 3 4~ -9"},
    {"the address of another one",
     {kind::address, {{server_id{2}, "host3:9021"}}},
     "rejected"},
    {"whose address?",
     {kind::address, {{server_id{}, "new:1"}}},
     "invalid_argument"},
    {"fewer voters", {kind::set, {named(1), named(2)}}, "1 2 -3 -4 -9"},
    {"the same",
     {kind::set, {named(1), named(2), named(3), named(4, false)}},
     "1 2 3 4~ -9"},
    {"voters wait for those that come in their place",
     {kind::set, {named(1), named(5), named(6)}},
     "1 2! 3! 5? 6? -4 -9"},
    {"new ones by their addresses",
     {kind::set,
      {{server_id{}, "host1:9021"},
       {server_id{}, "new:1"},
       {server_id{}, "new:2"}}},
     "1 2! 3! 10? 11? -4 -9"},
    {"all others", {kind::set, {named(5), named(6)}}, "1! 2! 3! 5? 6? -4 -9"},
    {"a voter as a learner",
     {kind::set, {named(1), named(2, false)}},
     "1 2~ -3 -4 -9"},
    {"nobody", {kind::set, {}}, "rejected"},
    {"learners only", {kind::set, {named(1, false)}}, "rejected"},
    {"one twice", {kind::set, {named(1), named(1)}}, "invalid_argument"},
  };
  for (auto& row : rows) {
    CAPTURE(row.what);
    auto from = before();
    auto target = target_of(from, row.wanted);
    if (!target) {
      CHECK(to_string(target.error().code) == row.result);
      CHECK_FALSE(target.error().text.empty());
      continue;
    }
    auto step = step_towards(from, *target);
    CHECK(validate(step));
    CHECK(is_joint(step) == (target->voters != from.voters));
    CHECK(text_of(is_joint(step) ? leave_joint(step) : step) == row.result);
  }
}

TEST_CASE("the last voter stays") {
  auto from = conf({1}, {}, {2});
  CHECK_FALSE(target_of(from, {change_kind::remove, {named(1)}}));
  CHECK_FALSE(target_of(from, {change_kind::demote, {named(1)}}));
}

TEST_CASE("an address is changed in a single configuration") {
  auto from = conf({1, 2, 3});
  auto target = target_of(from,
                          {change_kind::address, {{server_id{2}, "new:1"}}});
  REQUIRE(target);
  auto step = step_towards(from, *target);
  CHECK_FALSE(is_joint(step));
  CHECK(find_member(step, server_id{2})->address == "new:1");
}

TEST_CASE("a joint configuration needs those that are alive in both sets") {
  struct row {
    configuration conf;
    std::vector<uint64_t> alive;
    bool ok;
  };
  row rows[]{
    {conf({1, 2}, {1, 2, 3}), {1, 2}, true},
    {conf({1, 3}, {1, 2, 3}), {1, 2}, false},
    {conf({1, 2, 3, 4}, {1, 2, 3}), {1, 2}, false},
    {conf({1, 2, 3}, {1, 2, 3, 4}), {1, 2, 3}, true},
    {conf({1}, {1, 2}), {1}, false},
  };
  for (auto& row : rows) {
    CAPTURE(text_of(row.conf));
    auto verdict = keeps_quorum(row.conf, [&](server_id id) {
      return std::find(row.alive.begin(), row.alive.end(), id.value)
             != row.alive.end();
    });
    CHECK(static_cast<bool>(verdict) == row.ok);
  }
}

TEST_CASE("how many voters may fail") {
  CHECK(losses_survived(conf({1})) == 0);
  CHECK(losses_survived(conf({1, 2})) == 0);
  CHECK(losses_survived(conf({1, 2, 3}, {}, {4, 5})) == 1);
  CHECK(losses_survived(conf({1, 2, 3, 4, 5})) == 2);
  CHECK(losses_survived(conf({1, 2, 3, 4, 5}, {1, 2, 3})) == 1);
}

TEST_CASE("who has caught up is promoted; with those that leave, all at once") {
  auto ready = [](std::initializer_list<uint64_t> xs) {
    return [ready = std::vector<uint64_t>(xs)](server_id id) {
      return std::find(ready.begin(), ready.end(), id.value) != ready.end();
    };
  };
  auto from = conf({1, 2, 3}, {}, {4, 5});
  from.members[3].promote = true;
  from.members[4].promote = true;
  CHECK(promoted(from, ready({})) == from);
  CHECK(text_of(promoted(from, ready({4}))) == "1 2 3 4 5?");
  CHECK(text_of(promoted(from, ready({4, 5}))) == "1 2 3 4 5");
  from.members[0].leave = true;
  CHECK(promoted(from, ready({4})) == from);
  CHECK(text_of(promoted(from, ready({4, 5}))) == "2 3 4 5");
  // Who was to come in its place was removed meanwhile.
  auto alone = conf({1, 2, 3});
  alone.members[2].leave = true;
  CHECK(promoted(alone, ready({})) == alone);
}

TEST_CASE("a voter that lost its directory becomes a learner that comes back") {
  auto from = conf({1, 2, 3});
  auto to = demoted_for_loss(from, server_id{3});
  CHECK(text_of(to) == "1 2 3?");
  auto after = leave_joint(step_towards(from, to));
  CHECK(text_of(after) == "1 2 3?");
  // The former life of the directory is named until the new one may be.
  CHECK(names(after, member_sender(3)));
  auto later = with_incarnation(after, server_id{3}, incarnation_t{77});
  CHECK(names(later, {server_id{3}, incarnation_t{77}}));
}

TEST_CASE("who was to leave stays where nobody comes any more") {
  auto from = conf({1, 2, 3}, {}, {4, 5});
  for (auto id : {3, 4})
    from.members[static_cast<size_t>(id)].promote = true;
  for (auto id : {1, 2})
    from.members[static_cast<size_t>(id)].leave = true;
  CHECK(text_of(from) == "1 2! 3! 4? 5?");
  auto one_less = *target_of(from, {change_kind::remove, {named(4)}});
  CHECK(text_of(one_less) == "1 2! 3! 5?");
  auto nobody = *target_of(one_less, {change_kind::remove, {named(5)}});
  CHECK(text_of(nobody) == "1 2 3");
}

TEST_CASE("a group has only so many members") {
  change what{change_kind::set, {}};
  for (uint64_t i = 1; i <= max_members; ++i)
    what.members.push_back(named(i));
  CHECK(check_request(what));
  CHECK(target_of(conf({1, 2, 3}), what));
  auto full = *target_of(conf({1, 2, 3}), what);
  CHECK_FALSE(target_of(full, {change_kind::add, {named(1000)}}));
  what.members.push_back(named(max_members + 1));
  CHECK_FALSE(check_request(what));
  what = {change_kind::add, {{server_id{4}, std::string(256, 'a')}}};
  CHECK_FALSE(check_request(what));
}

TEST_CASE("who is to leave may be asked to stay, and does not come back") {
  auto from = conf({1, 2, 3}, {}, {4});
  from.members[1].leave = true;
  from.members[3].promote = true;
  CHECK(text_of(from) == "1 2! 3 4?");
  auto stays = *target_of(from, {change_kind::add, {named(2)}});
  CHECK(text_of(stays) == "1 2 3 4?");
  CHECK(text_of(demoted_for_loss(from, server_id{2})) == "1 2~! 3 4?");
}

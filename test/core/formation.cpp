#include "caf/raft/core/formation.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

const std::vector<std::string> addresses{"host1:9021", "host2:9021",
                                         "host3:9021"};

formation make(uint64_t id) {
  return {member_sender(id), addresses};
}

introduce introduction(uint64_t id) {
  return {member_sender(id), addresses[id - 1], life_of(1), addresses};
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

bool contains(const std::string& text,
              std::initializer_list<std::string_view> whats) {
  for (auto what : whats)
    if (!contains(text, what)) {
      MESSAGE("no \"" << std::string{what} << "\" in: " << text);
      return false;
    }
  return true;
}

founded zero_from(uint64_t id) {
  return {member_sender(id), cluster_id{77}, conf({1, 2, 3})};
}

constexpr auto waiting = introduction_verdict::waiting;
constexpr auto differs = introduction_verdict::differs;
constexpr auto lost_directory = introduction_verdict::lost_directory;
constexpr auto not_founder = introduction_verdict::not_founder;

} // namespace

// -- founding -----------------------------------------------------------------

TEST_CASE("the founder waits for every initial member") {
  auto founder = make(1);
  CHECK(founder.is_founder());
  CHECK_FALSE(founder.complete());
  CHECK(founder.waiting_for()
        == "waiting for member 2 at host2:9021, member 3 at host3:9021 to come "
           "up");
  auto answer = founder.on_introduce(introduction(3));
  CHECK(answer.verdict == waiting);
  CHECK(answer.from == member_sender(1));
  CHECK(answer.text == "waiting for member 2 at host2:9021 to come up");
  CHECK_FALSE(founder.complete());
  founder.on_introduce(introduction(2));
  CHECK(founder.waiting_for() == "everyone is present");
  REQUIRE(founder.complete());
  CHECK(*founder.complete() == conf({1, 2, 3}));
}

TEST_CASE("a member that is alone in its list forms at once") {
  formation founder{member_sender(1), {"host1:9021"}};
  REQUIRE(founder.complete());
  CHECK(*founder.complete() == conf({1}));
}

TEST_CASE("nobody but the founder founds") {
  auto other = make(2);
  CHECK_FALSE(other.is_founder());
  CHECK(other.founder() == server_id{1});
  auto to_other = introduction(1);
  to_other.to = life_of(2);
  CHECK(other.on_introduce(to_other).verdict == waiting);
  to_other.from = member_sender(3);
  to_other.address = addresses[2];
  CHECK(other.on_introduce(to_other).verdict == waiting);
  CHECK_FALSE(other.complete());
  CHECK(dies([] { formation{member_sender(4), addresses}; }));
}

TEST_CASE("a member that went away counts no more") {
  auto founder = make(1);
  founder.on_introduce(introduction(2));
  founder.on_introduce(introduction(3));
  founder.on_gone(server_id{2});
  CHECK_FALSE(founder.complete());
  founder.on_introduce(introduction(2));
  CHECK(founder.complete());
}

TEST_CASE("another life of a member replaces the one before") {
  auto founder = make(1);
  founder.on_introduce(introduction(2));
  founder.on_introduce(introduction(3));
  auto again = introduction(2);
  again.from.incarnation = incarnation_t{999};
  founder.on_introduce(again);
  auto zero = founder.complete();
  REQUIRE(zero);
  CHECK(zero->members[1].incarnation == incarnation_t{999});
}

TEST_CASE("an introduction counts only where all agree") {
  auto founder = make(1);
  founder.on_introduce(introduction(3));
  auto msg = introduction(2);
  std::vector<std::string_view> expected;
  SUBCASE("another list") {
    msg.initial_members = {"host1:9021", "host2:9021"};
    expected = {"member 2 at host2:9021", "another --cluster list",
                "member 1 at host1:9021", "its list is host1:9021,host2:9021,",
                "here it is host1:9021,host2:9021,host3:9021"};
  }
  SUBCASE("another address") {
    msg.address = "elsewhere:1";
    expected = {"member 2 at elsewhere:1", "member 2, at host2:9021"};
  }
  SUBCASE("an id that is not in the list") {
    msg.from = member_sender(4);
    msg.address = "host4:9021";
    expected = {"member 4 at host4:9021", "--id", "--join"};
  }
  SUBCASE("no id") {
    msg.from.id = server_id{};
    expected = {"--id"};
  }
  SUBCASE("the founder's own id") {
    msg.from.id = server_id{1};
    expected = {"member 1 at host2:9021", "member 1 at host1:9021",
                "same --id"};
  }
  SUBCASE("no incarnation") {
    msg.from.incarnation = incarnation_t{};
    expected = {"incarnation"};
  }
  SUBCASE("meant for another life of the founder") {
    msg.to = incarnation_t{999};
    expected = {"earlier incarnation of member 1"};
  }
  auto answer = founder.on_introduce(msg);
  CHECK(answer.verdict == differs);
  for (auto what : expected)
    CHECK(contains(answer.text, {what}));
  CHECK_FALSE(founder.complete());
  CHECK(contains(founder.waiting_for(), "member 2 at host2:9021"));
}

TEST_CASE(
  "an objection stands in what the founder waits for, until it is met") {
  auto founder = make(1);
  founder.on_introduce(introduction(3));
  auto msg = introduction(2);
  msg.initial_members.pop_back();
  founder.on_introduce(msg);
  CHECK(contains(founder.waiting_for(),
                 {"waiting for member 2 at host2:9021 to come up",
                  "another --cluster list"}));
  founder.on_introduce(introduction(2));
  CHECK(founder.waiting_for() == "everyone is present");
}

TEST_CASE("a member that came back with another list counts no more") {
  auto founder = make(1);
  founder.on_introduce(introduction(2));
  founder.on_introduce(introduction(3));
  auto msg = introduction(2);
  msg.initial_members.pop_back();
  SUBCASE("from the same directory") {
    // nop
  }
  SUBCASE("from another directory at the same address") {
    msg.from.incarnation = incarnation_t{999};
  }
  founder.on_introduce(msg);
  CHECK_FALSE(founder.complete());
}

TEST_CASE("a stranger that takes a member's id does not drive it out") {
  auto founder = make(1);
  founder.on_introduce(introduction(2));
  founder.on_introduce(introduction(3));
  introduce stranger{
    {server_id{2}, incarnation_t{999}}, "elsewhere:1", life_of(1), addresses};
  CHECK(founder.on_introduce(stranger).verdict == differs);
  REQUIRE(founder.complete());
  CHECK(*founder.complete() == conf({1, 2, 3}));
}

// -- waiting to be founded ----------------------------------------------------

TEST_CASE("a member shows itself to one life of the founder's directory") {
  auto self = make(2);
  auto msg = self.introduction_to(member_sender(1));
  REQUIRE(msg);
  CHECK(msg->from == member_sender(2));
  CHECK(msg->address == addresses[1]);
  CHECK(msg->to == life_of(1));
  CHECK(msg->initial_members == addresses);
  // Again and again, to the same one.
  CHECK(self.introduction_to(member_sender(1)) == msg);
  CHECK(self.check(zero_from(1)));
}

TEST_CASE("an old disk of the founder does not win") {
  auto self = make(2);
  self.introduction_to(member_sender(1));
  self.introduction_to({server_id{1}, incarnation_t{999}});
  auto verdict = self.check(zero_from(1));
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == errc::rejected);
  CHECK(contains(verdict.error().text, {"member 1", "incarnation"}));
  // A third member that took it is proof that the cluster was founded so.
  CHECK(self.check(zero_from(3)));
}

TEST_CASE("disks of the founder that take turns do not found two clusters") {
  // The disk a founds with 2 and 3 and is taken away before it tells anyone; so
  // does b, but it tells 3. If 2 then went with a, either disk would find a
  // majority for a cluster of its own.
  const sender a{server_id{1}, incarnation_t{500}};
  const sender b{server_id{1}, incarnation_t{600}};
  auto zero = [](sender founder, uint64_t cluster) {
    founded result{founder, cluster_id{cluster}, conf({1, 2, 3})};
    result.zero.members[0].incarnation = founder.incarnation;
    return result;
  };
  auto two = make(2);
  auto three = make(3);
  for (auto& founder : {a, b}) {
    formation self{founder, addresses};
    for (auto* member : {&two, &three}) {
      auto msg = member->introduction_to(founder);
      REQUIRE(msg);
      CHECK(self.on_introduce(*msg).verdict == waiting);
    }
    CHECK(self.complete());
  }
  CHECK(three.check(zero(b, 66)));
  // The disk a is back.
  CHECK_FALSE(two.introduction_to(a));
  CHECK_FALSE(two.check(zero(a, 55)));
  // And b again, or someone whom it told.
  CHECK(two.introduction_to(b));
  CHECK(two.check(zero(b, 66)));
}

TEST_CASE("showing itself to others than the founder binds to nobody") {
  auto self = make(2);
  self.introduction_to({server_id{3}, incarnation_t{999}});
  CHECK(self.check(zero_from(1)));
}

TEST_CASE("configuration zero is taken only where it names this very member") {
  auto self = make(2);
  auto msg = zero_from(3);
  std::vector<std::string_view> expected;
  SUBCASE("not our id") {
    msg.zero = conf({1, 3});
    expected = {"does not name member 2 at host2:9021", "another cluster"};
  }
  SUBCASE("another life of ours") {
    msg.zero.members[1].incarnation = incarnation_t{999};
    expected = {"the directory of member 2 at host2:9021 was lost",
                "000000000000004d", "00000000000003e7", "0000000000000066"};
  }
  SUBCASE("another address of ours") {
    msg.zero.members[1].address = "elsewhere:1";
    expected = {"elsewhere:1", "host2:9021", "--cluster"};
  }
  SUBCASE("no cluster") {
    msg.cluster = cluster_id{};
    expected = {"no cluster"};
  }
  SUBCASE("nonsense") {
    msg.zero.voters.clear();
    expected = {"there is no voter"};
  }
  auto verdict = self.check(msg);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == errc::rejected);
  for (auto what : expected)
    CHECK(contains(verdict.error().text, {what}));
}

TEST_CASE("a waiting member says for whom") {
  auto self = make(2);
  CHECK(self.waiting_for()
        == "waiting for member 1 at host1:9021 to found the cluster");
  self.on_answer({member_sender(1), waiting,
                  "waiting for member 3 at host3:9021 to come up"});
  self.on_answer({member_sender(3), waiting,
                  "waiting for member 1 at host1:9021 to found the cluster"});
  CHECK(self.waiting_for()
        == "waiting for member 1 at host1:9021 to found the cluster; waiting "
           "for member 3 at host3:9021 to come up");
  self.on_answer({member_sender(3), not_founder, "member 3 knows nobody"});
  CHECK(contains(self.waiting_for(), "member 3 knows nobody"));
  self.on_gone(server_id{1});
  self.on_gone(server_id{3});
  CHECK(self.waiting_for()
        == "waiting for member 1 at host1:9021 to found the cluster");
}

TEST_CASE("a lost directory is the first thing to say") {
  // The founder's too: it gets no introductions, and cannot found again.
  for (uint64_t id : {1, 2}) {
    auto self = make(id);
    self.on_answer({member_sender(3), lost_directory, "it was lost"});
    CHECK(self.waiting_for() == "it was lost");
    self.on_gone(server_id{3});
    CHECK(self.waiting_for() == "it was lost");
  }
}

// -- formed members -----------------------------------------------------------

TEST_CASE("a formed member hands configuration zero to whom it names") {
  auto zero = conf({1, 2, 3});
  CHECK_FALSE(answer_unformed(member_sender(3), zero, zero, introduction(2)));
  // Later changes of others do not matter.
  CHECK_FALSE(
    answer_unformed(member_sender(3), zero, conf({2, 3, 4}), introduction(2)));
}

TEST_CASE("what a formed member tells the others") {
  auto zero = conf({1, 2, 3});
  auto newest = conf({1, 2, 3}, {}, {4, 5});
  newest.members[4].incarnation = incarnation_t{};
  newest.removed = ids({6});
  auto told = [&](sender who, std::string address) {
    introduce msg{who, std::move(address), {}, addresses};
    auto answer = answer_unformed(member_sender(3), zero, newest, msg);
    REQUIRE(answer);
    CHECK(answer->from == member_sender(3));
    return *answer;
  };
  auto lost = told({server_id{2}, incarnation_t{999}}, "host2:9021");
  CHECK(lost.verdict == lost_directory);
  CHECK(contains(lost.text, {"the directory of member 2 at host2:9021 was lost",
                             "member 3 at host3:9021", "0000000000000066",
                             "00000000000003e7"}));
  auto removed = told(member_sender(6), "host6:9021");
  CHECK(removed.verdict == not_founder);
  CHECK(contains(removed.text, "member 6 was removed"));
  auto unknown = told(member_sender(7), "host7:9021");
  CHECK(unknown.verdict == not_founder);
  CHECK(contains(unknown.text, {"member 7 at host7:9021", "--join"}));
  auto joined = told(member_sender(5), "host5:9021");
  CHECK(joined.verdict == waiting);
  CHECK(contains(joined.text, "leader will take it in"));
  auto elsewhere = told(member_sender(5), "host6:9021");
  CHECK(elsewhere.verdict == differs);
  CHECK(contains(elsewhere.text, {"host6:9021", "member 5, at host5:9021"}));
}

TEST_CASE("an old disk is not handed configuration zero") {
  // It names that disk still, but the member has come back under another life
  // since.
  auto newest = conf({1, 2, 3});
  newest.members[1].incarnation = incarnation_t{999};
  auto answer = answer_unformed(member_sender(3), conf({1, 2, 3}), newest,
                                introduction(2));
  REQUIRE(answer);
  CHECK(answer->verdict == lost_directory);
}

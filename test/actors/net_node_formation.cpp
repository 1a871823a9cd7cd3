#include "net_node.hpp"

using namespace caf::raft;
using namespace net;

namespace {

/// The founder of three, whom the two others have found.
struct founder : node_fixture {
  founder() : node_fixture{unformed(1)} {
    link(2);
    link(3);
  }
};

/// Member 2 of three.
struct follower : node_fixture {
  explicit follower(node_setup env = unformed(2))
    : node_fixture{std::move(env)} {
    link(1);
  }

  founded zero_from(uint64_t id, uint64_t cluster = 77) const {
    return {member_of(id), cluster_id{cluster}, *zero_of_three()};
  }
};

} // namespace

TEST_CASE("a member alone in its list founds a cluster at once") {
  node_fixture f{node_fixture::unformed(1, {"a:1"})};
  auto group = f.add_group();
  auto asked = f.log.take<found_cluster>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].cluster);
  REQUIRE(asked[0].zero->members.size() == 1);
  CHECK(asked[0].zero->members[0].incarnation == member_of(1).incarnation);
  CHECK(group.take<formed>().empty());
  f.tell(asked[0].reply_to, cluster_founded{asked[0].cluster, asked[0].zero});
  auto told = group.take<formed>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].cluster == asked[0].cluster);
  CHECK(told[0].zero == asked[0].zero);
  // A group that comes later hears it, too.
  CHECK(f.add_group(2).take<formed>().size() == 1);
}

TEST_CASE("the founder founds once all others have introduced themselves") {
  founder f;
  auto group = f.add_group();
  CHECK(group.take<not_formed>().size() == 1);
  f.arrive({}, f.introduction(2));
  CHECK(f.last_sent_to<introduction_answer>(2)->verdict
        == introduction_verdict::waiting);
  CHECK(f.log.take<found_cluster>().empty());
  auto waiting = group.take<not_formed>();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].waiting_for.find("member 3 at c:3") != std::string::npos);
  f.arrive({}, f.introduction(3));
  auto asked = f.log.take<found_cluster>();
  REQUIRE(asked.size() == 1);
  CHECK(*asked[0].zero == *zero_of_three());
  // Nothing is said before it is durable.
  CHECK_FALSE(f.last_sent_to<founded>(2));
  f.arrive({}, f.introduction(3));
  CHECK(f.log.take<found_cluster>().empty());
  // Connections are made anew with the cluster id, then zero is handed out.
  f.tell(f.node, cluster_founded{asked[0].cluster, asked[0].zero});
  for (auto id : {2, 3}) {
    CHECK(f.attempt_to(id)->wire.take<stop>().size() == 1);
    f.unlink(id);
    CHECK(f.attempt_to(id)->me.cluster == asked[0].cluster);
    CHECK(f.attempt_to(id)->me.newest_configuration == index_t{0});
    f.link(id);
    auto sent = f.last_sent_to<founded>(id);
    REQUIRE(sent);
    CHECK(sent->cluster == asked[0].cluster);
    CHECK(sent->zero == *zero_of_three());
  }
  CHECK(group.take<formed>().size() == 1);
}

TEST_CASE("who left before the cluster was founded counts no more") {
  founder f;
  auto two = f.knock(f.hello_of(2));
  f.arrive({}, f.introduction(2));
  f.tell(f.node,
         incoming_closed{
           member_of(2), two.as<incoming_connection_actor>(), "", "", {}});
  f.arrive({}, f.introduction(3));
  CHECK(f.log.take<found_cluster>().empty());
  f.arrive({}, f.introduction(2, 2));
  auto asked = f.log.take<found_cluster>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].zero->members[1].incarnation == member_of(2, 2).incarnation);
}

TEST_CASE("a list that differs is named in both logs") {
  founder f;
  auto msg = f.introduction(2);
  msg.initial_members = {"a:1", "b:2"};
  f.arrive({}, msg);
  auto answer = f.last_sent_to<introduction_answer>(2);
  REQUIRE(answer);
  CHECK(answer->verdict == introduction_verdict::differs);
  CHECK(answer->text.find("a:1,b:2") != std::string::npos);
  CHECK(f.errors == std::vector{answer->text});
}

TEST_CASE("an unformed member shows itself to everyone, again and again") {
  follower f;
  auto shown = f.last_sent_to<introduce>(1);
  REQUIRE(shown);
  CHECK(shown->address == "b:2");
  CHECK(shown->to == member_of(1).incarnation);
  CHECK(shown->initial_members == three);
  CHECK_FALSE(f.last_sent_to<introduce>(3));
  f.link(3);
  CHECK(f.last_sent_to<introduce>(3));
  f.run_for(1s);
  CHECK(f.last_sent_to<introduce>(1));
  // To the next life of the founder.
  f.unlink(1);
  f.run_for(1s);
  f.link(1, {}, 2);
  shown = f.last_sent_to<introduce>(1);
  REQUIRE(shown);
  CHECK(shown->to == member_of(1, 2).incarnation);
}

TEST_CASE("configuration zero is taken from a formed member") {
  follower f;
  auto group = f.add_group();
  // Not on a connection that was opened by an unformed one, nor for another
  // cluster than that of the connection.
  f.arrive({}, f.zero_from(1));
  f.arrive(cluster_id{78}, f.zero_from(1));
  CHECK(f.log.take<found_cluster>().empty());
  f.arrive(cluster_id{77}, f.zero_from(1));
  auto asked = f.log.take<found_cluster>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].cluster == cluster_id{77});
  CHECK(*asked[0].zero == *zero_of_three());
  // Only one, and for ever.
  f.arrive(cluster_id{78}, f.zero_from(3, 78));
  CHECK(f.log.take<found_cluster>().empty());
  f.tell(f.node, cluster_founded{asked[0].cluster, asked[0].zero});
  CHECK(group.take<formed>().size() == 1);
  f.arrive(cluster_id{78}, f.zero_from(3, 78));
  CHECK(f.log.take<found_cluster>().empty());
  f.run_for(5s);
  CHECK_FALSE(f.last_sent_to<introduce>(3));
}

TEST_CASE("configuration zero that names another life is not taken") {
  follower f;
  auto msg = f.zero_from(1);
  msg.zero.members[1].incarnation = member_of(2, 9).incarnation;
  f.arrive(cluster_id{77}, msg);
  CHECK(f.log.take<found_cluster>().empty());
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors[0].find("was lost") != std::string::npos);
}

TEST_CASE("a lost directory is said loudly") {
  follower f;
  auto group = f.add_group();
  group.take<not_formed>();
  f.arrive(cluster_id{77}, introduction_answer{
                             member_of(3), introduction_verdict::lost_directory,
                             "the directory of member 2 was lost"});
  CHECK(f.errors
        == std::vector<std::string>{"the directory of member 2 was "
                                    "lost"});
  auto waiting = group.take<not_formed>();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].waiting_for == "the directory of member 2 was lost");
}

TEST_CASE("an expected cluster is the only one") {
  auto env = node_fixture::unformed(2);
  env.expected_cluster = cluster_id{78};
  follower f{env};
  f.arrive(cluster_id{77}, f.zero_from(1));
  CHECK(f.log.take<found_cluster>().empty());
  CHECK(f.errors.size() == 1);
  f.arrive(cluster_id{78}, f.zero_from(1, 78));
  CHECK(f.log.take<found_cluster>().size() == 1);
  // And it is never founded anew.
  auto alone = node_fixture::unformed(1, {"a:1"});
  alone.expected_cluster = cluster_id{78};
  node_fixture g{alone};
  CHECK(g.log.take<found_cluster>().empty());
  auto waiting = g.add_group().take<not_formed>();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].waiting_for.find("000000000000004e") != std::string::npos);
}

TEST_CASE("a formed member hands configuration zero to those it names") {
  node_fixture f{node_fixture::formed_one(1)};
  f.link(2);
  CHECK(f.last_sent_to<founded>(2));
  f.arrive({}, f.introduction(2));
  CHECK(f.last_sent_to<founded>(2));
  // Formed ones have it.
  f.link(3, cluster_id{77});
  CHECK_FALSE(f.last_sent_to<founded>(3));
}

TEST_CASE("a formed member tells another life that its directory was lost") {
  node_fixture f{node_fixture::formed_one(1)};
  f.link(2, {}, 2);
  CHECK_FALSE(f.last_sent_to<founded>(2));
  f.arrive({}, f.introduction(2, 2));
  auto answer = f.last_sent_to<introduction_answer>(2);
  REQUIRE(answer);
  CHECK(answer->verdict == introduction_verdict::lost_directory);
  CHECK(f.errors == std::vector{answer->text});
  // Once a minute is enough for the log.
  for (int i = 0; i < 30; ++i) {
    f.run_for(1s);
    f.arrive({}, f.introduction(2, 2));
  }
  CHECK(f.errors.size() == 1);
  // An answer is not given to another life than the one that asked.
  CHECK(f.last_sent_to<introduction_answer>(2));
  f.arrive({}, f.introduction(2, 3));
  CHECK(f.sent_to(2).empty());
}

TEST_CASE("members of other clusters have to leave when we are formed") {
  follower f;
  auto hello_to_2 = [&](uint64_t id, cluster_id cluster) {
    auto result = f.hello_of(id, cluster);
    result.to = server_id{2};
    return result;
  };
  auto right = f.knock(hello_to_2(1, cluster_id{77}));
  auto other = f.knock(hello_to_2(3, cluster_id{78}));
  auto unformed = f.knock(hello_to_2(4, {}));
  for (auto* x : {&right, &other, &unformed}) {
    auto let_in = x->take<admitted>();
    REQUIRE(let_in.size() == 1);
    CHECK(let_in[0].routes == nullptr);
  }
  f.tell(f.node, cluster_founded{cluster_id{77}, zero_of_three()});
  auto sent_away = other.take<not_admitted>();
  REQUIRE(sent_away.size() == 1);
  CHECK(sent_away[0].why.reason == refusal_reason::wrong_cluster);
  auto routes = right.take<route_table_ptr>();
  REQUIRE(routes.size() == 1);
  CHECK(routes[0] != nullptr);
  CHECK(unformed.take<route_table_ptr>().empty());
  CHECK(unformed.take<not_admitted>().empty());
}

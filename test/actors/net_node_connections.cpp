#include "net_node.hpp"

using namespace caf::raft;
using namespace net;

namespace {

constexpr cluster_id ours{77};

struct formed_node : node_fixture {
  formed_node() : node_fixture{formed_one(1)} {
    // nop
  }

  void closed(const sender& who, connection& from) {
    tell(node, incoming_closed{who,
                               from.as<incoming_connection_actor>(),
                               "10.0.0.9:999",
                               "the other side closed it",
                               {}});
  }
};

} // namespace

TEST_CASE("members are let in, and get the routes of their messages") {
  formed_node f;
  auto group = f.add_group();
  auto two = f.knock(f.hello_of(2, ours));
  auto let_in = two.take<admitted>();
  REQUIRE(let_in.size() == 1);
  CHECK(let_in[0].answer
        == welcome{wire::protocol_version, ours, server_id{1},
                   member_of(1).incarnation});
  REQUIRE(let_in[0].routes);
  CHECK(let_in[0].routes->servers.at(group_id{1}) == group.as<server_actor>());
  CHECK(let_in[0].routes->max_body_size == wire::max_body_size(settings{}));
  // And again when they change.
  server_actor other = f.add_group(2).as<server_actor>();
  auto routes = two.take<route_table_ptr>();
  REQUIRE(routes.size() == 1);
  CHECK(routes[0]->servers.at(group_id{2}) == other);
  f.tell(f.node, remove_group{group_id{1}});
  routes = two.take<route_table_ptr>();
  REQUIRE(routes.size() == 1);
  CHECK(routes[0]->servers.count(group_id{1}) == 0);
}

TEST_CASE("frames may be as large as the largest group needs") {
  formed_node f;
  auto two = f.knock(f.hello_of(2, ours));
  node_fixture::server group{f.sys.system()};
  f.tell(f.node, caf::raft::add_group{group_id{1}, group.as<server_actor>(),
                                      size_t{1} << 30});
  auto routes = two.take<route_table_ptr>();
  REQUIRE(routes.size() == 1);
  CHECK(routes[0]->max_body_size == size_t{1} << 30);
}

TEST_CASE("unformed members are let in, but not to the groups") {
  formed_node f;
  auto let_in = f.knock(f.hello_of(2)).take<admitted>();
  REQUIRE(let_in.size() == 1);
  CHECK(let_in[0].routes == nullptr);
}

TEST_CASE("members of other clusters are refused, and named in the log") {
  formed_node f;
  for (int i = 0; i < 100; ++i) {
    auto refused = f.knock(f.hello_of(2, cluster_id{78})).take<not_admitted>();
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].why.reason == refusal_reason::wrong_cluster);
    f.run_for(100ms);
  }
  REQUIRE(f.errors.size() == 1);
  for (auto* part : {"10.0.0.9:999", "b:2", "000000000000004e",
                     "000000000000004d", "used before"})
    CHECK(f.errors[0].find(part) != std::string::npos);
}

TEST_CASE("a refusal by the other side is named in the log") {
  formed_node f;
  f.tell(f.attempt_to(2)->owner,
         link_down{"refused: because",
                   refusal{refusal_reason::wrong_cluster, "because"}});
  CHECK(f.errors
        == std::vector<std::string>{"member 2 at b:2 refused: because"});
}

TEST_CASE("what makes no sense is said with where it came from") {
  formed_node f;
  auto two = f.knock(f.hello_of(2, ours));
  incoming_closed msg{member_of(2), two.as<incoming_connection_actor>(),
                      "10.0.0.9:999", "refused: malformed message",
                      refusal{refusal_reason::malformed, "malformed message"}};
  f.tell(f.node, msg);
  CHECK(f.lines_with("the connection from member 2 at b:2, at 10.0.0.9:999, "
                     "was refused: malformed message")
        == 1);
  msg.from = {};
  f.tell(f.node, msg);
  CHECK(f.lines_with("the connection from a stranger, at 10.0.0.9:999, was "
                     "refused: malformed message")
        == 1);
}

TEST_CASE("a member that moved is named with both addresses") {
  formed_node f;
  auto who = f.hello_of(2, ours);
  who.address = "b:4";
  CHECK(f.knock(who).take<admitted>().size() == 1);
  CHECK(f.lines_with("member 2 says that it is at b:4; it is sought at b:2")
        == 1);
}

TEST_CASE("a connection for chunks stands beside the one for messages") {
  formed_node f;
  auto group = f.add_group();
  auto messages = f.knock(f.hello_of(2, ours));
  group.take<member_seen>();
  auto who = f.hello_of(2, ours);
  who.carries = lane::bulk;
  auto first = f.knock(who);
  auto let_in = first.take<admitted>();
  REQUIRE(let_in.size() == 1);
  CHECK(let_in[0].routes->servers.at(group_id{1}) == group.as<server_actor>());
  // It is nobody's arrival, and replaces its like only.
  CHECK(group.take<member_seen>().empty());
  auto second = f.knock(who);
  CHECK(first.take<stop>().size() == 1);
  CHECK(messages.take<stop>().empty());
  // It gets new routes, ends with the one for messages, and is refused for the
  // same reasons.
  f.add_group(2);
  CHECK(second.take<route_table_ptr>().size() == 1);
  f.knock(f.hello_of(2, ours));
  CHECK(second.take<stop>().size() == 1);
  who.cluster = cluster_id{78};
  CHECK(f.knock(who).take<not_admitted>().size() == 1);
}

TEST_CASE("that there is no connection for chunks is said, and no more") {
  formed_node f;
  f.link(2, ours);
  auto& main = *f.attempt_to(2);
  auto group = f.add_group();
  group.take<peer_changed>();
  f.tell(main.owner, send_frame{wire::encode(group_id{1}, message{heartbeat{}}),
                                lane::bulk});
  f.tell(main.owner, link_down{"no room", {}, lane::bulk});
  CHECK(f.lines_with(
          "lost the connection for snapshots to member 2 at b:2: no room")
        == 1);
  CHECK(group.take<peer_changed>().empty());
  CHECK(main.wire.take<stop>().empty());
}

TEST_CASE("a later connection for messages has a larger number") {
  formed_node f;
  f.add_group();
  auto first = f.knock(f.hello_of(2, ours)).take<admitted>();
  auto other = f.knock(f.hello_of(3, ours)).take<admitted>();
  auto who = f.hello_of(2, ours);
  who.carries = lane::bulk;
  auto bulk = f.knock(who).take<admitted>();
  auto second = f.knock(f.hello_of(2, ours)).take<admitted>();
  REQUIRE(first.size() + other.size() + bulk.size() + second.size() == 4);
  CHECK(first[0].number > 0);
  CHECK(other[0].number > 0);
  CHECK(bulk[0].number == 0);
  CHECK(second[0].number > first[0].number);
}

TEST_CASE("a second connection of the same member replaces the first") {
  formed_node f;
  auto first = f.knock(f.hello_of(2, ours));
  auto second = f.knock(f.hello_of(2, ours));
  CHECK(first.take<stop>().size() == 1);
  CHECK(second.take<admitted>().size() == 1);
  f.closed(member_of(2), first);
  f.add_group();
  CHECK(second.take<route_table_ptr>().size() == 1);
  // Another life of the directory is another member, as far as that goes.
  auto third = f.knock(f.hello_of(2, ours, 2));
  CHECK(third.take<admitted>().size() == 1);
  CHECK(second.take<stop>().empty());
}

TEST_CASE("who is in no configuration is let in and dialled back") {
  formed_node f;
  auto group = f.add_group();
  group.take<new_peers>();
  auto four = f.knock(f.hello_of(4, ours));
  CHECK(four.take<admitted>().size() == 1);
  REQUIRE(f.attempt_to(4) != nullptr);
  CHECK(f.attempt_to(4)->me.to == server_id{4});
  auto told = group.take<new_peers>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].peers.size() == 3);
  f.link(4, ours);
  CHECK(group.take<peer_changed>().size() == 1);
  // Until it is gone altogether: two that are only guests of each other would end
  // each other's connection for ever.
  f.closed(member_of(4), four);
  CHECK(group.take<new_peers>().empty());
  f.unlink(4);
  told = group.take<new_peers>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].peers.size() == 2);
  auto links = group.take<peer_changed>();
  REQUIRE(links.size() == 1);
  CHECK_FALSE(links[0].connected);
}

TEST_CASE("who is in no configuration is dialled back to the end") {
  // Also if it is gone meanwhile: so would two go on that only meet as guests, each
  // ending what it began since the other one did.
  formed_node f;
  auto group = f.add_group();
  auto four = f.knock(f.hello_of(4, ours));
  auto* back = f.attempt_to(4);
  REQUIRE(back != nullptr);
  f.closed(member_of(4), four);
  CHECK(back->wire.take<stop>().empty());
  group.take<new_peers>();
  SUBCASE("it is there") {
    f.link(4, ours);
    CHECK(group.take<peer_changed>().size() == 1);
    CHECK(back->wire.take<stop>().empty());
  }
  SUBCASE("it is not") {
    f.unlink(4);
    auto told = group.take<new_peers>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].peers.size() == 2);
  }
}

TEST_CASE("there are only so many strangers") {
  formed_node f;
  size_t refused = 0;
  for (uint64_t id = 4; id < 200; ++id)
    refused += f.knock(f.hello_of(id, ours)).take<not_admitted>().size();
  CHECK(refused == 200 - 4 - (128 - 2));
  // Members are let in all the same.
  CHECK(f.knock(f.hello_of(2, ours)).take<admitted>().size() == 1);
}

TEST_CASE("servers hear of links, also of those made before they came") {
  formed_node f;
  auto group = f.add_group();
  f.link(2, ours);
  auto told = group.take<peer_changed>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].id == server_id{2});
  CHECK(told[0].connected);
  auto later = f.add_group(2);
  CHECK(later.take<peer_changed>().size() == 1);
  CHECK(later.take<new_peers>().size() == 1);
  f.unlink(2);
  told = group.take<peer_changed>();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].connected);
  // An attempt that failed changes nothing.
  f.run_for(1s);
  f.unlink(2);
  CHECK(group.take<peer_changed>().empty());
}

TEST_CASE("a node that cannot be reached is one line a minute") {
  formed_node f;
  for (int i = 0; i < 50; ++i) {
    f.unlink(2);
    f.run_for(1s);
  }
  CHECK(f.lines_with("cannot reach member 2 at b:2: gone") == 1);
  for (int i = 0; i < 20; ++i) {
    f.unlink(2);
    f.run_for(1s);
  }
  CHECK(f.lines_with("cannot reach member 2 at b:2: gone") == 2);
}

TEST_CASE("the peers are those of the newest configuration") {
  formed_node f;
  auto group = f.add_group();
  group.take<new_peers>();
  configuration conf = *zero_of_three();
  conf.members[1].address = "b:22";
  conf.members.pop_back();
  conf.members.push_back({server_id{4}, "x:4", incarnation_t{41}, false});
  conf.voters = {server_id{1}, server_id{2}, server_id{4}};
  auto newest = std::make_shared<const configuration>(conf);
  auto zero = zero_of_three();
  auto* old_two = f.attempt_to(2);
  auto* three = f.attempt_to(3);
  f.tell(f.node, configuration_known{
                   group_id{1}, {index_t{5}, newest}, {index_t{0}, zero}});
  auto told = group.take<new_peers>();
  REQUIRE(told.size() == 1);
  // Member 3 is there until the change is committed.
  CHECK(told[0].peers.size() == 3);
  CHECK(old_two->wire.take<stop>().size() == 1);
  CHECK(f.network->last("b:22") != nullptr);
  CHECK(f.attempt_to(4) != nullptr);
  CHECK(three->wire.take<stop>().empty());
  f.tell(f.node, configuration_known{
                   group_id{1}, {index_t{5}, newest}, {index_t{5}, newest}});
  told = group.take<new_peers>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].peers.size() == 2);
  CHECK(three->wire.take<stop>().size() == 1);
}

TEST_CASE("what a peer that was replaced says is not heard") {
  formed_node f;
  auto group = f.add_group();
  auto conf = std::make_shared<configuration>(*zero_of_three());
  conf->members[1].address = "b:22";
  auto old_peer = f.attempt_to(2)->owner;
  f.tell(f.node, configuration_known{
                   group_id{1}, {index_t{5}, conf}, {index_t{5}, conf}});
  peer_link_changed late;
  late.id = server_id{2};
  late.peer = old_peer;
  late.connected = true;
  late.remote = member_of(2);
  f.tell(f.node, late);
  CHECK(group.take<peer_changed>().empty());
}

TEST_CASE("an old disk is refused by what is committed") {
  formed_node f;
  auto group = f.add_group();
  auto conf = std::make_shared<configuration>(*zero_of_three());
  conf->members[1].incarnation = member_of(2, 2).incarnation;
  f.tell(f.node, configuration_known{
                   group_id{1}, {index_t{5}, conf}, {index_t{5}, conf}});
  auto refused = f.knock(f.hello_of(2, ours)).take<not_admitted>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].why.reason == refusal_reason::wrong_incarnation);
  CHECK(f.knock(f.hello_of(2, ours, 2)).take<admitted>().size() == 1);
  // And we say from now on what we have stored.
  f.unlink(3);
  f.run_for(1s);
  CHECK(f.attempt_to(3)->me.newest_configuration == index_t{5});
}

TEST_CASE("a node that stops ends all its connections") {
  formed_node f;
  auto two = f.knock(f.hello_of(2, ours));
  f.tell(f.node, stop{});
  CHECK(two.take<stop>().size() == 1);
  CHECK(f.attempt_to(2)->wire.take<stop>().size() == 1);
  CHECK(f.attempt_to(3)->wire.take<stop>().size() == 1);
}

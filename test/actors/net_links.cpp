#include "net_links.hpp"

using namespace caf::raft;
using namespace net;

TEST_CASE("a hello is answered by a welcome, then frames go out") {
  connection both;
  both.exchange();
  REQUIRE(both.accepter.hellos.size() == 1);
  CHECK(both.accepter.hellos[0] == hello_of_1());
  CHECK(both.accepter.link.from() == sender{server_id{1}, incarnation_t{11}});
  CHECK(both.opener.ups.empty());
  both.accepter.link.admit(welcome_of_2(), big_enough);
  both.exchange();
  REQUIRE(both.opener.ups.size() == 1);
  CHECK(both.opener.ups[0] == welcome_of_2());
  both.opener.link.send(heartbeat_frame(1));
  both.opener.link.send(wire::encode(
    node_message{introduce{{}, "a:1", incarnation_t{22}, {"a:1", "b:2"}}}));
  both.opener.link.send(heartbeat_frame(2));
  both.exchange();
  REQUIRE(both.accepter.messages.size() == 2);
  auto& msg = std::get<heartbeat>(both.accepter.messages[1].body);
  CHECK(msg.round == round_t{2});
  CHECK(msg.from == sender{server_id{1}, incarnation_t{11}});
  CHECK(both.accepter.messages[0].group == group_id{1});
  REQUIRE(both.accepter.node_messages.size() == 1);
  auto& shown = std::get<introduce>(both.accepter.node_messages[0]);
  CHECK(shown.from == sender{server_id{1}, incarnation_t{11}});
  CHECK(both.opener.downs.empty());
  CHECK(both.accepter.downs.empty());
}

TEST_CASE("bytes may arrive one by one, and all at once") {
  for (size_t piece : {1u, 3u, 17u, 4096u}) {
    connection both;
    both.exchange(piece);
    both.accepter.link.admit(welcome_of_2(), big_enough);
    both.exchange(piece);
    for (uint64_t i = 1; i <= 5; ++i)
      both.opener.link.send(heartbeat_frame(i));
    both.exchange(piece);
    REQUIRE(both.accepter.messages.size() == 5);
    CHECK(std::get<heartbeat>(both.accepter.messages[4].body).round
          == round_t{5});
  }
}

TEST_CASE("frames are dropped while the link is not up") {
  connection both;
  both.opener.link.send(heartbeat_frame(1));
  both.shake_hands();
  CHECK(both.accepter.messages.empty());
  both.opener.link.close("enough");
  both.opener.link.send(heartbeat_frame(2));
  both.exchange();
  CHECK(both.accepter.messages.empty());
}

TEST_CASE("every refusal reaches the opener with its reason and its text") {
  for (auto reason :
       {refusal_reason::version, refusal_reason::wrong_cluster,
        refusal_reason::wrong_id, refusal_reason::wrong_incarnation,
        refusal_reason::busy, refusal_reason::malformed}) {
    connection both;
    both.exchange();
    both.accepter.link.refuse({reason, "because"});
    CHECK(both.accepter.stream.closed);
    both.exchange();
    CHECK(both.opener.ups.empty());
    REQUIRE(both.opener.downs.size() == 1);
    REQUIRE(both.opener.downs[0].refused.has_value());
    CHECK(both.opener.downs[0].refused->reason == reason);
    CHECK(both.opener.downs[0].refused->text == "because");
    CHECK(both.opener.downs[0].reason == "refused: because");
    CHECK(both.accepter.downs == std::vector<std::string>{"refused: because"});
    CHECK(both.accepter.refusals[0] == refusal{reason, "because"});
    // Nothing is said twice.
    both.opener.link.on_closed("closed");
    both.accepter.link.on_closed("closed");
    CHECK(both.opener.downs.size() == 1);
    CHECK(both.accepter.downs.size() == 1);
  }
}

TEST_CASE("a link that is up may still be refused") {
  connection both;
  both.shake_hands();
  both.accepter.link.refuse({refusal_reason::wrong_cluster, "not any more"});
  both.exchange();
  REQUIRE(both.opener.downs.size() == 1);
  CHECK(both.opener.downs[0].refused->reason == refusal_reason::wrong_cluster);
}

TEST_CASE("an answer of another member, cluster or version ends the link") {
  auto refused_by_opener = [](const welcome& answer) {
    connection both;
    both.exchange();
    both.accepter.link.admit(answer, big_enough);
    both.exchange();
    CHECK(both.opener.ups.empty());
    CHECK(both.opener.stream.closed);
    REQUIRE(both.opener.downs.size() == 1);
    REQUIRE(both.opener.downs[0].refused.has_value());
    return both.opener.downs[0].refused->reason;
  };
  auto answer = welcome_of_2();
  answer.id = server_id{3};
  CHECK(refused_by_opener(answer) == refusal_reason::wrong_id);
  answer = welcome_of_2();
  answer.cluster = cluster_id{8};
  CHECK(refused_by_opener(answer) == refusal_reason::wrong_cluster);
  answer = welcome_of_2();
  answer.version = 2;
  CHECK(refused_by_opener(answer) == refusal_reason::version);
}

TEST_CASE("an unformed side fits to every cluster") {
  auto me = hello_of_1();
  me.cluster = {};
  me.newest_configuration = std::nullopt;
  connection unformed{me};
  unformed.shake_hands();
  CHECK(unformed.opener.ups[0].cluster == cluster_id{7});
  connection formed;
  formed.exchange();
  auto answer = welcome_of_2();
  answer.cluster = {};
  formed.accepter.link.admit(answer, big_enough);
  formed.exchange();
  CHECK(formed.opener.ups.size() == 1);
}

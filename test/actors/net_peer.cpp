#include "caf/raft/peer_actor.hpp"
#include "net_fakes.hpp"

#include <doctest/doctest.h>

using namespace caf::raft;
using namespace net;
using namespace std::chrono_literals;

namespace {

struct fixture : virtual_process {
  fixture() {
    peer_state::setup env;
    env.id = server_id{2};
    env.address = "b:2";
    env.me = hello_of_1();
    env.owner = node.as<node_actor>();
    env.net = network;
    env.seed = 7;
    peer = spawn_at<peer_state>(sys.system(), placement::scheduled, env);
    run();
  }

  static hello hello_of_1() {
    return {wire::protocol_version,
            cluster_id{7},
            server_id{1},
            incarnation_t{11},
            "a:1",
            server_id{},
            index_t{3}};
  }

  fake_transport::attempt& last() {
    REQUIRE_FALSE(network->attempts.empty());
    return *network->attempts.back();
  }

  size_t attempts() const {
    return network->attempts.size();
  }

  void up() {
    tell(peer, link_up{{server_id{2}, incarnation_t{22}}, cluster_id{7}});
  }

  void down() {
    tell(peer, link_down{"gone", {}});
  }

  collector<peer_link_changed> node{sys.system()};
  std::shared_ptr<fake_transport> network
    = std::make_shared<fake_transport>(sys.system());
  peer_actor peer;
};

send_frame some_frame() {
  return {wire::encode(group_id{1}, message{heartbeat{}})};
}

} // namespace

TEST_CASE("a peer dials at once and says whom it expects") {
  fixture f;
  REQUIRE(f.attempts() == 1);
  CHECK(f.last().address == "b:2");
  auto expected = fixture::hello_of_1();
  expected.to = server_id{2};
  CHECK(f.last().me == expected);
}

TEST_CASE("frames go out while there is a connection, and are dropped else") {
  fixture f;
  f.tell(f.peer, some_frame());
  CHECK(f.last().wire.take<send_frame>().empty());
  f.up();
  f.tell(f.peer, some_frame());
  CHECK(f.last().wire.take<send_frame>().size() == 1);
  f.down();
  f.tell(f.peer, some_frame());
  f.run_for(2s);
  REQUIRE(f.attempts() == 2);
  CHECK(f.last().wire.take<send_frame>().empty());
}

TEST_CASE("the node hears of every change of the link") {
  fixture f;
  f.up();
  auto told = f.node.take<peer_link_changed>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].id == server_id{2});
  CHECK(told[0].peer == f.peer);
  CHECK(told[0].connected);
  CHECK(told[0].remote == sender{server_id{2}, incarnation_t{22}});
  CHECK(told[0].cluster == cluster_id{7});
  f.tell(f.peer, link_down{"refused: no", refusal{refusal_reason::busy, "no"}});
  told = f.node.take<peer_link_changed>();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].connected);
  CHECK(told[0].reason == "refused: no");
  CHECK(told[0].refused == refusal{refusal_reason::busy, "no"});
}

TEST_CASE("retries are quick at first and then more and more patient") {
  fixture f;
  std::vector<timespan> delays;
  for (int i = 0; i < 12; ++i) {
    f.down();
    auto since = f.sys.now();
    REQUIRE(f.sys.next_timer());
    delays.push_back(*f.sys.next_timer() - since);
    auto before = f.attempts();
    f.run_for(delays.back());
    CHECK(f.attempts() == before + 1);
  }
  CHECK(delays.front() <= 50ms);
  CHECK(delays.front() >= 25ms);
  CHECK(delays[1] <= 100ms);
  CHECK(delays.back() >= 500ms);
  CHECK(delays.back() <= 1s);
  // After a connection that lasted it is quick again, not so after one that did
  // not.
  f.up();
  f.down();
  CHECK(*f.sys.next_timer() - f.sys.now() >= 500ms);
  f.run_for(1s);
  f.up();
  f.run_for(1s);
  f.down();
  CHECK(*f.sys.next_timer() - f.sys.now() <= 50ms);
}

TEST_CASE("a node that says hello to us is dialled without waiting") {
  fixture f;
  for (int i = 0; i < 10; ++i) {
    f.down();
    f.run_for(1s);
  }
  f.down();
  auto before = f.attempts();
  f.tell(f.peer, peer_seen{});
  CHECK(f.attempts() == before + 1);
  // The timer that was armed before must not dial again.
  f.run_for(2s);
  CHECK(f.attempts() == before + 1);
  f.tell(f.peer, peer_seen{});
  CHECK(f.attempts() == before + 1);
}

TEST_CASE("a connection is made anew with what we say now") {
  fixture f;
  f.up();
  auto me = fixture::hello_of_1();
  me.newest_configuration = index_t{9};
  f.tell(f.peer, new_hello{me});
  // Only the next connection has to know that.
  CHECK(f.last().wire.take<stop>().empty());
  me.cluster = cluster_id{8};
  f.tell(f.peer, new_hello{me});
  f.tell(f.peer, new_hello{me});
  CHECK(f.last().wire.take<stop>().size() == 1);
  CHECK(f.attempts() == 1);
  f.down();
  REQUIRE(f.attempts() == 2);
  me.to = server_id{2};
  CHECK(f.last().me == me);
  auto told = f.node.take<peer_link_changed>();
  REQUIRE(told.size() == 2);
  CHECK_FALSE(told[1].connected);
}

TEST_CASE("an outdated connection that comes up is not used") {
  fixture f;
  auto me = fixture::hello_of_1();
  me.cluster = cluster_id{8};
  f.tell(f.peer, new_hello{me});
  f.up();
  CHECK(f.node.take<peer_link_changed>().empty());
  f.down();
  f.up();
  CHECK(f.node.take<peer_link_changed>().size() == 2);
}

TEST_CASE("a peer that stops ends its connection") {
  fixture f;
  f.up();
  f.tell(f.peer, stop{});
  CHECK(f.last().wire.take<stop>().size() == 1);
  f.down();
  f.run_for(5s);
  CHECK(f.attempts() == 1);
}

// -- the connection for what is large ------------------------------------------

namespace {

struct bulk_fixture : fixture {
  bulk_fixture() {
    up();
    node.take<peer_link_changed>();
  }

  send_frame large() {
    return {wire::encode(group_id{1}, message{heartbeat{}}), lane::bulk};
  }

  size_t sent(fake_transport::attempt& on) {
    return on.wire.take<send_frame>().size();
  }

  fake_transport::attempt& main() {
    return *network->attempts.front();
  }

  void bulk_up() {
    tell(peer,
         link_up{{server_id{2}, incarnation_t{22}}, cluster_id{7}, lane::bulk});
  }

  void bulk_down() {
    tell(peer, link_down{"gone", {}, lane::bulk});
  }
};

} // namespace

TEST_CASE("chunks have a connection of their own, made when there are some") {
  bulk_fixture f;
  CHECK(f.attempts() == 1);
  f.tell(f.peer, f.large());
  f.tell(f.peer, f.large());
  REQUIRE(f.attempts() == 2);
  auto expected = f.main().me;
  expected.carries = lane::bulk;
  CHECK(f.last().me == expected);
  CHECK(f.last().address == "b:2");
  CHECK(f.sent(f.last()) == 0);
  f.bulk_up();
  CHECK(f.sent(f.last()) == 2);
  f.tell(f.peer, f.large());
  f.tell(f.peer, some_frame());
  CHECK(f.sent(f.last()) == 1);
  CHECK(f.sent(f.main()) == 1);
  CHECK(f.attempts() == 2);
  // The node knows of one connection.
  CHECK(f.node.take<peer_link_changed>().empty());
}

TEST_CASE("few chunks wait for their connection") {
  bulk_fixture f;
  for (size_t i = 0; i < outgoing_bulk::max_waiting + 5; ++i)
    f.tell(f.peer, f.large());
  f.bulk_up();
  CHECK(f.sent(f.last()) == outgoing_bulk::max_waiting);
}

TEST_CASE("a lost connection for chunks is told, and made for the next one") {
  bulk_fixture f;
  f.tell(f.peer, f.large());
  auto was_up = false;
  SUBCASE("that was up") {
    f.bulk_up();
    was_up = true;
  }
  SUBCASE("that could not be made") {
    // nop
  }
  f.bulk_down();
  auto told = f.node.take<peer_link_changed>();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].connected);
  CHECK(told[0].carries == lane::bulk);
  CHECK(told[0].reason == "gone");
  if (!was_up) {
    // Meanwhile chunks go with the messages.
    f.tell(f.peer, f.large());
    CHECK(f.sent(f.main()) == 1);
  }
  f.run_for(10s);
  CHECK(f.attempts() == 2);
  f.tell(f.peer, f.large());
  REQUIRE(f.attempts() == 3);
  f.bulk_up();
  CHECK(f.sent(f.last()) == 1);
  CHECK(f.sent(*f.network->attempts[1]) == (was_up ? 1 : 0));
  f.tell(f.peer, some_frame());
  CHECK(f.sent(f.main()) == 1);
}

TEST_CASE("the connection for chunks ends with the one for messages") {
  bulk_fixture f;
  f.tell(f.peer, f.large());
  f.bulk_up();
  auto& bulk = f.last();
  SUBCASE("when that is lost") {
    f.down();
    CHECK(bulk.wire.take<stop>().size() == 1);
    f.tell(f.peer, f.large());
    CHECK(f.attempts() == 2);
    f.bulk_down();
    f.run_for(1s);
    REQUIRE(f.attempts() == 3);
    f.up();
    f.tell(f.peer, f.large());
    CHECK(f.attempts() == 4);
    CHECK(f.last().me.carries == lane::bulk);
  }
  SUBCASE("when there is a new hello") {
    auto me = fixture::hello_of_1();
    me.address = "a:9";
    f.tell(f.peer, new_hello{me});
    CHECK(bulk.wire.take<stop>().size() == 1);
    f.bulk_down();
    // That was no surprise.
    CHECK(f.node.take<peer_link_changed>().empty());
  }
  SUBCASE("when the peer ends") {
    f.tell(f.peer, stop{});
    CHECK(bulk.wire.take<stop>().size() == 1);
    CHECK(f.main().wire.take<stop>().size() == 1);
  }
}

TEST_CASE(
  "what comes while the connection for chunks ends waits for the next") {
  bulk_fixture f;
  f.tell(f.peer, f.large());
  f.bulk_up();
  f.down();
  f.run_for(1s);
  f.up();
  // The old one has not said yet that it is over.
  auto before = f.attempts();
  f.tell(f.peer, f.large());
  CHECK(f.attempts() == before);
  f.bulk_down();
  REQUIRE(f.attempts() == before + 1);
  f.bulk_up();
  CHECK(f.sent(f.last()) == 1);
}

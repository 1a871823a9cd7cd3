#include "caf/raft/incoming_link.hpp"
#include "caf/raft/outgoing_link.hpp"
#include "caf/raft/wire/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace caf::raft;

namespace {

constexpr size_t big_enough = 1 << 20;

/// Keeps what is written; the other side reads it when the test says so.
struct memory_stream : byte_stream {
  void out(const wire::frame_ptr& what) override {
    auto view = what->view();
    written.insert(written.end(), view.begin(), view.end());
  }

  size_t outstanding() const override {
    return stuck;
  }

  void close() override {
    closed = true;
  }

  bytes take() {
    return std::exchange(written, {});
  }

  bytes written;
  size_t stuck = 0;
  bool closed = false;
};

struct outgoing_end : outgoing_link::listener {
  explicit outgoing_end(hello me) : link(stream, *this, std::move(me)) {
    // nop
  }

  void on_up(const welcome& remote) override {
    ups.push_back(remote);
  }

  void on_down(const link_down& why) override {
    downs.push_back(why);
  }

  memory_stream stream;
  std::vector<welcome> ups;
  std::vector<link_down> downs;
  outgoing_link link;
};

struct incoming_end : incoming_link::listener {
  void on_hello(const hello& msg) override {
    hellos.push_back(msg);
  }

  void on_message(envelope& msg) override {
    messages.push_back(std::move(msg));
  }

  void on_message(node_message& msg) override {
    node_messages.push_back(std::move(msg));
  }

  void on_down(const std::string& reason) override {
    downs.push_back(reason);
  }

  memory_stream stream;
  std::vector<hello> hellos;
  std::vector<envelope> messages;
  std::vector<node_message> node_messages;
  std::vector<std::string> downs;
  incoming_link link{stream, *this};
};

hello hello_of_1() {
  return {wire::protocol_version,
          cluster_id{7},
          server_id{1},
          incarnation_t{11},
          "a:1",
          server_id{2},
          index_t{3}};
}

welcome welcome_of_2() {
  return {wire::protocol_version, cluster_id{7}, server_id{2},
          incarnation_t{22}};
}

/// Both ends of one connection.
struct connection {
  explicit connection(const hello& me = hello_of_1()) : opener(me) {
    opener.link.start();
  }

  /// Carries all that was written to the other side, in pieces.
  void exchange(size_t piece = big_enough) {
    carry(opener.stream, accepter.link, piece);
    carry(accepter.stream, opener.link, piece);
  }

  template <class Link>
  static void carry(memory_stream& from, Link& to, size_t piece) {
    auto content = from.take();
    bytes_view left{content};
    while (!left.empty()) {
      auto n = std::min(piece, left.size());
      to.on_bytes(left.first(n));
      left = left.subspan(n);
    }
  }

  void shake_hands() {
    exchange();
    accepter.link.admit(welcome_of_2(), big_enough);
    exchange();
    REQUIRE(opener.ups.size() == 1);
  }

  outgoing_end opener;
  incoming_end accepter;
};

message some_heartbeat(uint64_t round) {
  heartbeat result;
  result.term = term_t{5};
  result.tenure = tenure_id{6};
  result.round = round_t{round};
  return result;
}

wire::frame_ptr heartbeat_frame(uint64_t round) {
  return wire::encode(group_id{1}, some_heartbeat(round));
}

void flip(bytes& xs, size_t at) {
  xs[at] ^= std::byte{1};
}

/// What an accepter answers to bytes that open a connection.
refusal answer_to(bytes_view opening) {
  incoming_end accepter;
  accepter.link.on_bytes(opening);
  CHECK(accepter.hellos.empty());
  CHECK(accepter.stream.closed);
  CHECK(accepter.downs.size() == 1);
  outgoing_end opener{hello_of_1()};
  opener.link.on_bytes(accepter.stream.written);
  REQUIRE(opener.downs.size() == 1);
  REQUIRE(opener.downs[0].refused.has_value());
  return *opener.downs[0].refused;
}

bytes copy_of(const wire::frame_ptr& what) {
  auto view = what->view();
  return {view.begin(), view.end()};
}

} // namespace

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

TEST_CASE("garbage instead of a hello is malformed") {
  bytes noise(4096, std::byte{0x5a});
  CHECK(answer_to(noise).reason == refusal_reason::malformed);
  CHECK(answer_to(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).reason
        == refusal_reason::malformed);
  auto good = copy_of(wire::encode(node_message{hello_of_1()}));
  for (size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    flip(bad, i);
    // A size that announces more than there is waits for the rest of it.
    incoming_end accepter;
    accepter.link.on_bytes(bad);
    CHECK(accepter.hellos.empty());
    if (accepter.downs.empty())
      CHECK((i >= 8 && i < 12));
  }
}

TEST_CASE("a connection that does not begin with a hello is malformed") {
  CHECK(answer_to(heartbeat_frame(1)->view()).reason
        == refusal_reason::malformed);
  CHECK(answer_to(wire::encode(node_message{welcome_of_2()})->view()).reason
        == refusal_reason::malformed);
}

TEST_CASE("a hello that is too large is refused by its header alone") {
  auto me = hello_of_1();
  auto frame = copy_of(wire::encode(node_message{me}));
  // The size stands behind magic, version and type; 8 KiB.
  frame[8] = std::byte{0};
  frame[9] = std::byte{0x20};
  CHECK(answer_to(bytes_view{frame}.first(wire::frame_header_size)).reason
        == refusal_reason::malformed);
}

TEST_CASE("who speaks before being let in is refused") {
  connection both;
  both.exchange();
  both.accepter.link.on_bytes(heartbeat_frame(1)->view());
  CHECK(both.accepter.downs.size() == 1);
  // In the same piece as the hello.
  incoming_end other;
  auto opening = copy_of(wire::encode(node_message{hello_of_1()}));
  auto more = heartbeat_frame(1)->view();
  opening.insert(opening.end(), more.begin(), more.end());
  other.link.on_bytes(opening);
  CHECK(other.hellos.size() == 1);
  CHECK(other.downs.size() == 1);
  other.link.admit(welcome_of_2(), big_enough);
  CHECK(other.messages.empty());
}

TEST_CASE("after the handshake a broken frame ends the link") {
  connection both;
  both.shake_hands();
  auto frame = copy_of(heartbeat_frame(1));
  flip(frame, frame.size() - 1);
  both.accepter.link.on_bytes(frame);
  both.exchange();
  CHECK(both.accepter.messages.empty());
  CHECK(both.accepter.stream.closed);
  REQUIRE(both.opener.downs.size() == 1);
  CHECK(both.opener.downs[0].refused->reason == refusal_reason::malformed);
  both.accepter.link.on_bytes(heartbeat_frame(2)->view());
  CHECK(both.accepter.messages.empty());
}

TEST_CASE("the handshake is not repeated") {
  for (const node_message& again :
       {node_message{hello_of_1()}, node_message{welcome_of_2()},
        node_message{refusal{}}}) {
    connection both;
    both.shake_hands();
    both.opener.link.send(wire::encode(again));
    both.exchange();
    CHECK(both.accepter.downs.size() == 1);
    CHECK(both.accepter.hellos.size() == 1);
  }
  connection both;
  both.shake_hands();
  both.opener.link.on_bytes(wire::encode(node_message{welcome_of_2()})->view());
  CHECK(both.opener.downs.size() == 1);
}

TEST_CASE("nothing but answers comes back") {
  connection both;
  both.shake_hands();
  both.opener.link.on_bytes(heartbeat_frame(1)->view());
  REQUIRE(both.opener.downs.size() == 1);
  CHECK_FALSE(both.opener.downs[0].refused.has_value());
}

TEST_CASE("frames are limited to what was agreed, which may change") {
  connection both;
  both.exchange();
  both.accepter.link.admit(welcome_of_2(), 64);
  both.exchange();
  both.accepter.link.limit(big_enough);
  both.opener.link.send(heartbeat_frame(1));
  both.exchange();
  CHECK(both.accepter.messages.size() == 1);
  both.accepter.link.limit(64);
  both.opener.link.send(heartbeat_frame(2));
  both.exchange();
  CHECK(both.accepter.messages.size() == 1);
  CHECK(both.accepter.downs.size() == 1);
}

TEST_CASE("a handshake has a deadline on both sides") {
  connection silent;
  silent.opener.link.on_handshake_deadline();
  REQUIRE(silent.opener.downs.size() == 1);
  CHECK(silent.opener.downs[0].reason == "no answer in time");
  silent.accepter.link.on_handshake_deadline();
  CHECK(silent.accepter.downs.size() == 1);

  connection undecided;
  undecided.exchange();
  undecided.accepter.link.on_handshake_deadline();
  undecided.exchange();
  REQUIRE(undecided.opener.downs.size() == 1);
  CHECK(undecided.opener.downs[0].refused->reason == refusal_reason::busy);
  undecided.accepter.link.admit(welcome_of_2(), big_enough);
  undecided.accepter.link.refuse({});
  CHECK(undecided.accepter.stream.written.empty());

  connection done;
  done.shake_hands();
  done.opener.link.on_handshake_deadline();
  done.accepter.link.on_handshake_deadline();
  CHECK(done.opener.downs.empty());
  CHECK(done.accepter.downs.empty());
}

TEST_CASE("a peer that takes nothing is given up") {
  connection both;
  both.shake_hands();
  both.opener.stream.stuck = max_outstanding_bytes;
  both.opener.link.send(heartbeat_frame(1));
  CHECK(both.opener.downs.empty());
  both.opener.stream.stuck = max_outstanding_bytes + 1;
  both.opener.link.send(heartbeat_frame(2));
  CHECK(both.opener.downs.size() == 1);
  CHECK(both.opener.stream.closed);
}

TEST_CASE("half a frame and then the end is no message") {
  connection both;
  both.shake_hands();
  auto frame = copy_of(heartbeat_frame(1));
  both.accepter.link.on_bytes(bytes_view{frame}.first(frame.size() / 2));
  both.accepter.link.on_closed("the other side closed it");
  CHECK(both.accepter.messages.empty());
  CHECK(both.accepter.downs
        == std::vector<std::string>{"the other side closed it"});
  // It was the stream that ended.
  CHECK_FALSE(both.accepter.stream.closed);
}

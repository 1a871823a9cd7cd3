#include "net_links.hpp"

#include <cstring>

using namespace caf::raft;
using namespace net;

namespace {

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

TEST_CASE("garbage instead of a hello is malformed") {
  bytes noise(4096, std::byte{0x5a});
  CHECK(answer_to(noise).reason == refusal_reason::malformed);
  CHECK(answer_to(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).reason
        == refusal_reason::malformed);
  auto good = copy_of(wire::encode(node_message{hello_of_1()}));
  for (size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    flip(bad, i);
    incoming_end accepter;
    accepter.link.on_bytes(bad);
    CHECK(accepter.hellos.empty());
    CHECK(accepter.downs.size() == 1);
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
  // The size stands behind the magic, the check at the tenth byte; 8 KiB.
  frame[4] = std::byte{0};
  frame[5] = std::byte{0x20};
  auto check = wire::header_check(frame);
  std::memcpy(frame.data() + 10, &check, sizeof(check));
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
  auto more = copy_of(heartbeat_frame(1));
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
  auto frame = heartbeat_frame(1);
  both.opener.stream.stuck = max_outstanding_bytes + frame->view().size();
  both.opener.link.send(frame);
  CHECK(both.opener.downs.empty());
  ++both.opener.stream.stuck;
  both.opener.link.send(heartbeat_frame(2));
  CHECK(both.opener.downs.size() == 1);
  CHECK(both.opener.stream.closed);
}

TEST_CASE("a frame of any size gets through, and heartbeats behind it") {
  connection both;
  both.shake_hands();
  auto& opener = both.opener;
  bytes command(max_outstanding_bytes + 1);
  auto one = entry::make(index_t{1}, term_t{1}, entry_kind::command, command);
  append_entries head;
  head.term = term_t{1};
  auto frame = wire::encode_append(group_id{1}, head, {&one, 1});
  opener.stream.stuck = frame->view().size();
  opener.link.send(frame);
  opener.link.send(heartbeat_frame(1));
  CHECK(opener.downs.empty());
  // But not another one.
  opener.stream.stuck *= 2;
  opener.link.send(heartbeat_frame(2));
  CHECK(opener.downs.size() == 1);
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

#include "net_support.hpp"

#include "caf/raft/outgoing_link.hpp"
#include "caf/raft/tcp_socket.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <cerrno>
#include <poll.h>
#include <string>
#include <vector>

using namespace caf::raft;
using namespace net;

namespace {

hello hello_of_1() {
  return {
    wire::protocol_version, cluster_id{7}, server_id{1}, incarnation_t{11},
    "127.0.0.1:1",          server_id{2},  index_t{0}};
}

welcome welcome_of_2() {
  return {wire::protocol_version, cluster_id{7}, server_id{2},
          incarnation_t{22}};
}

/// However slow the machine is, no handshake ends for that.
constexpr tcp_limits patient{256, patience};

/// For those who wait for a handshake to end in time.
constexpr tcp_limits hasty{256, std::chrono::milliseconds(50)};

/// One side listens, the other one connects.
struct two_sides {
  explicit two_sides(tcp_limits accepting = patient,
                     tcp_limits connecting = patient)
    : server{server_process.sys, accepting},
      client{client_process.sys, connecting} {
    keeper = spawn_at<door_keeper>(server_process.sys, placement::io_thread,
                                   at_door);
    owner = spawn_at<link_owner>(client_process.sys, placement::io_thread,
                                 on_link);
  }

  ~two_sides() {
    post_from_outside(keeper, stop{});
    post_from_outside(owner, stop{});
  }

  void listen(const std::string& host = "127.0.0.1") {
    auto at = server.listen(host + ":0", keeper);
    REQUIRE_MESSAGE(at, (at ? "" : at.error().text));
    address = *at;
  }

  outgoing_connection_actor connect() {
    return client.connect(address, hello_of_1(), owner);
  }

  /// Lets the connection in that has just said hello.
  outgoing_connection_actor connect_and_admit() {
    auto result = connect();
    auto said = at_door->wait_for<hello_received>();
    REQUIRE(said);
    CHECK(said->content == hello_of_1());
    post_from_outside(said->connection, admitted{nullptr, welcome_of_2()});
    REQUIRE(on_link->wait_for<link_up>());
    accepted = said->connection;
    return result;
  }

  process server_process;
  process client_process;
  std::shared_ptr<door_events> at_door = std::make_shared<door_events>();
  std::shared_ptr<link_events> on_link = std::make_shared<link_events>();
  tcp_transport server;
  tcp_transport client;
  node_actor keeper;
  peer_actor owner;
  incoming_connection_actor accepted;
  std::string address;
};

/// A socket of the test's own, for what no link would do. Blocks.
tcp_socket raw_connection(const std::string& address) {
  auto where = numeric_address(address);
  REQUIRE(where);
  auto result = begin_connect(*where);
  REQUIRE(result);
  pollfd p{result->fd(), POLLOUT, 0};
  REQUIRE(poll(&p, 1, 20'000) == 1);
  return std::move(*result);
}

/// A socket that is bound but does not listen: nobody else gets its port.
tcp_socket port_of_nobody() {
  tcp_socket result{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto where = numeric_address("127.0.0.1:0");
  auto* raw = reinterpret_cast<const sockaddr*>(&where->storage);
  REQUIRE(bind(result.fd(), raw, where->size) == 0);
  return result;
}

bytes read_to_the_end(const tcp_socket& from) {
  bytes result;
  std::byte buf[4096];
  for (;;) {
    pollfd p{from.fd(), POLLIN, 0};
    REQUIRE(poll(&p, 1, 20'000) == 1);
    auto n = recv(from.fd(), buf, sizeof(buf), 0);
    if (n < 0 && errno == EAGAIN)
      continue;
    if (n <= 0)
      return result;
    result.insert(result.end(), buf, buf + n);
  }
}

wire::frame_ptr introduction(const std::string& address) {
  return wire::encode(
    node_message{introduce{{}, address, incarnation_t{22}, {address}}});
}

} // namespace

TEST_CASE("messages pass over TCP, in order") {
  two_sides both;
  both.listen();
  auto out = both.connect_and_admit();
  constexpr int n = 1000;
  for (int i = 0; i < n; ++i)
    post_from_outside(out, send_frame{introduction(std::to_string(i))});
  for (int i = 0; i < n; ++i) {
    auto got = both.at_door->wait_for<node_message_received>();
    REQUIRE(got);
    CHECK(got->from == sender{server_id{1}, incarnation_t{11}});
    CHECK(got->cluster == cluster_id{7});
    CHECK(std::get<introduce>(got->body).address == std::to_string(i));
  }
  post_from_outside(out, send_frame{introduction("the last one")});
  post_from_outside(out, stop{});
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  CHECK(down->reason == "closed by us");
  // What was sent before the end still arrives.
  auto got = both.at_door->wait_for<node_message_received>();
  REQUIRE(got);
  CHECK(std::get<introduce>(got->body).address == "the last one");
  auto closed = both.at_door->wait_for<incoming_closed>();
  REQUIRE(closed);
  CHECK(closed->connection == both.accepted);
  CHECK(closed->from == sender{server_id{1}, incarnation_t{11}});
  CHECK(closed->origin.starts_with("127.0.0.1:"));
}

TEST_CASE("a name is looked up") {
  two_sides both;
  both.listen("localhost");
  CHECK(both.address.starts_with("localhost:"));
  auto out = both.connect_and_admit();
  post_from_outside(out, stop{});
}

TEST_CASE("an address may be IPv6") {
  two_sides both;
  if (auto at = both.server.listen("[::1]:0", both.keeper)) {
    both.address = *at;
    post_from_outside(both.connect_and_admit(), stop{});
  } else {
    MESSAGE("no IPv6 here: " << at.error().text);
  }
}

TEST_CASE("a port where nobody listens refuses") {
  two_sides both;
  auto place = port_of_nobody();
  both.address = "127.0.0.1:" + std::to_string(local_port(place));
  both.connect();
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  CHECK_FALSE(down->refused);
  CHECK(down->reason == "Connection refused");
}

TEST_CASE("who stops listening gives the port back") {
  two_sides both;
  both.listen();
  both.server.stop_listening();
  // Until the acceptor is gone, connections are made, and end with it.
  for (;;) {
    auto at = both.client.listen(both.address, both.keeper);
    if (at)
      break;
    CHECK(at.error().text.ends_with("Address already in use"));
  }
}

TEST_CASE("what is no address is said to be none") {
  two_sides both;
  for (auto* text : {"", "host", "host:", ":1", "host:70000", "::1:20",
                     "host:1x", "[::1]"}) {
    both.address = text;
    both.connect();
    auto down = both.on_link->wait_for<link_down>();
    REQUIRE(down);
    CHECK(down->reason.find("is not HOST:PORT") != std::string::npos);
    auto at = both.server.listen(text, both.keeper);
    REQUIRE_FALSE(at);
    CHECK(at.error().code == errc::invalid_argument);
  }
}

TEST_CASE("an address in use is named") {
  two_sides both;
  both.listen();
  tcp_transport other{both.client_process.sys};
  auto at = other.listen(both.address, both.keeper);
  REQUIRE_FALSE(at);
  CHECK(at.error().text
        == "cannot listen at " + both.address + ": Address already in use");
}

TEST_CASE("a refusal arrives before the connection ends") {
  two_sides both;
  both.listen();
  both.connect();
  auto said = both.at_door->wait_for<hello_received>();
  REQUIRE(said);
  post_from_outside(said->connection,
                    not_admitted{{refusal_reason::wrong_id, "not here"}});
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  REQUIRE(down->refused);
  CHECK(down->refused->reason == refusal_reason::wrong_id);
  CHECK(down->refused->text == "not here");
}

TEST_CASE("who accepts and says nothing is given up") {
  two_sides both{patient, hasty};
  auto where = numeric_address("127.0.0.1:0");
  auto listener = open_listener(*where);
  REQUIRE(listener);
  both.address = "127.0.0.1:" + std::to_string(local_port(*listener));
  both.connect();
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  CHECK(down->reason == "no answer in time");
}

TEST_CASE("who connects and says nothing is given up") {
  two_sides both{hasty, patient};
  both.listen();
  auto silent = raw_connection(both.address);
  auto closed = both.at_door->wait_for<incoming_closed>();
  REQUIRE(closed);
  CHECK(closed->from == sender{});
  CHECK(closed->reason == "it did not say hello in time");
  CHECK(read_to_the_end(silent).empty());
}

TEST_CASE("noise on the port is answered by a refusal") {
  two_sides both;
  both.listen();
  auto noise = raw_connection(both.address);
  std::string text = "GET / HTTP/1.1\r\n\r\n";
  REQUIRE(send(noise.fd(), text.data(), text.size(), MSG_NOSIGNAL) > 0);
  auto answer = read_to_the_end(noise);
  wire::frame_reader reader{wire::max_handshake_body_size};
  reader.feed(answer);
  auto frame = reader.next();
  REQUIRE(frame);
  REQUIRE(frame->has_value());
  auto msg = wire::decode_node(sender{}, (**frame).body);
  REQUIRE(msg);
  CHECK(std::get<refusal>(*msg).reason == refusal_reason::malformed);
  auto closed = both.at_door->wait_for<incoming_closed>();
  REQUIRE(closed);
  CHECK(closed->reason
        == "refused: malformed message: the peer does not speak this protocol");
  CHECK(closed->refused.has_value());
}

TEST_CASE("who is not let in in time is told so") {
  two_sides both{hasty, patient};
  both.listen();
  both.connect();
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  REQUIRE(down->refused);
  CHECK(down->refused->text == "nobody decided in time");
}

TEST_CASE("there are only so many connections at a time") {
  two_sides both{{1, patience}};
  both.listen();
  auto out = both.connect_and_admit();
  // The reason may get lost: nobody waits for those who are turned away.
  both.connect();
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  if (down->refused)
    CHECK(down->refused->text == "too many connections");
  // Whoever hears that the first one has gone may count on its place.
  post_from_outside(out, stop{});
  REQUIRE(both.at_door->wait_for<incoming_closed>());
  post_from_outside(both.connect_and_admit(), stop{});
}

TEST_CASE("strangers who say nothing keep no member out") {
  two_sides both{{3, patience}};
  both.listen();
  std::vector<tcp_socket> strangers;
  for (int i = 0; i < 5; ++i)
    strangers.push_back(raw_connection(both.address));
  // The one that waits for longest makes way.
  for (int i = 0; i < 2; ++i) {
    CHECK(read_to_the_end(strangers[i]).empty());
    auto closed = both.at_door->wait_for<incoming_closed>();
    REQUIRE(closed);
    CHECK(closed->reason == "it made way for another connection");
  }
  auto out = both.connect_and_admit();
  CHECK(read_to_the_end(strangers[2]).empty());
  // Who was let in stays, however many come.
  for (int i = 0; i < 10; ++i)
    strangers.push_back(raw_connection(both.address));
  for (int i = 3; i < 13; ++i)
    CHECK(read_to_the_end(strangers[i]).empty());
  post_from_outside(out, send_frame{introduction("still here")});
  auto got = both.at_door->wait_for<node_message_received>();
  REQUIRE(got);
  CHECK(std::get<introduce>(got->body).address == "still here");
  post_from_outside(out, stop{});
}

TEST_CASE("a peer that takes nothing is given up before memory is gone") {
  two_sides both;
  both.listen();
  auto where = numeric_address("127.0.0.1:0");
  auto listener = open_listener(*where);
  REQUIRE(listener);
  both.address = "127.0.0.1:" + std::to_string(local_port(*listener));
  auto out = both.connect();
  pollfd p{listener->fd(), POLLIN, 0};
  REQUIRE(poll(&p, 1, 20'000) == 1);
  tcp_socket stuck{accept(listener->fd(), nullptr, nullptr)};
  auto answer = wire::encode(node_message{welcome_of_2()});
  auto text = answer->view();
  REQUIRE(send(stuck.fd(), text.data(), text.size(), 0) > 0);
  REQUIRE(both.on_link->wait_for<link_up>());
  append_entries batch;
  batch.term = term_t{1};
  bytes command(4 << 20);
  auto one = entry::make(index_t{1}, term_t{1}, entry_kind::command, command);
  auto frame = wire::encode_append(group_id{1}, batch, {&one, 1});
  auto enough = 2 * max_outstanding_bytes / command.size();
  for (size_t i = 0; i < enough; ++i)
    post_from_outside(out, send_frame{frame});
  auto down = both.on_link->wait_for<link_down>();
  REQUIRE(down);
  CHECK(down->reason.starts_with("it takes nothing"));
}

TEST_CASE("a large frame arrives whole") {
  two_sides both;
  both.listen();
  auto out = both.connect_and_admit();
  // Group messages go nowhere here, but they hold up what comes behind them.
  append_entries batch;
  batch.term = term_t{1};
  bytes command(4 << 20);
  auto one = entry::make(index_t{1}, term_t{1}, entry_kind::command, command);
  auto frame = wire::encode_append(group_id{1}, batch, {&one, 1});
  for (int i = 0; i < 8; ++i)
    post_from_outside(out, send_frame{frame});
  post_from_outside(out, send_frame{introduction("behind")});
  auto got = both.at_door->wait_for<node_message_received>();
  REQUIRE(got);
  CHECK(std::get<introduce>(got->body).address == "behind");
  post_from_outside(out, stop{});
}

#pragma once

#include "caf/raft/incoming_link.hpp"
#include "caf/raft/outgoing_link.hpp"
#include "caf/raft/wire/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace net {

using namespace caf::raft;

inline constexpr size_t big_enough = 1 << 20;

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

  void on_down(const std::string& reason,
               const std::optional<refusal>& refused) override {
    downs.push_back(reason);
    refusals.push_back(refused);
  }

  memory_stream stream;
  std::vector<hello> hellos;
  std::vector<envelope> messages;
  std::vector<node_message> node_messages;
  std::vector<std::string> downs;
  std::vector<std::optional<refusal>> refusals;
  incoming_link link{stream, *this};
};

inline hello hello_of_1() {
  return {wire::protocol_version,
          cluster_id{7},
          server_id{1},
          incarnation_t{11},
          "a:1",
          server_id{2},
          index_t{3}};
}

inline welcome welcome_of_2() {
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

inline message some_heartbeat(uint64_t round) {
  heartbeat result;
  result.term = term_t{5};
  result.tenure = tenure_id{6};
  result.round = round_t{round};
  return result;
}

inline wire::frame_ptr heartbeat_frame(uint64_t round) {
  return wire::encode(group_id{1}, some_heartbeat(round));
}

} // namespace net

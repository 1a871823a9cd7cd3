#pragma once

#include "net_node.hpp"

#include "caf/raft/server_actor.hpp"
#include "caf/raft/testing/sample_store.hpp"

#include <doctest/doctest.h>

namespace net {

constexpr group_id group{1};

/// Member 1 of three, with the test in the place of everyone it talks to.
struct server_fixture : virtual_process {
  collector<recover_group, store> log{sys.system()};
  collector<read_log> reader{sys.system()};
  collector<remove_group, configuration_known> node{sys.system()};
  collector<send_frame> to_2{sys.system()};
  collector<send_frame> to_3{sys.system()};
  collector<outcome> client{sys.system()};
  collector<members_changed> admin{sys.system()};
  server_actor server;

  server_fixture() {
    auto setup = std::make_shared<server_setup>();
    setup->group = group;
    setup->self = member_of(1);
    setup->log = log.as<log_actor>();
    setup->reader = reader.as<log_reader_actor>();
    setup->node = node.as<node_actor>();
    setup->make_machine = [] {
      return std::make_unique<testing::sample_store>();
    };
    server = spawn_at<server_state>(sys.system(), placement::scheduled, setup);
    new_peers peers;
    peers.peers.emplace(server_id{2}, to_2.as<peer_actor>());
    peers.peers.emplace(server_id{3}, to_3.as<peer_actor>());
    tell(server, peers);
    tell(server, peer_changed{server_id{2}, true});
    tell(server, peer_changed{server_id{3}, true});
  }

  /// The log is read, and empty; the member begins as a follower.
  void begin() {
    tell(server, formed{cluster_id{7}, zero_of_three()});
    tell(server, recovered{storage::recovered_log{}});
    tell(server, snapshot_recovered{std::optional<snapshot_head>{}});
    tell(server, log_room{64 << 20, {}});
  }

  /// A message of another member arrives.
  template <class T>
  void arrive(T what) {
    tell(server, received{std::move(what)});
  }

  /// As above, by a connection of its sender.
  template <class T>
  void arrive_by(uint64_t connection, T what) {
    tell(server, received{std::move(what), connection});
  }

  /// Member `id` leads this term, and is heard.
  void follow(uint64_t id, uint64_t term) {
    arrive(heartbeat{member_of(id), term_t{term}, tenure_id{99}, round_t{1},
                     index_t{}});
    sent(2);
    sent(3);
  }

  /// A client asks for a transfer.
  void transfer(uint64_t to = 0) {
    tell(server,
         transfer_leadership{
           request_id{1}, server_id{to}, {}, client.as<client_actor>()});
  }

  void submit(request_kind kind, const std::string& text) {
    tell(server,
         caf::raft::submit{
           request_id{1}, kind, to_bytes(text), {}, client.as<client_actor>()});
  }

  /// A client asks for a learner.
  void add_learner() {
    change_members what;
    what.id = request_id{1};
    what.what.kind = change_kind::add;
    what.what.members = {{{}, "d:4", false}};
    what.reply_to = admin.as<change_listener>();
    tell(server, what);
  }

  /// A configuration without member `id` is committed.
  void know_removed(uint64_t id) {
    auto without = std::make_shared<configuration>(*zero_of_three());
    std::erase_if(without->members, [=](auto& x) { return x.id.value == id; });
    std::erase(without->voters, server_id{id});
    without->removed.push_back(server_id{id});
    placed_configuration committed{index_t{5}, without};
    tell(server, members_known{committed, committed, {}});
  }

  /// A client's command, as it is passed on to member 2, who leads this term.
  propose pass_on_to_2(uint64_t term = 1) {
    begin();
    follow(2, term);
    submit(request_kind::command, "put a b");
    auto asked = sent<propose>(2);
    REQUIRE(asked.size() == 1);
    return asked[0];
  }

  /// What went to a member since the last call.
  std::vector<message> sent(uint64_t id) {
    std::vector<message> result;
    auto& to = id == 2 ? to_2 : to_3;
    for (auto& x : to.take<send_frame>()) {
      auto view = x.frame->view();
      wire::frame_reader in{view.size()};
      in.feed(view);
      auto frame = in.next();
      result.push_back(
        wire::decode_group(member_of(1), (**frame).body, (**frame).owner)
          ->body);
    }
    return result;
  }

  template <class T>
  std::vector<T> sent(uint64_t id) {
    std::vector<T> result;
    for (auto& x : sent(id))
      if (auto* msg = std::get_if<T>(&x))
        result.push_back(*msg);
    return result;
  }
};

} // namespace net

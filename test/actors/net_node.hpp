#pragma once

#include "caf/raft/node_actor.hpp"
#include "net_fakes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace net {

using namespace std::chrono_literals;

inline const std::vector<std::string> three{"a:1", "b:2", "c:3"};

inline sender member_of(uint64_t id, uint64_t life = 1) {
  return {server_id{id}, incarnation_t{id * 10 + life}};
}

inline configuration_ptr zero_of_three() {
  auto result = std::make_shared<configuration>();
  for (uint64_t i = 1; i <= 3; ++i) {
    result->members.push_back(
      {server_id{i}, three[i - 1], member_of(i).incarnation, false});
    result->voters.push_back(server_id{i});
  }
  return result;
}

/// One node; the test is the network, the log and the groups.
struct node_fixture : virtual_process {
  using connection = collector<admitted, not_admitted, route_table_ptr, stop>;
  using server
    = collector<formed, not_formed, new_peers, peer_changed, member_seen>;

  explicit node_fixture(node_setup env) {
    env.log = log.as<log_actor>();
    env.net = network;
    env.log_to = logger{[this](log_level level, std::string_view text) {
                          lines.emplace_back(text);
                          if (level == log_level::error)
                            errors.emplace_back(text);
                        },
                        {}};
    env.seed = 5;
    env.place = placement::scheduled;
    node = spawn_at<node_state>(sys.system(), placement::scheduled, env);
    run();
  }

  static node_setup unformed(uint64_t id,
                             std::vector<std::string> members = three) {
    node_setup result;
    result.id = server_id{id};
    result.incarnation = member_of(id).incarnation;
    result.initial_members = std::move(members);
    result.address = result.initial_members[id - 1];
    return result;
  }

  static node_setup formed_one(uint64_t id) {
    auto result = unformed(id);
    result.cluster = cluster_id{77};
    result.zero = zero_of_three();
    return result;
  }

  /// Someone connects to us and says this.
  connection knock(const hello& who) {
    connection result{sys.system()};
    auto handle = result.as<incoming_connection_actor>();
    tell(node, hello_received{who, handle, "10.0.0.9:999"});
    return result;
  }

  hello hello_of(uint64_t id, cluster_id cluster = {}, uint64_t life = 1) {
    auto who = member_of(id, life);
    return {wire::protocol_version,
            cluster,
            who.id,
            who.incarnation,
            id <= three.size() ? three[id - 1] : "x:" + std::to_string(id),
            server_id{1},
            cluster ? std::optional{index_t{0}} : std::nullopt};
  }

  /// Our own connection to a member works from now on.
  void link(uint64_t id, cluster_id cluster = {}, uint64_t life = 1) {
    auto* x = attempt_to(id);
    REQUIRE(x != nullptr);
    tell(x->owner, link_up{member_of(id, life), cluster});
  }

  void unlink(uint64_t id) {
    tell(attempt_to(id)->owner, link_down{"gone", {}});
  }

  fake_transport::attempt* attempt_to(uint64_t id) {
    return network->last(id <= three.size() ? three[id - 1]
                                            : "x:" + std::to_string(id));
  }

  /// A message between nodes arrives.
  template <class T>
  void arrive(cluster_id cluster, T what) {
    auto from = what.from;
    tell(node, node_message_received{from, cluster, std::move(what)});
  }

  introduce introduction(uint64_t id, uint64_t life = 1) {
    return {member_of(id, life), three[id - 1], member_of(1).incarnation,
            three};
  }

  /// What went out to a member since the last call.
  std::vector<node_message> sent_to(uint64_t id) {
    std::vector<node_message> result;
    if (auto* x = attempt_to(id))
      for (auto& msg : x->wire.take<send_frame>())
        result.push_back(content_of(msg));
    return result;
  }

  template <class T>
  std::optional<T> last_sent_to(uint64_t id) {
    std::optional<T> result;
    for (auto& x : sent_to(id))
      if (auto* msg = std::get_if<T>(&x))
        result = *msg;
    return result;
  }

  server add_group(uint64_t group = 1) {
    server result{sys.system()};
    tell(node,
         caf::raft::add_group{group_id{group}, result.as<server_actor>(), 0});
    return result;
  }

  size_t lines_with(const std::string& part) const {
    return std::count_if(lines.begin(), lines.end(), [&](auto& line) {
      return line.find(part) != std::string::npos;
    });
  }

  collector<found_cluster> log{sys.system()};
  std::shared_ptr<fake_transport> network
    = std::make_shared<fake_transport>(sys.system());
  std::vector<std::string> lines;
  std::vector<std::string> errors;
  node_actor node;
};

} // namespace net

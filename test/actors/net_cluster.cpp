#include "net_support.hpp"

#include "caf/raft/node_actor.hpp"
#include "caf/raft/tcp_socket.hpp"

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

// Whole nodes over real connections, but without groups and disks.

using namespace caf::raft;
using namespace net;
using namespace std::chrono_literals;

namespace {

using events
  = event_queue<formed, not_formed, peer_changed, received, std::string>;

/// Whom the server may send to.
struct known_peers {
  peer_actor find(server_id id) {
    std::lock_guard guard{mutex};
    auto i = table.find(id);
    return i != table.end() ? i->second : peer_actor{};
  }

  std::mutex mutex;
  peer_table table;
};

/// In the place of a group's server: tells the test what it hears.
caf::actor spawn_listener(caf::actor_system& sys,
                          const std::shared_ptr<events>& to,
                          const std::shared_ptr<known_peers>& peers) {
  return sys.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    return {
      [to](const formed& msg) { to->push(msg); },
      [to](const not_formed& msg) { to->push(msg); },
      [peers](const new_peers& msg) {
        std::lock_guard guard{peers->mutex};
        peers->table = msg.peers;
      },
      [to](const peer_changed& msg) { to->push(msg); },
      [to](const received& msg) { to->push(msg); },
    };
  });
}

/// A log that has stored configuration zero as soon as it is asked to.
caf::actor spawn_log(caf::actor_system& sys) {
  return sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    return {
      [](const found_cluster& msg) {
        post_from_outside(msg.reply_to, cluster_founded{msg.cluster, msg.zero});
      },
    };
  });
}

/// One process with a node in it.
class running_node {
public:
  explicit running_node(node_setup setup) : env(std::move(setup)) {
    env.log = caf::actor_cast<log_actor>(log);
    env.net = net;
    env.log_to = logger{[to = seen](log_level, std::string_view line) {
                          to->push(std::string{line});
                        },
                        {}};
    node = spawn_at<node_state>(proc.sys, placement::io_thread, env);
    post_from_outside(
      node, caf::raft::add_group{group_id{1},
                                 caf::actor_cast<server_actor>(group), 0});
    auto at = net->listen(env.address, node);
    REQUIRE_MESSAGE(at, (at ? "" : at.error().text));
  }

  ~running_node() {
    net->stop_listening();
    post_from_outside(node, stop{});
    caf::anon_send_exit(log, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(group, caf::exit_reason::user_shutdown);
  }

  process proc;
  std::shared_ptr<events> seen = std::make_shared<events>();
  std::shared_ptr<tcp_transport> net
    = std::make_shared<tcp_transport>(proc.sys);
  std::shared_ptr<known_peers> peers = std::make_shared<known_peers>();
  caf::actor log = spawn_log(proc.sys);
  caf::actor group = spawn_listener(proc.sys, seen, peers);
  node_setup env;
  node_actor node;
};

/// Addresses where nobody listened a moment ago.
std::vector<std::string> free_addresses(size_t n) {
  std::vector<tcp_socket> sockets;
  std::vector<std::string> result;
  for (size_t i = 0; i < n; ++i) {
    sockets.push_back(
      std::move(*open_listener(*numeric_address("127.0.0.1:0"))));
    result.push_back("127.0.0.1:" + std::to_string(local_port(sockets.back())));
  }
  return result;
}

node_setup unformed(uint64_t id, const std::vector<std::string>& members,
                    uint64_t life = 1) {
  node_setup result;
  result.id = server_id{id};
  result.incarnation = incarnation_t{id * 10 + life};
  result.initial_members = members;
  result.address = members[id - 1];
  result.seed = id * 100 + life;
  return result;
}

formed wait_until_formed(running_node& who) {
  auto result = who.seen->wait_for<formed>();
  REQUIRE(result);
  return *result;
}

/// A heartbeat gets from one to the other, once they are connected.
void check_delivery(running_node& from, running_node& to, uint64_t round) {
  heartbeat msg;
  msg.term = term_t{1};
  msg.tenure = tenure_id{1};
  msg.round = round_t{round};
  auto frame = wire::encode(group_id{1}, message{msg});
  auto wanted = [&](const received& x) {
    auto* beat = std::get_if<heartbeat>(&x.body);
    return beat != nullptr && beat->round == msg.round
           && beat->from == sender{from.env.id, from.env.incarnation};
  };
  auto arrived = false;
  for (auto end = std::chrono::steady_clock::now() + patience;
       !arrived && std::chrono::steady_clock::now() < end;) {
    post_from_outside(from.peers->find(to.env.id), send_frame{frame});
    arrived = to.seen->wait_for<received>(wanted, 50ms).has_value();
  }
  CHECK(arrived);
}

} // namespace

TEST_CASE("three nodes form a cluster, talk, and come back") {
  auto addresses = free_addresses(3);
  std::map<int, std::unique_ptr<running_node>> members;
  for (int id : {3, 1, 2})
    members[id] = std::make_unique<running_node>(unformed(id, addresses));
  auto first = wait_until_formed(*members[1]);
  CHECK(first.zero->members.size() == 3);
  for (int id : {2, 3}) {
    auto other = wait_until_formed(*members[id]);
    CHECK(other.cluster == first.cluster);
    CHECK(*other.zero == *first.zero);
  }
  uint64_t round = 0;
  for (auto [x, y] : {std::pair{1, 2}, {2, 1}, {3, 1}, {3, 2}, {1, 3}})
    check_delivery(*members[x], *members[y], ++round);

  // One of them goes away and comes back with what it had.
  auto env = unformed(3, addresses);
  env.cluster = first.cluster;
  env.zero = first.zero;
  members[3].reset();
  auto gone = members[1]->seen->wait_for<peer_changed>(
    [](auto& x) { return x.id == server_id{3} && !x.connected; });
  REQUIRE(gone);
  members[3] = std::make_unique<running_node>(env);
  auto back = members[1]->seen->wait_for<peer_changed>(
    [](auto& x) { return x.id == server_id{3} && x.connected; });
  REQUIRE(back);
  check_delivery(*members[1], *members[3], ++round);
  check_delivery(*members[3], *members[1], ++round);

  // Another one comes back without its directory: nobody takes it for what it
  // was.
  members[2].reset();
  members[2] = std::make_unique<running_node>(unformed(2, addresses, 2));
  auto lost = members[2]->seen->wait_for<not_formed>([](auto& x) {
    return x.waiting_for.find("was lost") != std::string::npos;
  });
  CHECK(lost);
}

TEST_CASE("nodes of two clusters do not talk to each other") {
  auto addresses = free_addresses(2);
  running_node one{unformed(1, {addresses[0]})};
  running_node two{[&] {
    // Was member 2 of another cluster of which it believes member 1 to be.
    auto zero = std::make_shared<configuration>();
    zero->members = {{server_id{1}, addresses[0], incarnation_t{99}, false},
                     {server_id{2}, addresses[1], incarnation_t{21}, false}};
    zero->voters = {server_id{1}, server_id{2}};
    auto env = unformed(2, addresses);
    env.cluster = cluster_id{12345};
    env.zero = zero;
    return env;
  }()};
  auto ours = wait_until_formed(one);
  CHECK(ours.cluster != cluster_id{12345});
  for (auto* x : {&one, &two}) {
    auto line = x->seen->wait_for<std::string>([](auto& text) {
      return text.find("0000000000003039") != std::string::npos
             && text.find("used before") != std::string::npos;
    });
    CHECK(line);
  }
}

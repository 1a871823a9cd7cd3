#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/core/formation.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/node_guests.hpp"
#include "caf/raft/node_peers.hpp"
#include "caf/raft/repeat_filter.hpp"
#include "caf/raft/transport.hpp"

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace caf::raft {

/// What a node actor is given.
struct node_setup {
  // Whose directory this is; see storage::identity.
  server_id id;
  incarnation_t incarnation;
  /// None while unformed.
  cluster_id cluster;
  /// Null while unformed.
  configuration_ptr zero;
  /// Addresses of the initial members in order of id.
  std::vector<std::string> initial_members;
  /// Where others reach us.
  std::string address;
  /// Whether an unformed member joins a cluster that runs, and founds none.
  bool join = false;
  /// The only cluster that we may become a member of; none: any.
  cluster_id expected_cluster;
  log_actor log;
  std::shared_ptr<transport> net;
  logger log_to;
  /// Nobody must be able to guess it: the cluster id is drawn from it.
  uint64_t seed = 0;
  /// Where the peers run.
  placement place = placement::io_thread;
};

/// One per node: who we are, whom there is, who is let in, and which server
/// takes the messages of which group. Gets an unformed member into a cluster.
class node_state {
public:
  using handle = node_actor;
  static constexpr const char* name = "raft.node";

  node_state(scheduled_actor* self, node_setup env);

  handle::behavior_type make_behavior();

private:
  // -- connections (node_actor.cpp) -------------------------------------------

  void on(const hello_received& msg);
  void refuse(const hello_received& msg, const refusal& why);
  void on(const incoming_closed& msg);
  void on(const peer_link_changed& msg);

  // -- groups (node_actor.cpp) ------------------------------------------------

  void on(const raft::add_group& msg);
  void on(const remove_group& msg);
  void on(const configuration_known& msg);
  void on(stop);

  void rebuild_routes();
  void keep_peers();
  void tell_peers();
  void tell_links();
  template <class T>
  void tell_servers(const T& what) {
    for (auto& [unused, group] : groups_)
      post(self_, group.server, what);
  }

  // -- formation (node_formation.cpp) -----------------------------------------

  void on(const node_message_received& msg);
  void on(const cluster_founded& msg);
  void on(wake msg);

  void on(const node_message_received& envelope, const introduce& msg);
  void on(const node_message_received& envelope,
          const introduction_answer& msg);
  void on(const node_message_received& envelope, const founded& msg);

  void introduce_ourselves(const sender& to);
  void answer_introduction(const introduce& msg);
  void hand_out_zero(const sender& to);
  void found_if_complete();
  void found(cluster_id cluster, const configuration& zero);
  void check_again_later();
  void say_for_whom_we_wait();
  std::string waiting_for() const;

  // -- who we are (node_actor.cpp) --------------------------------------------

  bool is_formed() const {
    return env_.zero != nullptr;
  }

  sender self_id() const {
    return {env_.id, env_.incarnation};
  }

  hello me() const;
  welcome answer() const;
  std::optional<refusal> check(const hello& msg) const;

  /// The newest configuration that is stored here; of the group with the lowest
  /// id, which stands for the node where groups differ. Null while unformed.
  placed_configuration newest() const;
  placed_configuration committed() const;

  /// The id, and what we know of it, for the log.
  std::string describe(server_id id) const;

  /// Writes a line to the log, unless it is one too many about this matter.
  void say(log_level level, const std::string& matter, const std::string& line);

  struct group {
    server_actor server;
    size_t max_body_size = 0;
    placed_configuration newest;
    placed_configuration committed;
  };

  scheduled_actor* self_;
  node_setup env_;
  std::mt19937_64 rng_;
  repeat_filter filter_;
  node_peers peers_;
  node_guests guests_;
  std::map<group_id, group> groups_;
  route_table_ptr routes_;
  /// As the servers were told.
  std::set<server_id> connected_;
  std::string told_waiting_for_;
  /// While we are unformed and in the list of the initial members.
  std::optional<core::formation> formation_;
  /// The log actor was asked to store configuration zero.
  bool founding_ = false;
  uint64_t timer_ = 0;
};

} // namespace caf::raft

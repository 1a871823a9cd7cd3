#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/group.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/state_machine.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft {

/// Prepares a configuration for a system that hosts a node: loads the middleman
/// and sets the scheduler as we recommend (docs/settings.md). Call it before
/// the actor system is made.
void configure(actor_system_config& cfg);

/// Where and as whom a node runs.
struct node_settings {
  /// This member's id: the N-th of `members`.
  server_id id{1};
  /// The Raft addresses of the initial members in order of id, `HOST:PORT`.
  std::vector<std::string> members{"127.0.0.1:9021"};
  /// Where peers are accepted if that is not the own entry of `members`.
  std::string listen;
  /// Durable state; made if it does not exist. One process at a time.
  std::string data_dir = "raft-1";
  /// Join a cluster that runs instead of founding one: the member may be added
  /// before or after it starts. `members` are all addresses ever used, up to the
  /// own one; some may be gone. Of no importance once the directory belongs to a
  /// cluster.
  bool join = false;
  /// Checked against the directory and the peers where it is given.
  cluster_id cluster;
  /// Room that is set aside on the disk ahead of need, in bytes.
  size_t reserve_bytes = 64 << 20;
  /// The size of the journal, where the newest writes go, in bytes; zero: none.
  /// 256 KiB at least.
  size_t journal_bytes = 16 << 20;
  /// The most the log may ever take, in bytes of address space.
  size_t map_bytes = size_t{64} << 30;
  /// Seed of all random choices; zero: drawn from the system.
  uint64_t seed = 0;
  log_sink log;
  /// Called when this process must not go on, because it cannot know what is on
  /// its disk (a failed sync, a damaged log). Must not return; the default says
  /// why in the log and ends the process with a failure.
  std::function<void(const failure&)> on_fatal;
  /// Called when this member was removed from a group by others, and has ended
  /// there: what its clients ask is answered with `removed` from now on. Called
  /// from a thread of the node, which must not be stopped from there.
  std::function<void(group_id)> on_removed;
};

/// Takes `http://HOST:PORT` and `HOST:PORT` apart.
/// @returns `HOST:PORT`, or `invalid_argument` with what is wrong.
result_of<std::string> parse_address(std::string_view text);

/// One process's part in a cluster: identity, disk, connections, and any number
/// of groups. Call it from one thread; the actors run by themselves.
class node {
public:
  /// Opens the directory, binds the address, starts the actors. Blocks while
  /// the directory is checked; the log of a group is, when that is spawned, by
  /// the group's own actors: its first status comes when that is done.
  /// @returns What is wrong with the settings, the directory or the address, as
  ///          one line for the operator.
  static result_of<std::unique_ptr<node>> start(actor_system& sys,
                                                node_settings cfg);

  /// Stops everything that still runs.
  ~node();

  node(const node&) = delete;
  node& operator=(const node&) = delete;

  using machine_factory = std::function<std::unique_ptr<state_machine>()>;

  /// Starts this node's member of a group.
  /// @param make Makes the state machine; called once, before this returns. The
  ///             machine then belongs to one actor.
  /// @returns `invalid_argument` where the settings cannot work or the group
  ///          runs already.
  result_of<group_actor> spawn_group(const machine_factory& make,
                                     settings cfg = settings{},
                                     group_id group = group_id{1});

  /// As above for a state machine with types; the handle has a message for each
  /// of its commands and queries (group.hpp).
  template <class Machine>
  result_of<group_of<Machine>>
  spawn_group(settings cfg = settings{}, group_id group = group_id{1}) {
    auto make = [] { return std::make_unique<typed_machine<Machine>>(); };
    auto member = spawn_group(make, cfg, group);
    if (!member)
      return member.error();
    auto result = spawn_at<group_state<Machine>>(system(), front_place(),
                                                 *member);
    keep(actor_cast<actor>(result));
    return result;
  }

  /// Hands leaderships over, answers what was accepted, stores what is queued,
  /// closes all connections. Returns when done, or after `limit`.
  /// @returns Whether everything ended in good order.
  bool stop(timespan limit);

  /// Where peers are accepted.
  const std::string& address() const;

private:
  struct impl;

  actor_system& system() const;

  placement front_place() const;

  /// Ends this actor with the node.
  void keep(actor front);

  explicit node(std::unique_ptr<impl> ptr);

  std::unique_ptr<impl> impl_;
};

} // namespace caf::raft

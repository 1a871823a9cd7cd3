#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/transport.hpp"

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

namespace caf::raft {

/// The other nodes that a node knows, one peer actor each. Part of the node
/// actor.
class node_peers {
public:
  struct setup {
    std::shared_ptr<transport> net;
    uint64_t seed = 0;
    placement place = placement::io_thread;
  };

  node_peers(scheduled_actor* self, setup env);

  // -- who there is -----------------------------------------------------------

  /// Keeps peers for these addresses, for the guests who are present and for those
  /// to whom there is a connection, ends all others. A peer whose address is another one now is made anew.
  /// @param me     What we say of ourselves.
  /// @param guests Ids that are kept though nobody lists them.
  /// @returns Whether anything changed.
  bool keep(const std::map<server_id, std::string>& members,
            const std::set<server_id>& guests, const hello& me);

  /// Adds a peer, or, if there is one, lets it know that the node is there.
  /// @returns Whether it was added.
  bool meet(const hello& who, const hello& me);

  /// Tells all what we say of ourselves from now on.
  void say(const hello& me);

  void stop_all();

  bool has(server_id id) const {
    return peers_.count(id) > 0;
  }

  size_t size() const {
    return peers_.size();
  }

  peer_table table() const;

  std::string address_of(server_id id) const;

  // -- links ------------------------------------------------------------------

  /// Takes note of it.
  /// @returns Whether it comes from a peer that we still have.
  bool on(const peer_link_changed& msg);

  /// Whom we found there, while there is a connection.
  std::optional<sender> remote(server_id id) const;

  std::set<server_id> connected() const;

  /// The other node belongs to this cluster by now.
  void has_formed(server_id id, cluster_id cluster);

  /// Whether there is a connection, and the other side belongs to no cluster yet
  /// as far as it has said.
  bool is_unformed(server_id id) const;

  /// Sends if the connection is to this very life of the other node's
  /// directory.
  /// @returns Whether it is.
  bool send(const sender& to, const node_message& what);

private:
  struct peer {
    peer_actor handle;
    std::string address;
    std::optional<sender> remote;
    cluster_id cluster;
    /// It has said hello, and the attempt to reach it has not ended.
    bool dialled_back = false;
  };

  void add(server_id id, const std::string& address, const hello& me);

  scheduled_actor* self_;
  setup env_;
  std::mt19937_64 rng_;
  std::map<server_id, peer> peers_;
};

} // namespace caf::raft

#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/compat.hpp"

#include <optional>
#include <set>
#include <vector>

namespace caf::raft {

/// The incoming connections that were let in. Part of the node actor.
class node_guests {
public:
  explicit node_guests(scheduled_actor* self);

  /// Lets a connection in; an earlier one of the same sender for the same lane
  /// ends.
  /// @param routes Null where only messages between nodes are taken.
  void admit(const hello& who, const incoming_connection_actor& connection,
             const welcome& answer, const route_table_ptr& routes);

  /// The connection has ended.
  /// @returns Whether it was let in, and not replaced since, and was the one for
  ///          messages.
  bool remove(const incoming_connection_actor& connection);

  /// Hands new routes to all connections of this cluster.
  void set_routes(cluster_id cluster, const route_table_ptr& routes);

  /// Ends the connections of members of other clusters. Unformed ones stay.
  void expel_others(const hello& me);

  void stop_all();

  /// Everyone who is connected to us, for messages.
  std::set<server_id> ids() const;

  bool has(server_id id) const;

private:
  struct guest {
    hello who;
    incoming_connection_actor connection;
  };

  void end_bulk_of(const hello& who);

  scheduled_actor* self_;
  std::vector<guest> guests_;
  uint64_t last_number_ = 0;
};

} // namespace caf::raft

#pragma once

#include "kvnode/http_actors.hpp"

#include <caf/io/abstract_broker.hpp>

#include <cstdint>
#include <map>
#include <set>

namespace kvnode {

/// The listening socket: gives each connection to an actor of its own and knows
/// them all, so that they can be told to end.
class http_acceptor_state {
public:
  using handle = http_acceptor_actor;
  static constexpr const char* name = "kvnode.http_acceptor";

  /// @param listener A listening socket, which the acceptor closes.
  http_acceptor_state(caf::scheduled_actor* self, int listener,
                      http_environment_ptr env);

  handle::behavior_type make_behavior();

private:
  void on(nothing_new msg);
  void on(connection_over msg);
  void on(finish);

  void take_backlog();
  void serve(caf::io::connection_handle connection);
  void turn_away(caf::io::connection_handle connection);
  void count();
  void end_if_done();

  caf::scheduled_actor* self_;
  caf::io::abstract_broker* broker_;
  http_environment_ptr env_;
  caf::io::accept_handle listener_;
  std::map<uint64_t, http_connection_actor> connections_;
  /// Those that were told to finish and have not passed on yet what they take.
  std::set<uint64_t> taking_;
  uint64_t last_number_ = 0;
  bool finishing_ = false;
  bool all_taken_ = false;
};

} // namespace kvnode

#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/outgoing_bulk.hpp"
#include "caf/raft/transport.hpp"

#include <memory>
#include <random>
#include <string>

namespace caf::raft {

/// One other node, as long as it is known under one address: keeps an outgoing
/// connection to it, and a second one for what is large; drops frames while there
/// is none.
class peer_state {
public:
  using handle = peer_actor;
  static constexpr const char* name = "raft.peer";

  struct setup {
    server_id id;
    std::string address;
    /// What we say of ourselves.
    hello me;
    /// Hears of the link.
    node_actor owner;
    std::shared_ptr<transport> net;
    uint64_t seed = 0;
  };

  peer_state(scheduled_actor* self, setup env);

  handle::behavior_type make_behavior();

private:
  void on(const send_frame& msg);
  void on(const link_up& msg);
  void on(const link_down& msg);
  void bulk_failed(const link_down& msg);
  void on(const new_hello& msg);
  void on(peer_seen);
  void on(wake msg);
  void on(stop);

  void dial();
  void dial_later();
  timespan next_delay();
  peer_actor me() const;

  scheduled_actor* self_;
  setup env_;
  std::mt19937_64 rng_;
  /// None between two attempts. There is never a second one: a connection is
  /// over when it has said so.
  outgoing_connection_actor connection_;
  bool up_ = false;
  outgoing_bulk bulk_;
  time_point up_since_;
  /// The connection must be made anew, with what we say now.
  bool outdated_ = false;
  /// How often in a row there was no lasting connection.
  unsigned failures_ = 0;
  uint64_t timer_ = 0;
};

} // namespace caf::raft

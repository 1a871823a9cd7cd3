#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/transport.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft {

/// The connection to another node for what is large and can wait, beside the one
/// for messages: made when there is something to send, ended with that one. Part
/// of a peer actor.
///
/// What is sent is lost with it, as on any connection; whoever sent it asks again.
class outgoing_bulk {
public:
  /// What waits for the connection to be made; more is dropped.
  static constexpr size_t max_waiting = 16;

  /// After it could not be made, nothing is sent this way for so long.
  static constexpr timespan pause = std::chrono::seconds(10);

  outgoing_bulk(scheduled_actor* self, std::shared_ptr<transport> net);

  /// Whether it is worth a try; else what is large goes with the messages.
  bool may_do(time_point now) const {
    return up_ || now >= barred_until_;
  }

  /// @param me What we say if it has to be made.
  void send(const send_frame& what, const std::string& address,
            const hello& me);

  void on(const link_up& msg);

  /// @param address And `me`: as for `send`.
  void on(const link_down& msg, const std::string& address, const hello& me);

  /// Ends it. What is sent from now on waits for the next one.
  void stop();

  /// Whether it has been ended, and has not said so yet.
  bool stops() const {
    return stops_;
  }

private:
  void connect(const std::string& address, const hello& me);

  scheduled_actor* self_;
  std::shared_ptr<transport> net_;
  /// Never a second one: it is over when it has said so.
  outgoing_connection_actor connection_;
  bool up_ = false;
  bool stops_ = false;
  time_point barred_until_;
  std::vector<send_frame> waiting_;
};

} // namespace caf::raft

#include "caf/raft/acceptor_actor.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/wire/codec.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace caf::raft {

acceptor_state::acceptor_state(scheduled_actor* self, int listener,
                               node_actor owner, tcp_limits limits)
  : self_(self),
    broker_(dynamic_cast<io::abstract_broker*>(self)),
    owner_(std::move(owner)),
    limits_(limits) {
  CAF_RAFT_ASSERT(broker_ != nullptr);
  broker_->add_doorman(listener);
}

acceptor_actor::behavior_type acceptor_state::make_behavior() {
  return {
    [this](const io::new_connection_msg& msg) { on(msg); },
    [this](const io::acceptor_closed_msg&) { self_->quit(); },
    [this](stop) { self_->quit(); },
  };
}

void acceptor_state::on(const io::new_connection_msg& msg) {
  std::erase_if(connections_, [](auto& x) { return x.place.expired(); });
  if (connections_.size() >= limits_.max_incoming && !make_way())
    return turn_away(msg.handle);
  auto place = std::make_shared<seat>();
  auto connection = spawn_at<tcp_incoming_state>(
    self_->system(), placement::io_thread, broker_->take(msg.handle), owner_,
    place, limits_.handshake);
  connections_.push_back({place, std::move(connection)});
}

/// Ends the connection that waits for longest to be let in. Members are let in
/// within a moment, so strangers who open many connections and say nothing do
/// not keep members out.
bool acceptor_state::make_way() {
  auto waits = [](const incoming& x) {
    auto place = x.place.lock();
    return place && !place->let_in;
  };
  auto i = std::find_if(connections_.begin(), connections_.end(), waits);
  if (i == connections_.end())
    return false;
  post(self_, i->connection, wake{tcp_stream::give_way_wake});
  connections_.erase(i);
  return true;
}

void acceptor_state::turn_away(io::connection_handle connection) {
  auto answer = wire::encode(
    node_message{refusal{refusal_reason::busy, "too many connections"}});
  auto fd = static_cast<int>(connection.id());
  auto text = answer->view();
  // As much as the kernel takes; it always takes so little.
  static_cast<void>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
  ::shutdown(fd, SHUT_RDWR);
  broker_->close(connection);
}

} // namespace caf::raft

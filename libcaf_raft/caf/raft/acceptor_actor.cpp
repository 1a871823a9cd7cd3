#include "caf/raft/acceptor_actor.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/wire/codec.hpp"

#include <sys/socket.h>

#include <utility>

namespace caf::raft {

acceptor_state::acceptor_state(scheduled_actor* self, int listener,
                               node_actor owner, tcp_limits limits)
  : self_(self),
    broker_(dynamic_cast<io::abstract_broker*>(self)),
    owner_(std::move(owner)),
    limits_(limits),
    permit_(std::make_shared<int>()) {
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
  auto connections = static_cast<size_t>(permit_.use_count() - 1);
  if (connections >= limits_.max_incoming)
    return turn_away(msg.handle);
  spawn_at<tcp_incoming_state>(self_->system(), placement::io_thread,
                               broker_->take(msg.handle), owner_, permit_,
                               limits_.handshake);
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

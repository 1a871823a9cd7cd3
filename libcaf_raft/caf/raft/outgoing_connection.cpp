#include "caf/raft/outgoing_connection.hpp"

#include <utility>

namespace caf::raft {

outgoing_connection::outgoing_connection(scheduled_actor* self,
                                         byte_stream& stream, const hello& me,
                                         peer_actor owner)
  : self_(self),
    carries_(me.carries),
    owner_(std::move(owner)),
    link_(stream, *this, me) {
  // nop
}

void outgoing_connection::start(timespan limit) {
  wake_at(self_, now(self_) + limit, wake{});
  link_.start();
}

void outgoing_connection::on(const send_frame& msg) {
  link_.send(msg.frame);
}

void outgoing_connection::on(wake msg) {
  if (msg.generation == 0)
    link_.on_handshake_deadline();
}

void outgoing_connection::on(stop) {
  link_.close("closed by us");
}

void outgoing_connection::on_bytes(bytes_view arrived) {
  link_.on_bytes(arrived);
}

void outgoing_connection::on_closed(const std::string& reason) {
  link_.on_closed(reason);
}

void outgoing_connection::on_up(const welcome& remote) {
  post(self_, owner_,
       link_up{{remote.id, remote.incarnation}, remote.cluster, carries_});
}

void outgoing_connection::on_down(const link_down& why) {
  post(self_, owner_, link_down{why.reason, why.refused, carries_});
  // The peer has one less handle to us; have none to it.
  owner_ = nullptr;
}

} // namespace caf::raft

#include "caf/raft/tcp_connection_actor.hpp"

#include "caf/raft/tcp_socket.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace caf::raft {

namespace {

/// Why a connection could not be made; CAF passes that on in `errno` at best.
std::string why_not_connected() {
  switch (auto code = errno) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
      return std::generic_category().message(code);
    default:
      return "no connection";
  }
}

std::string origin_of(const io::scribe& connection) {
  return connection.addr() + ":" + std::to_string(connection.port());
}

} // namespace

// -- outgoing -----------------------------------------------------------------

tcp_outgoing_state::tcp_outgoing_state(scheduled_actor* self,
                                       const std::string& address,
                                       const hello& me, peer_actor owner,
                                       const resolver_actor& resolver,
                                       timespan handshake)
  : self_(self),
    stream_(self),
    connection_(self, stream_, me, std::move(owner)) {
  connection_.start(handshake);
  // An actor must not quit before it has a behavior, so nothing is tried here.
  if (numeric_address(address))
    post_self(self_, name_resolved{std::vector{address}});
  else
    post(self_, resolver,
         resolve_name{address, now(self_) + handshake,
                      actor_cast<name_receiver>(self_)});
}

tcp_outgoing_actor::behavior_type tcp_outgoing_state::make_behavior() {
  return {
    [this](const send_frame& msg) {
      connection_.on(msg);
      end_if_closed();
    },
    [this](wake msg) {
      connection_.on(msg);
      stream_.on(msg);
      end_if_closed();
    },
    [this](stop msg) {
      connection_.on(msg);
      end_if_closed();
    },
    [this](const name_resolved& msg) { on(msg); },
    [this](const io::new_data_msg& msg) {
      connection_.on_bytes(view_of(msg.buf));
      stream_.on_read(msg.buf.size());
      end_if_closed();
    },
    [this](const io::data_transferred_msg& msg) {
      stream_.on_written(msg.written);
    },
    [this](const io::connection_closed_msg& msg) { on(msg); },
  };
}

void tcp_outgoing_state::on(const name_resolved& msg) {
  if (stream_.closing())
    return;
  if (msg.addresses)
    addresses_.assign(msg.addresses->begin(), msg.addresses->end());
  else
    trouble_ = msg.addresses.error().text;
  try_next();
}

void tcp_outgoing_state::on(const io::connection_closed_msg&) {
  auto reason = stream_.established() ? "the other side closed it"
                                      : why_not_connected();
  stream_.on_closed();
  if (stream_.established() || stream_.closing()) {
    connection_.on_closed(reason);
    self_->quit();
    return;
  }
  trouble_ = std::move(reason);
  try_next();
}

void tcp_outgoing_state::try_next() {
  while (!addresses_.empty()) {
    auto address = numeric_address(addresses_.front());
    addresses_.pop_front();
    auto made = address ? begin_connect(*address)
                        : result_of<tcp_socket>{address.error()};
    if (made) {
      stream_.connect(made->release());
      return;
    }
    trouble_ = made.error().text;
  }
  connection_.on_closed(trouble_);
  self_->quit();
}

void tcp_outgoing_state::end_if_closed() {
  if (stream_.closing() && !stream_.open())
    self_->quit();
}

// -- incoming -----------------------------------------------------------------

tcp_incoming_state::tcp_incoming_state(scheduled_actor* self,
                                       const io::scribe_ptr& connection,
                                       node_actor owner,
                                       std::shared_ptr<seat> place,
                                       timespan handshake)
  : self_(self),
    place_(std::move(place)),
    stream_(self),
    connection_(self, stream_, std::move(owner), origin_of(*connection)) {
  stream_.accept(connection);
  connection_.start(handshake);
}

tcp_incoming_actor::behavior_type tcp_incoming_state::make_behavior() {
  return {
    [this](const admitted& msg) {
      connection_.on(msg);
      place_->let_in = !stream_.closing();
    },
    [this](const not_admitted& msg) {
      connection_.on(msg);
      end_if_closed();
    },
    [this](const route_table_ptr& msg) { connection_.on(msg); },
    [this](wake msg) { on(msg); },
    [this](stop msg) {
      connection_.on(msg);
      end_if_closed();
    },
    [this](const io::new_data_msg& msg) {
      connection_.on_bytes(view_of(msg.buf));
      stream_.on_read(msg.buf.size());
      end_if_closed();
    },
    [this](const io::data_transferred_msg& msg) {
      stream_.on_written(msg.written);
    },
    [this](const io::connection_closed_msg& msg) { on(msg); },
  };
}

void tcp_incoming_state::on(wake msg) {
  if (msg.generation == tcp_stream::give_way_wake)
    connection_.on_closed("it made way for another connection");
  connection_.on(msg);
  stream_.on(msg);
  end_if_closed();
}

void tcp_incoming_state::on(const io::connection_closed_msg&) {
  stream_.on_closed();
  // Whoever hears that this connection is gone may count on its place.
  place_ = nullptr;
  connection_.on_closed("the other side closed it");
  self_->quit();
}

void tcp_incoming_state::end_if_closed() {
  if (!stream_.closing())
    return;
  // It lingers, and makes way for whoever comes.
  place_->let_in = false;
  if (!stream_.open())
    self_->quit();
}

} // namespace caf::raft

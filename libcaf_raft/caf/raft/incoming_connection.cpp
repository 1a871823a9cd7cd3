#include "caf/raft/incoming_connection.hpp"

#include "caf/raft/settings.hpp"
#include "caf/raft/wire/codec.hpp"

#include <utility>

namespace caf::raft {

namespace {

size_t max_body_size(const route_table_ptr& routes) {
  return routes ? routes->max_body_size : wire::max_body_size(settings{});
}

} // namespace

incoming_connection::incoming_connection(scheduled_actor* self,
                                         byte_stream& stream, node_actor owner,
                                         std::string origin)
  : self_(self),
    owner_(std::move(owner)),
    origin_(std::move(origin)),
    link_(stream, *this) {
  // nop
}

void incoming_connection::start(timespan limit) {
  wake_at(self_, now(self_) + limit, wake{});
}

void incoming_connection::on(const admitted& msg) {
  routes_ = msg.routes;
  number_ = msg.number;
  link_.admit(msg.answer, max_body_size(routes_));
}

void incoming_connection::on(const not_admitted& msg) {
  link_.refuse(msg.why);
}

void incoming_connection::on(const route_table_ptr& msg) {
  routes_ = msg;
  link_.limit(max_body_size(routes_));
}

void incoming_connection::on(wake msg) {
  if (msg.generation == 0)
    link_.on_handshake_deadline();
}

void incoming_connection::on(stop) {
  link_.close("closed by us");
}

void incoming_connection::on_bytes(bytes_view arrived) {
  link_.on_bytes(arrived);
}

void incoming_connection::on_closed(const std::string& reason) {
  link_.on_closed(reason);
}

void incoming_connection::on_hello(const hello& msg) {
  cluster_ = msg.cluster;
  post(self_, owner_, hello_received{msg, me(), origin_});
}

void incoming_connection::on_message(envelope& msg) {
  if (!routes_)
    return;
  auto i = routes_->servers.find(msg.group);
  if (i != routes_->servers.end())
    post(self_, i->second, received{std::move(msg.body), number_});
}

void incoming_connection::on_message(node_message& msg) {
  post(self_, owner_,
       node_message_received{link_.from(), cluster_, std::move(msg)});
}

void incoming_connection::on_down(const std::string& reason,
                                  const std::optional<refusal>& refused) {
  post(self_, owner_,
       incoming_closed{link_.from(), me(), origin_, reason, refused});
  owner_ = nullptr;
  routes_ = nullptr;
}

incoming_connection_actor incoming_connection::me() const {
  return actor_cast<incoming_connection_actor>(self_);
}

} // namespace caf::raft

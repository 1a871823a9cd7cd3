#include "caf/raft/tcp_transport.hpp"

#include "caf/raft/resolver_actor.hpp"
#include "caf/raft/tcp_connection_actor.hpp"
#include "caf/raft/tcp_socket.hpp"

#include <fmt/format.h>

#include <utility>

namespace caf::raft {

tcp_transport::tcp_transport(actor_system& sys, tcp_limits limits)
  : sys_(sys),
    limits_(limits),
    resolver_(spawn_at<resolver_state>(sys, placement::detached)) {
  // nop
}

tcp_transport::~tcp_transport() {
  stop_listening();
  post_from_outside(resolver_, stop{});
}

outgoing_connection_actor tcp_transport::connect(const std::string& address,
                                                 const hello& me,
                                                 peer_actor owner) {
  return spawn_at<tcp_outgoing_state>(sys_, placement::io_thread, address, me,
                                      std::move(owner), resolver_,
                                      limits_.handshake);
}

result_of<std::string> tcp_transport::listen(const std::string& address,
                                             node_actor owner) {
  auto places = resolve_address(address);
  if (!places)
    return places.error();
  std::string trouble;
  for (auto& place : *places) {
    auto listener = open_listener(place);
    if (!listener) {
      trouble = listener.error().text;
      continue;
    }
    auto port = local_port(*listener);
    stop_listening();
    acceptor_ = spawn_at<acceptor_state>(sys_, placement::io_thread,
                                         listener->release(), std::move(owner),
                                         limits_);
    return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
  }
  return failure{errc::invalid_argument,
                 fmt::format("cannot listen at {}: {}", address, trouble)};
}

void tcp_transport::stop_listening() {
  post_from_outside(acceptor_, stop{});
  acceptor_ = nullptr;
}

} // namespace caf::raft

#include "kvnode/http_acceptor_actor.hpp"

#include "kvnode/http_connection_actor.hpp"

#include <caf/raft/compat.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace kvnode {

namespace {

/// So many connections too many are told so; others are dropped.
constexpr size_t max_refusals = 64;

} // namespace

http_acceptor_state::http_acceptor_state(caf::scheduled_actor* self,
                                         int listener, http_environment_ptr env)
  : self_(self),
    broker_(dynamic_cast<caf::io::abstract_broker*>(self)),
    env_(std::move(env)) {
  listener_ = broker_->add_doorman(listener);
}

http_acceptor_actor::behavior_type http_acceptor_state::make_behavior() {
  return {
    [this](nothing_new msg) { on(msg); },
    [this](connection_over msg) { on(msg); },
    [this](finish msg) { on(msg); },
    [this](const caf::io::new_connection_msg& msg) { serve(msg.handle); },
    [](const caf::io::acceptor_closed_msg&) {
      // Connections live on without it.
    },
  };
}

void http_acceptor_state::serve(caf::io::connection_handle connection) {
  auto limit = env_->cfg.max_connections;
  if (finishing_ || connections_.size() >= limit + max_refusals)
    return turn_away(connection);
  http_connection_state::setup setup;
  setup.connection = broker_->take(connection);
  setup.env = env_;
  setup.acceptor = caf::actor_cast<http_acceptor_actor>(self_);
  setup.number = ++last_number_;
  setup.refuse = connections_.size() >= limit;
  auto actor = raft::spawn_at<http_connection_state>(
    self_->system(), raft::placement::io_thread, std::move(setup));
  connections_.emplace(last_number_, std::move(actor));
  count();
}

void http_acceptor_state::turn_away(caf::io::connection_handle connection) {
  // CAF numbers connections so.
  ::shutdown(static_cast<int>(connection.id()), SHUT_RDWR);
  broker_->close(connection);
}

void http_acceptor_state::on(connection_over msg) {
  connections_.erase(msg.number);
  count();
  on(nothing_new{msg.number});
}

void http_acceptor_state::on(nothing_new msg) {
  taking_.erase(msg.number);
  end_if_done();
}

void http_acceptor_state::on(finish msg) {
  if (!finishing_) {
    take_backlog();
    finishing_ = true;
    broker_->close(listener_);
    for (auto& [number, connection] : connections_)
      taking_.insert(number);
  }
  for (auto& [number, connection] : connections_)
    raft::post(self_, connection, msg);
  end_if_done();
}

/// What the kernel has accepted for us is accepted.
void http_acceptor_state::take_backlog() {
  auto listener = static_cast<int>(listener_.id());
  for (int i = 0; i < SOMAXCONN; ++i) {
    auto fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0)
      serve(broker_->add_scribe(fd));
    else if (errno != EINTR && errno != ECONNABORTED)
      return;
  }
}

void http_acceptor_state::count() {
  env_->counters.connections = connections_.size();
}

void http_acceptor_state::end_if_done() {
  if (!finishing_)
    return;
  if (taking_.empty() && !std::exchange(all_taken_, true))
    env_->taken.set_value();
  if (!connections_.empty())
    return;
  self_->quit();
  env_->ended.set_value();
}

} // namespace kvnode

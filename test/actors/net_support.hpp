#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/tcp_transport.hpp"
#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/frame.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

// For tests with real sockets and threads: they wait for events, at most so
// long, and never sleep.

namespace net {

using namespace caf::raft;

inline constexpr auto patience = std::chrono::milliseconds(20'000);

/// What actors saw, for the thread of the test.
template <class... Ts>
class event_queue {
public:
  template <class T>
  void push(T what) {
    std::lock_guard guard{mutex_};
    events_.emplace_back(std::move(what));
    changed_.notify_all();
  }

  /// Takes the first event of a type, dropping what came before it.
  template <class T>
  std::optional<T> wait_for() {
    return wait_for<T>([](const T&) { return true; });
  }

  template <class T, class Predicate>
  std::optional<T>
  wait_for(Predicate wanted, std::chrono::milliseconds limit = patience) {
    std::unique_lock guard{mutex_};
    std::optional<T> result;
    auto found = [&] {
      while (!events_.empty() && !result) {
        auto* x = std::get_if<T>(&events_.front());
        if (x != nullptr && wanted(*x))
          result = std::move(*x);
        events_.pop_front();
      }
      return result.has_value();
    };
    changed_.wait_for(guard, limit, found);
    return result;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::variant<Ts...>> events_;
};

inline caf::actor_system_config& with_middleman(caf::actor_system_config& cfg) {
  cfg.load<caf::io::middleman>();
  return cfg;
}

/// One process, as it were.
struct process {
  caf::actor_system_config cfg;
  caf::actor_system sys{with_middleman(cfg)};
};

// -- stand-ins for actors -----------------------------------------------------

using link_events = event_queue<link_up, link_down>;

/// In the place of a peer: owns an outgoing connection.
class link_owner {
public:
  using handle = peer_actor;
  static constexpr const char* name = "test.link_owner";

  link_owner(caf::scheduled_actor* self, std::shared_ptr<link_events> events)
    : self_(self),
      events_(std::move(events)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [](const send_frame&) {},
      [this](const link_up& msg) { events_->push(msg); },
      [this](const link_down& msg) { events_->push(msg); },
      [](const new_hello&) {},
      [](peer_seen) {},
      [](wake) {},
      [this](stop) { self_->quit(); },
    };
  }

private:
  caf::scheduled_actor* self_;
  std::shared_ptr<link_events> events_;
};

using door_events
  = event_queue<hello_received, node_message_received, incoming_closed>;

/// In the place of a node: tells the test who comes.
class door_keeper {
public:
  using handle = node_actor;
  static constexpr const char* name = "test.door_keeper";

  door_keeper(caf::scheduled_actor* self, std::shared_ptr<door_events> events)
    : self_(self),
      events_(std::move(events)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const hello_received& msg) { events_->push(msg); },
      [this](const node_message_received& msg) { events_->push(msg); },
      [this](const incoming_closed& msg) { events_->push(msg); },
      [](const peer_link_changed&) {},
      [](const add_group&) {},
      [](const remove_group&) {},
      [](const configuration_known&) {},
      [](const cluster_founded&) {},
      [](wake) {},
      [this](stop) { self_->quit(); },
    };
  }

private:
  caf::scheduled_actor* self_;
  std::shared_ptr<door_events> events_;
};

} // namespace net

#pragma once

// All that differs between the two lines of CAF that we build against, 0.17.6
// and 1.x. No other file names an API that the two spell differently.

#include "caf/raft/assert.hpp"
#include "caf/raft/bytes.hpp"
#include "caf/raft/time.hpp"

#include <caf/config.hpp>

#if CAF_MAJOR_VERSION >= 1
// Before CAF's own headers.
#  include "caf/raft/compat_1.hpp"
#endif

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/typed_broker.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/response_promise.hpp>
#include <caf/response_type.hpp>
#include <caf/result.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace caf::raft {

// -- interfaces: handle<result<Out>(In), ...> in both ------------------------

#if CAF_MAJOR_VERSION >= 1

template <class... Signatures>
using handle = typed_actor<Signatures...>;

#else

namespace detail {

template <class Signature>
struct old_signature;

template <class... Out, class... In>
struct old_signature<caf::result<Out...>(In...)> {
  using type = typename replies_to<In...>::template with<Out...>;
};

template <class... In>
struct old_signature<caf::result<void>(In...)> {
  using type = reacts_to<In...>;
};

} // namespace detail

template <class... Signatures>
using handle = typed_actor<typename detail::old_signature<Signatures>::type...>;

#endif

// -- sending ------------------------------------------------------------------

namespace detail {

template <class T>
mailbox_element_ptr parcel(T&& what) {
#if CAF_MAJOR_VERSION >= 1
  return make_mailbox_element(strong_actor_ptr{}, make_message_id(),
                              std::forward<T>(what));
#else
  return make_mailbox_element(strong_actor_ptr{}, make_message_id(), no_stages,
                              std::forward<T>(what));
#endif
}

template <class Handle, class T>
constexpr bool takes
  = response_type<typename Handle::signatures, std::decay_t<T>>::valid;

} // namespace detail

/// Sends a message. Anonymous: whoever is to answer finds a handle inside of
/// it. Does nothing for an invalid handle.
template <class Handle, class T>
void post(scheduled_actor* self, const Handle& to, T&& what) {
  static_assert(detail::takes<Handle, T>, "the receiver has no such message");
  if (to)
    to->enqueue(detail::parcel(std::forward<T>(what)), self->context());
}

/// As above, from outside of any actor.
template <class Handle, class T>
void post_from_outside(const Handle& to, T&& what) {
  static_assert(detail::takes<Handle, T>, "the receiver has no such message");
  if (to)
    to->enqueue(detail::parcel(std::forward<T>(what)), nullptr);
}

/// Sends a message to oneself, behind all that waits already.
template <class T>
void post_self(scheduled_actor* self, T&& what) {
  self->enqueue(detail::parcel(std::forward<T>(what)), self->context());
}

/// Sends a message to oneself at a time of the actor's clock. Cannot be called
/// back: messages carry a generation by which old ones are known.
template <class T>
void wake_at(scheduled_actor* self, time_point when, T&& what) {
  self->clock().schedule_message(when, actor_cast<strong_actor_ptr>(self),
                                 detail::parcel(std::forward<T>(what)));
}

/// The time of the actor's clock: real, or virtual in the simulation.
inline time_point now(scheduled_actor* self) {
  return time_point{self->clock().now().time_since_epoch()};
}

// -- hosting ------------------------------------------------------------------

/// Where an actor runs. Not part of what it is: `node` chooses, and the
/// simulation.
enum class placement : uint8_t {
  /// On CAF's scheduler.
  scheduled,
  /// With the I/O, on the thread of the middleman.
  io_thread,
  /// On a thread of its own.
  detached,
};

/// Hosts a state class as an actor. The state is built in the actor's own
/// thread and destroyed when the actor quits, which breaks cycles of handles.
/// @tparam State Has `handle`, `name`, a constructor (scheduled_actor*, ...) and
///               `handle::behavior_type make_behavior()`.
template <class State, class Base>
class hosted : public Base {
public:
  template <class... Ts>
  explicit hosted(actor_config& cfg, Ts... xs)
    : Base(cfg),
      make_([xs...](scheduled_actor* self) {
        return std::make_unique<State>(self, xs...);
      }) {
    // An actor that fails has broken an invariant that others rely on.
    this->set_exception_handler([](std::exception_ptr& ptr) -> caf::error {
      try {
        std::rethrow_exception(ptr);
      } catch (const std::exception& ex) {
        caf::raft::detail::assertion_failed(ex.what(), State::name, 0);
      }
    });
  }

  auto make_behavior() -> typename Base::behavior_type override {
    state_ = make_(this);
    make_ = nullptr;
#if CAF_MAJOR_VERSION >= 1
    // For an interface of one message, the actor's type of behavior is not the
    // handle's.
    return {unsafe_behavior_init, std::move(state_->make_behavior().unbox())};
#else
    return state_->make_behavior();
#endif
  }

  void on_exit() override {
    state_.reset();
    make_ = nullptr;
  }

  const char* name() const override {
    return State::name;
  }

private:
  std::function<std::unique_ptr<State>(scheduled_actor*)> make_;
  std::unique_ptr<State> state_;
};

/// Spawns an actor. Arguments are copied (use shared pointers for what must
/// not be).
template <class State, class... Ts>
typename State::handle spawn_at(actor_system& sys, placement where, Ts... xs) {
  using handle_type = typename State::handle;
  switch (where) {
    case placement::io_thread: {
      actor_config cfg{&sys.middleman().backend()};
      using impl = hosted<State, typename handle_type::broker_base>;
      return sys.spawn_class<impl, no_spawn_options>(cfg, std::move(xs)...);
    }
    case placement::detached: {
      using impl = hosted<State, typename handle_type::base>;
      return sys.spawn<impl, caf::detached>(std::move(xs)...);
    }
    case placement::scheduled:
      break;
  }
  using impl = hosted<State, typename handle_type::base>;
  return sys.spawn<impl>(std::move(xs)...);
}

// -- configuration ------------------------------------------------------------

/// Loads the middleman and sets the scheduler as measured to be best for us:
/// CAF's defaults cost 110 us for each change of threads and 15 % of an idle
/// core (docs/settings.md).
inline void configure_system(actor_system_config& cfg) {
  cfg.load<io::middleman>();
#if CAF_MAJOR_VERSION >= 1
  cfg.set("caf.scheduler.policy", "sharing");
  cfg.set("caf.scheduler.max-threads", size_t{1});
  cfg.set("caf.scheduler.max-throughput", size_t{64});
  cfg.set("caf.middleman.workers", size_t{0});
  cfg.set("caf.middleman.max-consecutive-reads", size_t{1});
#else
  cfg.set("scheduler.policy", atom("sharing"));
  cfg.set("scheduler.max-threads", size_t{1});
  cfg.set("scheduler.max-throughput", size_t{64});
  cfg.set("middleman.workers", size_t{0});
  cfg.set("middleman.max-consecutive-reads", size_t{1});
#endif
}

// -- the bytes of brokers -----------------------------------------------------

/// What `io::new_data_msg::buf` and `wr_buf` are made of.
template <class Buffer>
bytes_view view_of(const Buffer& buf) {
  return {reinterpret_cast<const std::byte*>(buf.data()), buf.size()};
}

template <class Buffer>
void append_to(Buffer& buf, bytes_view xs) {
  auto* data = reinterpret_cast<const typename Buffer::value_type*>(xs.data());
  buf.insert(buf.end(), data, data + xs.size());
}

} // namespace caf::raft

// -- message types ------------------------------------------------------------

/// Local messages are never serialized by CAF.
#define CAF_RAFT_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

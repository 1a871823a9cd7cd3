#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/testing/sim_system.hpp"
#include "caf/raft/transport.hpp"
#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/frame.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// For tests on virtual time, in one thread: the test itself is the network.

namespace net {

using namespace caf::raft;

/// One actor system on virtual time.
struct virtual_process {
  testing::random_source rng{1};
  testing::sim_system sys{time_point{std::chrono::seconds(1)}};

  void run() {
    while (sys.step(rng))
      ; // nop
  }

  void run_for(timespan duration) {
    auto end = sys.now() + duration;
    run();
    while (sys.next_timer() && *sys.next_timer() <= end) {
      sys.fire_next_timer();
      run();
    }
    sys.advance_to(end);
  }

  template <class Handle, class T>
  void tell(const Handle& to, T what) {
    post_from_outside(to, std::move(what));
    run();
  }
};

/// An actor that keeps what it gets, in the place of one with a larger
/// interface.
template <class... Ts>
class collector {
public:
  explicit collector(caf::actor_system& sys) : got_{std::make_shared<store>()} {
    auto keep = got_;
    actor_ = sys.spawn([keep](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[keep](const Ts& msg) {
        std::get<std::vector<Ts>>(*keep).push_back(msg);
      }...};
    });
  }

  template <class Handle>
  Handle as() const {
    return caf::actor_cast<Handle>(actor_);
  }

  /// All that came since the last call.
  template <class T>
  std::vector<T> take() {
    return std::exchange(std::get<std::vector<T>>(*got_), {});
  }

private:
  using store = std::tuple<std::vector<Ts>...>;

  std::shared_ptr<store> got_;
  caf::actor actor_;
};

/// Connects nobody; the test says what becomes of each attempt.
class fake_transport : public transport {
public:
  explicit fake_transport(caf::actor_system& sys) : sys_(sys) {
    // nop
  }

  struct attempt {
    std::string address;
    hello me;
    peer_actor owner;
    /// What went out.
    collector<send_frame, stop> wire;
  };

  outgoing_connection_actor connect(const std::string& address, const hello& me,
                                    peer_actor owner) override {
    attempts.push_back(std::make_unique<attempt>(attempt{
      address, me, std::move(owner), collector<send_frame, stop>{sys_}}));
    return attempts.back()->wire.as<outgoing_connection_actor>();
  }

  result_of<std::string> listen(const std::string& address,
                                node_actor) override {
    return address;
  }

  void stop_listening() override {
    // nop
  }

  /// The last attempt to connect to an address; null where there was none.
  attempt* last(const std::string& address) {
    for (auto i = attempts.rbegin(); i != attempts.rend(); ++i)
      if ((*i)->address == address)
        return i->get();
    return nullptr;
  }

  std::vector<std::unique_ptr<attempt>> attempts;

private:
  caf::actor_system& sys_;
};

/// What is in a frame between nodes.
inline node_message content_of(const send_frame& msg) {
  auto view = msg.frame->view();
  wire::frame_reader reader{view.size()};
  reader.feed(view);
  auto frame = reader.next();
  return *wire::decode_node(sender{}, (**frame).body);
}

} // namespace net

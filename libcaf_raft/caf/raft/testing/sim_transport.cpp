#include "caf/raft/testing/sim_transport.hpp"

#include "caf/raft/incoming_connection.hpp"
#include "caf/raft/outgoing_connection.hpp"

namespace caf::raft::testing {

namespace {

/// One end of a simulated connection.
class sim_stream : public byte_stream {
public:
  sim_stream(sim_network& net, sim_network::direction_id towards)
    : net_(net),
      towards_(towards) {
    // nop
  }

  void out(const wire::frame_ptr& what) override {
    net_.send(towards_, what);
  }

  size_t outstanding() const override {
    return net_.underway(towards_);
  }

  void close() override {
    net_.close(towards_);
  }

private:
  sim_network& net_;
  sim_network::direction_id towards_;
};

/// In the place of the broker that hosts a connection that we opened.
class sim_outgoing_state {
public:
  using handle
    = raft::handle<caf::result<void>(send_frame), caf::result<void>(wake),
                   caf::result<void>(stop), caf::result<void>(stream_bytes),
                   caf::result<void>(stream_ended)>;

  static constexpr const char* name = "sim.outgoing";

  sim_outgoing_state(scheduled_actor* self, sim_network* net,
                     sim_network::direction_id towards, const hello& me,
                     peer_actor owner)
    : self_(self),
      stream_(*net, towards),
      connection_(self, stream_, me, std::move(owner)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    connection_.start();
    return {
      [this](const send_frame& msg) { connection_.on(msg); },
      [this](wake msg) { connection_.on(msg); },
      [this](stop msg) { connection_.on(msg); },
      [this](const stream_bytes& msg) { connection_.on_bytes(*msg.content); },
      [this](const stream_ended& msg) { on(msg); },
    };
  }

private:
  void on(const stream_ended& msg) {
    connection_.on_closed(msg.reason);
    self_->quit();
  }

  scheduled_actor* self_;
  sim_stream stream_;
  outgoing_connection connection_;
};

/// In the place of the broker that hosts a connection that we accepted.
class sim_incoming_state {
public:
  using handle
    = raft::handle<caf::result<void>(admitted), caf::result<void>(not_admitted),
                   caf::result<void>(route_table_ptr), caf::result<void>(wake),
                   caf::result<void>(stop), caf::result<void>(stream_bytes),
                   caf::result<void>(stream_ended)>;

  static constexpr const char* name = "sim.incoming";

  sim_incoming_state(scheduled_actor* self, sim_network* net,
                     sim_network::direction_id towards, node_actor owner)
    : self_(self),
      stream_(*net, towards),
      connection_(self, stream_, std::move(owner)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    connection_.start();
    return {
      [this](const admitted& msg) { connection_.on(msg); },
      [this](const not_admitted& msg) { connection_.on(msg); },
      [this](const route_table_ptr& msg) { connection_.on(msg); },
      [this](wake msg) { connection_.on(msg); },
      [this](stop msg) { connection_.on(msg); },
      [this](const stream_bytes& msg) { connection_.on_bytes(*msg.content); },
      [this](const stream_ended& msg) { on(msg); },
    };
  }

private:
  void on(const stream_ended& msg) {
    connection_.on_closed(msg.reason);
    self_->quit();
  }

  scheduled_actor* self_;
  sim_stream stream_;
  incoming_connection connection_;
};

} // namespace

sim_transport::sim_transport(sim_network& net, sim_system& sys,
                             server_id member)
  : net_(net),
    sys_(sys),
    member_(member) {
  // nop
}

outgoing_connection_actor sim_transport::connect(const std::string& address,
                                                 const hello& me,
                                                 peer_actor owner) {
  if (ended_)
    return outgoing_connection_actor{};
  auto towards = net_.open({me.id, me.incarnation}, address);
  auto result = spawn_at<sim_outgoing_state>(
    sys_.system(), placement::scheduled, &net_, towards, me, std::move(owner));
  net_.set_owner(sim_network::other(towards), result);
  return result;
}

result_of<std::string> sim_transport::listen(const std::string& address,
                                             node_actor owner) {
  if (ended_)
    return failure{errc::rejected, "the process has ended"};
  net_.listen(address, member_, [this, owner](auto towards) -> stream_owner {
    return spawn_at<sim_incoming_state>(sys_.system(), placement::scheduled,
                                        &net_, sim_network::other(towards),
                                        owner);
  });
  return address;
}

void sim_transport::stop_listening() {
  if (!ended_)
    net_.stop_listening(member_);
}

} // namespace caf::raft::testing

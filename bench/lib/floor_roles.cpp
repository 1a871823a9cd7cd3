#include "figures.hpp"
#include "floor.hpp"
#include "floor_disk.hpp"

#include <caf/raft/compat.hpp>
#include <caf/raft/node.hpp>

#include <caf/actor_system.hpp>
#include <caf/io/abstract_broker.hpp>
#include <caf/io/system_messages.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <numeric>
#include <string>
#include <unistd.h>

namespace bench {

namespace {

using steady = std::chrono::steady_clock;

using stream_actor
  = caf::raft::handle<caf::result<void>(caf::io::new_connection_msg),
                      caf::result<void>(caf::io::new_data_msg),
                      caf::result<void>(caf::io::connection_closed_msg)>;

constexpr size_t frame_bytes = 350;
constexpr size_t ack_bytes = 64;

double us(steady::duration span) {
  return std::chrono::duration<double, std::micro>(span).count();
}

/// Prints what a process was to measure, as `floor_cost` has it.
int print_costs(const std::vector<double>& latencies) {
  auto sum = std::accumulate(latencies.begin(), latencies.end(), 0.0);
  auto rate = static_cast<double>(latencies.size()) * 1e6 / sum;
  printf("%f %f %f\n", percentile(latencies, 0.5), percentile(latencies, 0.99),
         rate);
  return 0;
}

// -- brokers ------------------------------------------------------------------

/// Answers whatever comes at once: messages of a fixed size.
class answering_state {
public:
  using handle = stream_actor;
  static constexpr const char* name = "bench.answering";

  answering_state(caf::scheduled_actor* self, uint16_t port, size_t expected,
                  std::string answer)
    : broker_(dynamic_cast<caf::io::abstract_broker*>(self)),
      expected_(expected),
      answer_(std::move(answer)) {
    if (!broker_->add_tcp_doorman(port, "127.0.0.1", true))
      _exit(1);
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const caf::io::new_connection_msg& msg) {
        broker_->configure_read(msg.handle,
                                caf::io::receive_policy::at_most(65536));
      },
      [this](const caf::io::new_data_msg& msg) { hear(msg); },
      [this](const caf::io::connection_closed_msg& msg) {
        heard_.erase(msg.handle);
      },
    };
  }

private:
  void hear(const caf::io::new_data_msg& msg) {
    auto& buffer = heard_[msg.handle];
    auto bytes = caf::raft::view_of(msg.buf);
    buffer.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (auto n = size_of_first(buffer); n != 0; n = size_of_first(buffer)) {
      buffer.erase(0, n);
      broker_->write(msg.handle, answer_.size(), answer_.data());
      broker_->flush(msg.handle);
    }
  }

  /// Zero expected bytes: HTTP with a body of 256.
  size_t size_of_first(const std::string& buffer) const {
    if (expected_ != 0)
      return buffer.size() >= expected_ ? expected_ : 0;
    auto end = buffer.find("\r\n\r\n");
    auto whole = end + 4 + 256;
    return end != std::string::npos && buffer.size() >= whole ? whole : 0;
  }

  caf::io::abstract_broker* broker_;
  size_t expected_;
  std::string answer_;
  std::map<caf::io::connection_handle, std::string> heard_;
};

/// Sends a frame when the one before is answered, and measures.
class asking_state {
public:
  using handle = stream_actor;
  static constexpr const char* name = "bench.asking";

  asking_state(caf::scheduled_actor* self, uint16_t port, steady::duration span)
    : broker_(dynamic_cast<caf::io::abstract_broker*>(self)),
      end_(steady::now() + span) {
    auto made = broker_->add_tcp_scribe("127.0.0.1", port);
    if (!made)
      _exit(1);
    broker_->configure_read(*made, caf::io::receive_policy::exactly(ack_bytes));
    ask(*made);
  }

  handle::behavior_type make_behavior() {
    return {
      [](const caf::io::new_connection_msg&) {},
      [this](const caf::io::new_data_msg& msg) {
        latencies_.push_back(us(steady::now() - sent_));
        if (steady::now() >= end_)
          finish();
        ask(msg.handle);
      },
      [](const caf::io::connection_closed_msg&) { _exit(1); },
    };
  }

private:
  void ask(caf::io::connection_handle peer) {
    sent_ = steady::now();
    broker_->write(peer, frame_.size(), frame_.data());
    broker_->flush(peer);
  }

  [[noreturn]] void finish() {
    print_costs(latencies_);
    fflush(stdout);
    _exit(0);
  }

  caf::io::abstract_broker* broker_;
  steady::time_point end_;
  steady::time_point sent_;
  std::string frame_ = std::string(frame_bytes, 'f');
  std::vector<double> latencies_;
};

template <class State, class... Ts>
int be_broker(Ts... xs) {
  caf::actor_system_config cfg;
  caf::raft::configure(cfg);
  caf::actor_system sys{cfg};
  caf::raft::spawn_at<State>(sys, caf::raft::placement::io_thread,
                             std::move(xs)...);
  for (;;)
    pause();
}

} // namespace

int become_floor(const std::vector<std::string>& args) {
  auto number = [&](size_t i) { return std::stoi(args.at(i)); };
  auto port = [&] { return static_cast<uint16_t>(number(1)); };
  if (args[0] == "http")
    return be_broker<answering_state>(
      port(), size_t{0},
      std::string{"HTTP/1.1 204 No Content\r\nETag: \"1\"\r\n\r\n"});
  if (args[0] == "peer-server")
    return be_broker<answering_state>(port(), frame_bytes,
                                      std::string(ack_bytes, 'a'));
  if (args[0] == "peer-client")
    return be_broker<asking_state>(port(),
                                   std::chrono::milliseconds(number(2)));
  if (args[0] == "disk")
    return print_costs(durable_commits(args.at(1),
                                       std::chrono::milliseconds(number(2)),
                                       static_cast<size_t>(number(3))));
  return 2;
}

} // namespace bench

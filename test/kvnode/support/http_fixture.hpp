#pragma once

#include "kvnode/http_acceptor_actor.hpp"
#include "kvnode/support/fake_group.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace kvnode::testing {

/// A TCP connection as a client has it, or a stranger. All waiting ends after
/// ten seconds at most.
class client {
public:
  explicit client(uint16_t port);
  client(client&& other) noexcept;
  ~client();

  /// Sends all of it, or as much as the server takes.
  /// @returns How many bytes were taken.
  size_t send(std::string_view text);

  /// Sends nothing more, but reads on.
  void shut();

  /// Reads one answer, without its body if `head` is set.
  /// @returns All of its text, less where the connection ends before.
  std::string answer(bool head = false);

  /// Reads until the server closes the connection.
  std::string rest();

  /// Sends a request and reads the answer.
  std::string ask(std::string_view text);

  /// Whether there is anything to be read within a time, the end included.
  bool readable(std::chrono::milliseconds within = {});

private:
  /// @returns Whether there was more.
  bool receive();

  int fd_;
  std::string text_;
};

/// Makes a request with a body.
std::string request(std::string_view method, std::string_view target,
                    std::string_view body = {}, std::string_view header = {});

/// An HTTP server on a fake group.
class http_fixture {
public:
  http_fixture();
  explicit http_fixture(const http_settings& cfg);
  ~http_fixture();

  client connect();

  group_control& group() {
    return *control_;
  }

  /// Waits until so many requests were kept by the group.
  std::vector<raft::submit> await_held(size_t count);

  /// Waits until so many connections are open.
  void await_connections(size_t count);

  /// Answers a request that was kept.
  static void answer(const raft::submit& what, const kvnode::answer& with);

  /// Holds up the server's thread from now on, until `resume`: what is sent
  /// meanwhile stays in the kernel.
  void pause();
  void resume();

  /// Tells the server to end; the second time: at once.
  void stop();

  /// Whether the group has all that a server takes which was told to end.
  bool all_taken();

  /// Whether it has ended within ten seconds.
  bool has_ended();

private:
  caf::actor_system_config cfg_;
  std::shared_ptr<group_control> control_ = std::make_shared<group_control>();
  http_environment_ptr env_ = std::make_shared<http_environment>();
  std::future<void> ended_;
  std::future<void> taken_;
  std::promise<void> gate_;
  std::unique_ptr<caf::actor_system> sys_;
  http_acceptor_actor acceptor_;
  uint16_t port_ = 0;
};

} // namespace kvnode::testing

#include "kvnode/support/http_fixture.hpp"

#include "kvnode/listener.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <utility>

namespace kvnode::testing {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;

bool wait_for(int fd, short events, std::chrono::milliseconds time) {
  pollfd what{fd, events, 0};
  return poll(&what, 1, static_cast<int>(time.count())) > 0;
}

size_t content_length(std::string_view header) {
  constexpr std::string_view name = "Content-Length: ";
  size_t result = 0;
  if (auto at = header.find(name); at != header.npos)
    std::from_chars(header.data() + at + name.size(),
                    header.data() + header.size(), result);
  return result;
}

/// Blocks the thread that it is on, which no other actor may do.
class gatekeeper {
public:
  using handle = raft::handle<caf::result<void>(read_on)>;
  static constexpr const char* name = "gatekeeper";

  gatekeeper(caf::scheduled_actor*, std::promise<void>* reached,
             std::shared_future<void> gate)
    : reached_(reached),
      gate_(std::move(gate)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](read_on) {
        reached_->set_value();
        gate_.wait();
      },
    };
  }

private:
  std::promise<void>* reached_;
  std::shared_future<void> gate_;
};

} // namespace

// -- client -------------------------------------------------------------------

client::client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0);
}

client::client(client&& other) noexcept
  : fd_(std::exchange(other.fd_, -1)),
    text_(std::move(other.text_)) {
  // nop
}

client::~client() {
  if (fd_ >= 0)
    close(fd_);
}

size_t client::send(std::string_view text) {
  size_t sent = 0;
  while (sent < text.size() && wait_for(fd_, POLLOUT, 1s)) {
    auto n = ::send(fd_, text.data() + sent, text.size() - sent,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
      break;
    sent += static_cast<size_t>(n);
  }
  return sent;
}

void client::shut() {
  ::shutdown(fd_, SHUT_WR);
}

bool client::receive() {
  char buf[65536];
  if (!wait_for(fd_, POLLIN, patience))
    return false;
  auto n = recv(fd_, buf, sizeof(buf), 0);
  if (n > 0)
    text_.append(buf, static_cast<size_t>(n));
  return n > 0;
}

std::string client::answer(bool head) {
  size_t end;
  while ((end = text_.find("\r\n\r\n")) == std::string::npos)
    if (!receive())
      return std::exchange(text_, {});
  end += 4;
  if (!head)
    end += content_length(std::string_view{text_}.substr(0, end));
  while (text_.size() < end)
    if (!receive())
      break;
  auto result = text_.substr(0, end);
  text_.erase(0, end);
  return result;
}

std::string client::rest() {
  while (receive()) {
  }
  return std::exchange(text_, {});
}

std::string client::ask(std::string_view text) {
  send(text);
  return answer();
}

bool client::readable(std::chrono::milliseconds within) {
  return !text_.empty() || wait_for(fd_, POLLIN, within);
}

std::string request(std::string_view method, std::string_view target,
                    std::string_view body, std::string_view header) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n"
                     "{}",
                     method, target, header, body.size(), body);
}

// -- the server ---------------------------------------------------------------

http_fixture::http_fixture() : http_fixture(http_settings{}) {
  // nop
}

http_fixture::http_fixture(const http_settings& cfg) {
  raft::configure_system(cfg_);
  sys_ = std::make_unique<caf::actor_system>(cfg_);
  env_->cfg = cfg;
  env_->group = raft::spawn_at<fake_group_state>(
    *sys_, raft::placement::io_thread, control_);
  ended_ = env_->ended.get_future();
  taken_ = env_->taken.get_future();
  auto at = listener::open("127.0.0.1", 0);
  REQUIRE(at);
  REQUIRE(at->listen());
  port_ = at->port();
  acceptor_ = raft::spawn_at<http_acceptor_state>(
    *sys_, raft::placement::io_thread, at->release(), env_);
}

http_fixture::~http_fixture() {
  stop();
  stop();
  CHECK(has_ended());
  // Whatever is left lets go of its handles.
  acceptor_ = nullptr;
  env_->group = nullptr;
}

client http_fixture::connect() {
  return client{port_};
}

std::vector<raft::submit> http_fixture::await_held(size_t count) {
  auto until = std::chrono::steady_clock::now() + patience;
  while (control_->held().size() < count
         && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  auto result = control_->held();
  REQUIRE(result.size() == count);
  return result;
}

void http_fixture::await_connections(size_t count) {
  auto until = std::chrono::steady_clock::now() + patience;
  while (env_->counters.connections != count
         && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  REQUIRE(env_->counters.connections == count);
}

void http_fixture::answer(const raft::submit& what,
                          const kvnode::answer& with) {
  raft::post_from_outside(
    what.reply_to,
    raft::outcome{what.id, raft::errc::none, encode(with), {}, {}, {}});
}

void http_fixture::pause() {
  gate_ = {};
  std::promise<void> reached;
  auto keeper = raft::spawn_at<gatekeeper>(
    *sys_, raft::placement::io_thread, &reached, gate_.get_future().share());
  raft::post_from_outside(keeper, read_on{});
  reached.get_future().wait();
}

void http_fixture::resume() {
  gate_.set_value();
}

bool http_fixture::all_taken() {
  return taken_.wait_for(patience) == std::future_status::ready;
}

void http_fixture::stop() {
  raft::post_from_outside(acceptor_, finish{});
}

bool http_fixture::has_ended() {
  return ended_.wait_for(patience) == std::future_status::ready;
}

} // namespace kvnode::testing

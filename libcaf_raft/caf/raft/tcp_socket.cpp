#include "caf/raft/tcp_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace caf::raft {

namespace {

/// What was sent and not acknowledged for so long ends the connection.
constexpr int unacknowledged_limit_ms = 3000;

/// A connection on which nothing is said is probed after so many seconds, then
/// every second, so many times.
constexpr int seconds_to_probe = 3;
constexpr int probes = 3;

constexpr int backlog = 128;

std::string error_text() {
  return std::generic_category().message(errno);
}

void set_option(int fd, int level, int name, int value) {
  // All of ours are improvements that a connection can do without.
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof(value)));
}

struct host_and_port {
  std::string host;
  std::string port;
};

result_of<host_and_port> split(const std::string& address) {
  auto bad = failure{errc::invalid_argument,
                     fmt::format("'{}' is not HOST:PORT", address)};
  auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size())
    return bad;
  auto host = address.substr(0, colon);
  auto port = address.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != std::string::npos
      || port.size() > 5 || std::stoul(port) > 65535)
    return bad;
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string::npos)
    return bad;
  return host_and_port{std::move(host), std::move(port)};
}

struct free_addresses {
  void operator()(addrinfo* ptr) const {
    freeaddrinfo(ptr);
  }
};

result_of<std::vector<socket_address>> look_up(const std::string& address,
                                               int flags) {
  auto where = split(address);
  if (!where)
    return where.error();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  if (auto code = getaddrinfo(where->host.c_str(), where->port.c_str(), &hints,
                              &first))
    return failure{errc::invalid_argument,
                   fmt::format("no address for '{}': {}", where->host,
                               gai_strerror(code))};
  std::unique_ptr<addrinfo, free_addresses> owner{first};
  std::vector<socket_address> result;
  for (auto* i = first; i != nullptr; i = i->ai_next) {
    auto& x = result.emplace_back();
    std::memcpy(&x.storage, i->ai_addr, i->ai_addrlen);
    x.size = i->ai_addrlen;
  }
  return result;
}

result_of<tcp_socket> open_socket(const socket_address& address) {
  auto fd = socket(address.storage.ss_family,
                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return failure{errc::overloaded, "no socket: " + error_text()};
  return tcp_socket{fd};
}

const sockaddr* raw(const socket_address& what) {
  return reinterpret_cast<const sockaddr*>(&what.storage);
}

} // namespace

// -- tcp_socket ---------------------------------------------------------------

tcp_socket& tcp_socket::operator=(tcp_socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

tcp_socket::~tcp_socket() {
  if (fd_ >= 0)
    close(fd_);
}

int tcp_socket::release() {
  return std::exchange(fd_, -1);
}

// -- addresses ----------------------------------------------------------------

result_of<socket_address> numeric_address(const std::string& address) {
  auto found = look_up(address, AI_NUMERICHOST);
  if (!found)
    return found.error();
  return found->front();
}

result_of<std::vector<socket_address>>
resolve_address(const std::string& address) {
  return look_up(address, 0);
}

std::string to_string(const socket_address& what) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(raw(what), what.size, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    return {};
  auto is_v6 = std::string_view{host}.find(':') != std::string_view::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port)
               : fmt::format("{}:{}", host, port);
}

// -- connecting and listening -------------------------------------------------

result_of<tcp_socket> begin_connect(const socket_address& to) {
  auto result = open_socket(to);
  if (!result)
    return result;
  if (connect(result->fd(), raw(to), to.size) != 0 && errno != EINPROGRESS)
    return failure{errc::rejected, error_text()};
  watch_liveness(result->fd());
  return result;
}

result_of<tcp_socket> open_listener(const socket_address& at) {
  auto result = open_socket(at);
  if (!result)
    return result;
  set_option(result->fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(result->fd(), raw(at), at.size) != 0
      || listen(result->fd(), backlog) != 0)
    return failure{errc::rejected, error_text()};
  return result;
}

uint16_t local_port(const tcp_socket& what) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(what.fd(), reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return 0;
  if (storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

void watch_liveness(int fd) {
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds_to_probe);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
#endif
#ifdef TCP_USER_TIMEOUT
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_limit_ms);
#endif
}

} // namespace caf::raft

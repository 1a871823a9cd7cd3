#include "process/support/socket.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <random>
#include <set>
#include <sys/socket.h>
#include <unistd.h>

namespace harness {

namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in addr{};
  addr.sin_family = AF_INET;
  addr.sin_port = htons(port);
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return addr;
}

file_descriptor tcp_socket(int flags) {
  file_descriptor fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
  if (!fd)
    throw failure{std::string{"no socket: "} + strerror(errno)};
  return fd;
}

file_descriptor try_listen(uint16_t port) {
  auto fd = tcp_socket(0);
  int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  auto addr = loopback(port);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&addr), sizeof(addr)) != 0
      || listen(fd.get(), 128) != 0)
    return {};
  return fd;
}

bool wait_for(int fd, short events, const deadline& limit) {
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, limit.left_ms()) > 0;
}

} // namespace

void file_descriptor::reset() {
  if (fd_ >= 0)
    close(std::exchange(fd_, -1));
}

uint16_t free_port() {
  static std::mutex mutex;
  // Not those of the Procfile.
  static std::set<uint16_t> given{22379, 22380};
  static std::mt19937 random{std::random_device{}()};
  std::lock_guard guard{mutex};
  for (int attempt = 0; attempt < 1000; ++attempt) {
    auto port = static_cast<uint16_t>(15000 + random() % 17000);
    if (!given.contains(port) && try_listen(port)) {
      given.insert(port);
      return port;
    }
  }
  throw failure{"no free port"};
}

file_descriptor listen_on(uint16_t port) {
  auto fd = try_listen(port);
  if (!fd)
    throw failure{"cannot listen on port " + std::to_string(port)};
  return fd;
}

uint16_t local_port(int fd) {
  sockaddr_in addr{};
  socklen_t size = sizeof(addr);
  getsockname(fd, reinterpret_cast<sockaddr*>(&addr), &size);
  return ntohs(addr.sin_port);
}

uint16_t remote_port(int fd) {
  sockaddr_in addr{};
  socklen_t size = sizeof(addr);
  getpeername(fd, reinterpret_cast<sockaddr*>(&addr), &size);
  return ntohs(addr.sin_port);
}

file_descriptor connect_to(uint16_t port, const deadline& limit) {
  auto fd = tcp_socket(SOCK_NONBLOCK);
  auto addr = loopback(port);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&addr), sizeof(addr))
      != 0) {
    if (errno != EINPROGRESS || !wait_for(fd.get(), POLLOUT, limit))
      return {};
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
      return {};
  }
  int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

bool send_all(int fd, std::string_view bytes, const deadline& limit) {
  while (!bytes.empty()) {
    auto n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
      bytes.remove_prefix(static_cast<size_t>(n));
    else if (errno != EAGAIN || !wait_for(fd, POLLOUT, limit))
      return false;
  }
  return true;
}

received receive_some(int fd, std::string& buffer, const deadline& limit) {
  char chunk[65536];
  for (;;) {
    auto n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
    if (n > 0) {
      buffer.append(chunk, static_cast<size_t>(n));
      return received::bytes;
    }
    if (n == 0)
      return received::closed;
    if (errno != EAGAIN && errno != EINTR)
      return received::broken;
    if (limit.passed() || !wait_for(fd, POLLIN, limit))
      return received::timed_out;
  }
}

void reset_on_close(int fd) {
  linger option{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
}

void set_nonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

} // namespace harness

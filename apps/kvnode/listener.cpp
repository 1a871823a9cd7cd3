#include "kvnode/listener.hpp"

#include "kvnode/text.hpp"

#include <fmt/format.h>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace kvnode {

namespace {

using caf::raft::errc;
using caf::raft::failure;
using caf::raft::result_of;

struct free_addresses {
  void operator()(addrinfo* ptr) const {
    freeaddrinfo(ptr);
  }
};

using addresses = std::unique_ptr<addrinfo, free_addresses>;

std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

result_of<addresses> look_up(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  auto code = getaddrinfo(without_brackets(host).c_str(),
                          std::to_string(port).c_str(), &hints, &first);
  if (code != 0)
    return failure{errc::invalid_argument,
                   fmt::format("cannot serve HTTP on {}: {}", host,
                               gai_strerror(code))};
  return addresses{first};
}

failure cannot_serve(std::string_view address) {
  return {errc::rejected, fmt::format("cannot serve HTTP on {}: {}", address,
                                      std::generic_category().message(errno))};
}

struct name_of_socket {
  std::string address;
  uint16_t port = 0;
};

name_of_socket name_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto raw = reinterpret_cast<sockaddr*>(&storage);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getsockname(fd, raw, &size) != 0
      || getnameinfo(raw, size, host, sizeof(host), port, sizeof(port),
                     NI_NUMERICHOST | NI_NUMERICSERV)
           != 0)
    return {};
  auto number = static_cast<uint16_t>(parse_number(port).value_or(0));
  if (storage.ss_family == AF_INET6)
    return {fmt::format("[{}]:{}", host, port), number};
  return {fmt::format("{}:{}", host, port), number};
}

} // namespace

result_of<listener> listener::open(const std::string& host, uint16_t port) {
  auto found = look_up(host, port);
  if (!found)
    return found.error();
  auto& at = **found;
  listener result{
    socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  int on = 1;
  setsockopt(result.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (result.fd_ < 0 || bind(result.fd_, at.ai_addr, at.ai_addrlen) != 0)
    return cannot_serve(fmt::format("{}:{}", host, port));
  auto name = name_of(result.fd_);
  result.address_ = name.address;
  result.port_ = name.port;
  return result;
}

listener::listener(int fd) : fd_(fd) {
  // nop
}

listener::listener(listener&& other) noexcept
  : fd_(other.release()),
    address_(std::move(other.address_)),
    port_(other.port_) {
  // nop
}

listener& listener::operator=(listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(port_, other.port_);
  return *this;
}

listener::~listener() {
  if (fd_ >= 0)
    close(fd_);
}

result_of<caf::raft::done> listener::listen() const {
  if (::listen(fd_, SOMAXCONN) != 0)
    return cannot_serve(address_);
  return caf::raft::done{};
}

int listener::release() {
  return std::exchange(fd_, -1);
}

} // namespace kvnode

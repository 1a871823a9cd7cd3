#pragma once

#include "caf/raft/error.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

// What connections and listeners ask of the system. Nothing here knows CAF.

namespace caf::raft {

/// A file descriptor that is closed with its owner, unless it was released.
class tcp_socket {
public:
  explicit tcp_socket(int fd = -1) : fd_(fd) {
    // nop
  }

  tcp_socket(tcp_socket&& other) noexcept : fd_(other.release()) {
    // nop
  }

  tcp_socket& operator=(tcp_socket&& other) noexcept;

  ~tcp_socket();

  int fd() const {
    return fd_;
  }

  int release();

private:
  int fd_;
};

/// Where to connect to or to listen at, as the system wants it.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Takes `HOST:PORT` apart where HOST is a number, IPv6 in brackets.
/// @returns `invalid_argument` for a name. Never blocks.
result_of<socket_address> numeric_address(const std::string& address);

/// As above, but HOST may be a name. May block for many seconds.
/// @returns One or more.
result_of<std::vector<socket_address>>
resolve_address(const std::string& address);

/// `HOST:PORT` in numbers, IPv6 in brackets.
std::string to_string(const socket_address& what);

/// Begins to connect, without waiting.
result_of<tcp_socket> begin_connect(const socket_address& to);

/// Binds and listens.
result_of<tcp_socket> open_listener(const socket_address& at);

/// The port that a socket is bound to.
uint16_t local_port(const tcp_socket& what);

/// Makes the system give a connection up within seconds when the other side is
/// gone: what is sent finds no answer, or nothing was sent for a while. Without
/// it a connection that a partition cut stays silent for up to minutes after
/// the partition is over.
void watch_liveness(int fd);

} // namespace caf::raft

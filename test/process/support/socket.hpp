#pragma once

#include "process/support/waiting.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace harness {

/// Owns a file descriptor.
class file_descriptor {
public:
  file_descriptor() = default;

  explicit file_descriptor(int fd) : fd_(fd) {
    // nop
  }

  file_descriptor(file_descriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {
    // nop
  }

  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~file_descriptor() {
    reset();
  }

  int get() const {
    return fd_;
  }

  explicit operator bool() const {
    return fd_ >= 0;
  }

  void reset();

private:
  int fd_ = -1;
};

/// Returns a port of 127.0.0.1 that nobody listens on, never the same one twice
/// in a process. Not one of those that the system hands to outgoing connections,
/// so that it is still free after a restart.
uint16_t free_port();

/// Listens on 127.0.0.1; with port zero, on any.
/// @throws failure if the port is taken.
file_descriptor listen_on(uint16_t port);

/// The port that a socket is bound to, and the one it is connected to.
uint16_t local_port(int fd);
uint16_t remote_port(int fd);

/// Connects to a port of 127.0.0.1. Nothing if nobody takes it in time.
file_descriptor connect_to(uint16_t port, const deadline& limit);

/// Sends everything.
/// @returns False if the connection broke or time ran out.
bool send_all(int fd, std::string_view bytes, const deadline& limit);

enum class received { bytes, closed, broken, timed_out };

/// Appends what there is to `buffer`, waiting until there is something.
received receive_some(int fd, std::string& buffer, const deadline& limit);

/// Makes the next close of the socket a reset.
void reset_on_close(int fd);

void set_nonblocking(int fd);

} // namespace harness

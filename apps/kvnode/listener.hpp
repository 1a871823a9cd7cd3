#pragma once

#include <caf/raft/error.hpp>

#include <cstdint>
#include <string>

namespace kvnode {

/// A socket at an address of its own, closed with its owner unless it was
/// released.
class listener {
public:
  /// Takes the address. Clients are refused until it listens.
  /// @param host A number or a name; IPv6 with or without brackets. A name is
  ///             looked up, which may block.
  /// @param port Zero: any that is free.
  /// @returns One line for the operator where that cannot be.
  static caf::raft::result_of<listener> open(const std::string& host,
                                             uint16_t port);

  listener(listener&& other) noexcept;
  listener& operator=(listener&& other) noexcept;
  ~listener();

  /// From now on clients get through, and wait to be accepted.
  caf::raft::result_of<caf::raft::done> listen() const;

  /// Hands the socket over.
  int release();

  /// `HOST:PORT` in numbers, IPv6 in brackets.
  const std::string& address() const {
    return address_;
  }

  uint16_t port() const {
    return port_;
  }

private:
  explicit listener(int fd);

  int fd_;
  std::string address_;
  uint16_t port_ = 0;
};

} // namespace kvnode

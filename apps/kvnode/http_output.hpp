#pragma once

#include <caf/io/abstract_broker.hpp>
#include <caf/io/connection_handle.hpp>

#include <string>

namespace kvnode {

/// What goes out on one connection. Writes around the broker's buffer as long
/// as the kernel takes it all: that saves two calls of epoll and a round of its
/// loop for every answer.
class http_output {
public:
  http_output(caf::io::abstract_broker* broker,
              caf::io::connection_handle connection);

  http_output(const http_output&) = delete;
  http_output& operator=(const http_output&) = delete;

  ~http_output();

  /// What is to be sent next; to be added to.
  std::string& text() {
    return text_;
  }

  void flush();

  /// The kernel took so many bytes of what the broker had.
  void on_written(size_t n);

  /// How many bytes the client, or the kernel for it, has not taken.
  size_t outstanding() const {
    return text_.size() + queued_;
  }

  /// Whether the kernel did not take all that was flushed.
  bool is_stuck() const {
    return queued_ > 0;
  }

  /// Tells the client that nothing follows. Nothing may be outstanding.
  void finish();

  /// Drops the connection and what was outstanding.
  void abort();

  /// The client has said that it sends nothing more, upon which the broker
  /// drops the connection: keeps it for what is left to say.
  /// @returns Whether anything can be sent.
  bool keep();

  bool is_kept() const {
    return own_fd_;
  }

  /// Whether the connection has failed, or is not there any more.
  bool broken() const {
    return fd_ < 0;
  }

private:
  caf::io::abstract_broker* broker_;
  caf::io::connection_handle connection_;
  /// The broker's socket, or a copy of our own.
  int fd_;
  bool own_fd_ = false;
  std::string text_;
  /// What waits in the broker's buffer.
  size_t queued_ = 0;
};

} // namespace kvnode

#pragma once

#include <caf/io/abstract_broker.hpp>
#include <caf/io/connection_handle.hpp>

#include <string>

namespace kvnode {

/// What goes out on one connection. Writes around the broker's buffer as long
/// as the kernel takes it all: that saves two calls of epoll and a round of its
/// loop for every answer. What the kernel does not take is written by the
/// broker, as if to a connection of its own: so it does not end with what comes
/// in when the client has finished sending.
class http_output {
public:
  http_output(caf::io::abstract_broker* broker,
              caf::io::connection_handle connection);

  http_output(const http_output&) = delete;
  http_output& operator=(const http_output&) = delete;

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

  /// One of the broker's connections is closed.
  /// @returns Whether it was the one that is written to.
  bool on_closed(caf::io::connection_handle which);

  /// Whether the connection has failed, or is not there any more.
  bool broken() const {
    return fd_ < 0;
  }

private:
  bool open_writer();

  caf::io::abstract_broker* broker_;
  /// The connection as the broker reads it.
  caf::io::connection_handle reader_;
  /// The same as the broker writes it, once it has to.
  caf::io::connection_handle writer_;
  int fd_;
  std::string text_;
  /// What waits in the broker's buffer.
  size_t queued_ = 0;
};

} // namespace kvnode

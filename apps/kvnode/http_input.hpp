#pragma once

#include <caf/io/abstract_broker.hpp>
#include <caf/io/connection_handle.hpp>

#include <cstddef>
#include <string>

namespace kvnode {

/// What comes in on one connection: how much is read at a time, and when.
class http_input {
public:
  /// Begins to read.
  http_input(caf::io::abstract_broker* broker,
             caf::io::connection_handle connection);

  /// Leaves to the kernel what else comes. Only in the turn of a read.
  void pause();

  /// Reads on after a pause. Only in a later round of the I/O loop: in the same
  /// one CAF would forget the connection.
  void go_on();

  bool is_paused() const {
    return paused_;
  }

  /// Reads much at a time where much is to come.
  void expect(size_t num_bytes);

  /// Reads what has arrived by now, past the broker.
  /// @param max The most that is read, in bytes.
  std::string take_arrived(size_t max) const;

private:
  caf::io::abstract_broker* broker_;
  caf::io::connection_handle connection_;
  bool paused_ = false;
  bool reads_large_ = false;
};

} // namespace kvnode

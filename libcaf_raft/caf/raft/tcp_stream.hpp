#pragma once

#include "caf/raft/compat.hpp"
#include "caf/raft/transport.hpp"

#include <caf/io/abstract_broker.hpp>
#include <caf/io/scribe.hpp>

#include <string>

namespace caf::raft {

/// The bytes of one TCP connection, for a link; owned by the broker that hosts
/// them both.
class tcp_stream : public byte_stream {
public:
  /// @param self A broker with no other connection.
  explicit tcp_stream(scheduled_actor* self);

  // -- for the link -----------------------------------------------------------

  /// @note Keeps what it is given while there is no connection yet.
  void out(const wire::frame_ptr& what) override;

  size_t outstanding() const override;

  /// Says "no more" to the other side as soon as all is written, then waits a
  /// second at most for the other side to close.
  void close() override;

  // -- for the host -----------------------------------------------------------

  /// Takes a socket that is connecting.
  void connect(int fd);

  /// Takes a connection that was accepted.
  void accept(const io::scribe_ptr& what);

  /// So many bytes were read at once, and were heard.
  void on_read(size_t n);

  /// Some bytes were taken by the kernel: there is a connection.
  void on_written(size_t n);

  /// The connection is gone.
  void on_closed();

  /// The time after `close` has passed, or the connection is to be dropped;
  /// other generations than the two below are not ours.
  void on(wake msg);

  /// Drops the connection, and what was queued.
  void abort();

  /// Whether bytes have been exchanged with the other side.
  bool established() const {
    return established_;
  }

  /// Whether `close` or `abort` was called: the host ends when the connection
  /// is gone.
  bool closing() const {
    return closing_;
  }

  /// Whether there is a connection, or one is being made.
  bool open() const {
    return !handle_.invalid();
  }

  static constexpr uint64_t linger_wake = 1;

  static constexpr uint64_t give_way_wake = 2;

private:
  int fd() const;
  void start_reading();
  void queue(bytes_view xs);
  void finish();

  scheduled_actor* self_;
  io::abstract_broker* broker_;
  io::connection_handle handle_;
  /// What the link said before there was a connection.
  bytes early_;
  size_t outstanding_ = 0;
  size_t read_size_ = 0;
  size_t small_reads_ = 0;
  bool established_ = false;
  bool closing_ = false;
};

} // namespace caf::raft

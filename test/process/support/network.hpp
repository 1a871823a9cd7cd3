#pragma once

#include "process/support/socket.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

namespace harness {

/// What becomes of the bytes that one member sends to another.
enum class path {
  /// They arrive.
  open,
  /// They wait, as in a network that repeats them until they get through; a new
  /// connection is taken but nothing comes of it.
  stalled,
  /// Connections are reset, whichever of the two made them, and new ones too, as
  /// soon as they are made.
  refused,
};

/// The network between the members of a cluster: a proxy in front of each
/// member's Raft port, at the port that its peers know. A connection belongs to
/// the member whose process made it. Members are counted from 1.
class network {
public:
  /// @param count How many members.
  explicit network(size_t count);
  network(const network&) = delete;
  network& operator=(const network&) = delete;
  ~network();

  /// The port where others find the member.
  uint16_t announced_port(size_t member) const;

  /// Where the member really listens.
  uint16_t real_port(size_t member) const;

  /// Says which process a member is; zero: none.
  void set_process(size_t member, pid_t pid);

  /// Bytes from one member to another, whoever made the connection.
  void set(size_t from, size_t to, path state);

  /// Both ways.
  void set_both(size_t a, size_t b, path state);

  /// Between a member and all others: what it sends, what it hears.
  void set_outgoing(size_t member, path state);
  void set_incoming(size_t member, path state);

  /// Lets everything through.
  void heal();

  /// How many connections could not be told whose they are (and were refused).
  size_t unknown_connections() const {
    return unknown_;
  }

private:
  struct proxied;
  struct connection;

  void run();
  path state_of(size_t from, size_t to);
  size_t maker_of(const file_descriptor& client, const proxied& target);
  void take(proxied& target);
  void move_bytes(connection& link);

  std::vector<std::unique_ptr<proxied>> members_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::mutex mutex_;
  std::map<std::pair<size_t, size_t>, path> paths_;
  std::atomic<bool> stop_ = false;
  std::atomic<size_t> unknown_ = 0;
  std::thread thread_;
};

} // namespace harness

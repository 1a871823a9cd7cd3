#pragma once

#include "process/support/cluster.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Three members of etcd 3.4 on loopback, with their data in one directory, as
/// they are after installation.
class etcd_cluster {
public:
  /// @returns The program; empty if it is not installed.
  static std::string program();

  explicit etcd_cluster(const std::string& where);

  /// Waits until it takes writes.
  /// @returns The port where the leader's clients go.
  uint16_t await_leader();

  /// CPU that all members have used, in seconds.
  double cpu() const;

private:
  struct member {
    uint16_t client_port;
    uint16_t peer_port;
    harness::process process;
  };

  harness::command command_of(size_t i) const;

  harness::temporary_directory directory_;
  std::vector<member> members_;
};

/// The same writes and reads as `puts` and `gets`, as etcd's JSON gateway takes
/// them.
std::function<std::string()> etcd_puts(size_t value_bytes = 256,
                                       size_t keys = 10000);
std::function<std::string()> etcd_gets(size_t keys = 10000);

} // namespace bench

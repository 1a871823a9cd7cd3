#pragma once

#include "options.hpp"

#include "process/support/cluster.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Where, in microseconds, one thing that nobody can do without begins.
struct floor_cost {
  double p50_us = 0;
  double p99_us = 0;
  /// How many of them a second, where one follows the other.
  double rate = 0;
};

/// What this machine can do at best. Each part is measured in processes of its
/// own, which are started anew for it.
class machine_floor {
public:
  explicit machine_floor(const options& how);

  /// An HTTP request with a body of 256 bytes to a broker that answers at once.
  /// @param connections Clients in a closed loop.
  floor_cost http(size_t connections = 1);

  /// How many such requests a second there were in the last call of `http`.
  double http_rate() const {
    return http_rate_;
  }

  /// A frame of 350 bytes from a broker in one process to a broker in another,
  /// and 64 bytes back.
  floor_cost peer();

  /// One LMDB commit of an entry, and mdb_env_sync: two flushes; while two
  /// other processes do the same on the same disk.
  /// @param value_bytes The size of the entry; 272 is that of a write of 256.
  floor_cost disk(size_t value_bytes = 272);

private:
  /// A name for one.
  std::string new_file();

  harness::process start(const std::vector<std::string>& args,
                         const std::string& log);

  options how_;
  harness::temporary_directory directory_;
  size_t files_ = 0;
  double http_rate_ = 0;
};

/// Is such a process.
/// @returns The exit code.
int become_floor(const std::vector<std::string>& args);

} // namespace bench

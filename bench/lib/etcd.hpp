#pragma once

#include "contender.hpp"

#include "process/support/cluster.hpp"

#include <string>
#include <vector>

namespace bench {

/// Three members of etcd 3.4 on loopback, with their data in one directory, as
/// they are after installation.
class etcd_cluster : public contender {
public:
  /// @returns The program; empty if it is not installed.
  static std::string program();

  explicit etcd_cluster(const std::string& where);

  std::string name() const override {
    return "etcd";
  }

  uint16_t await_leader() override;

  double cpu() const override;

  /// As its JSON gateway takes them.
  request_maker puts(size_t value_bytes, size_t keys) const override;

  request_maker gets(size_t keys) const override;

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

} // namespace bench

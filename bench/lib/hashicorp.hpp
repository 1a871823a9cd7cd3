#pragma once

#include "contender.hpp"

#include "process/support/cluster.hpp"

#include <string>
#include <vector>

namespace bench {

/// Three members of the small server on hashicorp/raft in `bench/peers`, with the
/// settings that the library recommends.
class hashicorp_cluster : public contender {
public:
  /// @returns The program, where bench/compare has built it; empty if it is not
  ///          there.
  static std::string program();

  explicit hashicorp_cluster(const std::string& where);

  std::string name() const override {
    return "hashicorp";
  }

  uint16_t await_leader() override;

  double cpu() const override;

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

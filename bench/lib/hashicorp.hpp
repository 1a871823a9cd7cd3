#pragma once

#include "peer_processes.hpp"

#include <string>

namespace bench {

/// Three members of the small server on hashicorp/raft in `bench/peers`, with
/// the settings that the library recommends.
class hashicorp_cluster : public peer_processes {
public:
  /// @returns The program; empty if it was not built.
  static std::string program();

  explicit hashicorp_cluster(const std::string& where);

  std::string name() const override {
    return "hashicorp";
  }

  uint16_t await_leader() override;

  request_maker puts(size_t value_bytes, size_t keys) const override;

  request_maker gets(size_t keys) const override;

private:
  harness::command command_of(size_t id) const;
};

} // namespace bench

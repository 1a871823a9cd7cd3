#pragma once

#include "peer_processes.hpp"

#include <string>

namespace bench {

/// Three members of etcd 3.4, as they are after installation.
class etcd_cluster : public peer_processes {
public:
  /// @returns The program; empty if it is not installed.
  static std::string program();

  explicit etcd_cluster(const std::string& where);

  std::string name() const override {
    return "etcd";
  }

  uint16_t await_leader() override;

  /// As its JSON gateway takes them.
  request_maker puts(size_t value_bytes, size_t keys) const override;

  request_maker gets(size_t keys) const override;

private:
  harness::command command_of(size_t id) const;
};

} // namespace bench

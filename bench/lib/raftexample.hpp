#pragma once

#include "peer_processes.hpp"

#include <string>

namespace bench {

/// Three members of etcd's contrib/raftexample, as it is: an example of how to
/// use etcd's Raft library, no server for earnest use. It promises less than
/// the others, and listens on all interfaces.
class raftexample_cluster : public peer_processes {
public:
  /// @returns The program; empty if it was not built.
  static std::string program();

  explicit raftexample_cluster(const std::string& where);

  std::string name() const override {
    return "raftexample";
  }

  /// It does not say who leads, and any member takes writes: the first one's.
  uint16_t await_leader() override;

  /// Waits until every member has applied what the first one took.
  void settle() override;

  promises promised() const override {
    return {false, false};
  }

  request_maker puts(size_t value_bytes, size_t keys) const override;

  request_maker gets(size_t keys) const override;

private:
  harness::command command_of(size_t id) const;

  bool has(size_t id, const std::string& value) const;

  size_t settled_ = 0;
};

} // namespace bench

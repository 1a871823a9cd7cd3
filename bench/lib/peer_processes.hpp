#pragma once

#include "contender.hpp"

#include "process/support/cluster.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Three processes of a server that is not ours, on loopback, with their data
/// in one directory. Members are counted from 1.
class peer_processes : public contender {
public:
  double cpu() const override;

protected:
  /// Starts none.
  explicit peer_processes(const std::string& where);

  size_t size() const {
    return members_.size();
  }

  uint16_t client_port(size_t id) const;
  uint16_t peer_port(size_t id) const;

  /// Where the member keeps its data; not made here.
  std::string data_dir(size_t id) const;

  /// A text for each member, with commas between them.
  std::string list(const std::function<std::string(size_t)>& text_of) const;

  /// Starts a member; what it says goes to a file beside its data.
  void start(size_t id, harness::command what);

  using question = std::function<bool(harness::http_client&)>;

  /// Asks all members, until one says yes.
  /// @returns The port where its clients go.
  uint16_t await_any(const std::string& what, const question& is_it) const;

private:
  struct member {
    uint16_t client_port = 0;
    uint16_t peer_port = 0;
    harness::process process;
  };

  harness::temporary_directory directory_;
  std::vector<member> members_;
};

/// @returns The program of a peer, where a script beside us has built it; empty
///          if it is not there.
std::string built_peer(const std::string& name);

} // namespace bench

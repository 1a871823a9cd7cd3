#pragma once

#include "caf/raft/testing/history.hpp"
#include "caf/raft/testing/sim_cluster.hpp"
#include "caf/raft/testing/swarm_plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace caf::raft::testing {

/// Clients of a cluster whose state machine is a `sample_store`, who keep their
/// history. Each does one thing after the other.
class swarm_clients {
public:
  swarm_clients(sim_cluster& sim, group_id group, const workload_plan& plan);

  /// Lets all of them begin.
  void start();

  /// Lets none of them begin anything any more.
  void stop() {
    stopped_ = true;
  }

  /// Reads all keys at some member, as one more client.
  void read_all(server_id at);

  /// How many operations are under way.
  size_t busy() const {
    return busy_;
  }

  /// All that was done; what is under way is unknown.
  const history& operations() const {
    return history_;
  }

private:
  struct client {
    uint64_t id = 0;
    /// Whom it asked last.
    server_id at;
    /// What it saw last of each key.
    std::map<std::string, uint64_t> versions;
  };

  bool choose_member(client& who);
  void begin(size_t who);
  operation draw(client& who);
  void submit(operation what, server_id at, size_t who);
  void finish(size_t who, size_t op, const outcome& what);
  void give_up(size_t who, size_t op);
  void go_on(size_t who);
  uint64_t now() const;

  static constexpr size_t nobody = static_cast<size_t>(-1);

  sim_cluster& sim_;
  group_id group_;
  workload_plan plan_;
  std::vector<client> clients_;
  history history_;
  /// Whether the client of an operation still waits for it.
  std::vector<bool> waits_;
  uint64_t values_ = 0;
  uint64_t readers_ = 0;
  size_t busy_ = 0;
  bool stopped_ = false;
};

} // namespace caf::raft::testing

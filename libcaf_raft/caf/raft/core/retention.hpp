#pragma once

#include "caf/raft/settings.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/types.hpp"

namespace caf::raft::core {

/// Decides when a snapshot is due (§5.1).
class retention {
public:
  /// @param draw A random number: the members of a group do not all begin at the
  ///             same place.
  retention(uint64_t draw, const settings& cfg);

  /// Entries were applied.
  void applied(uint64_t entries, uint64_t bytes);

  bool is_due(const settings& cfg) const;

  /// One was begun: what is applied from now on is not in it.
  void begun();

  /// It is stored, or was received from another member.
  void taken(uint64_t size);

  const log_growth& growth() const {
    return growth_;
  }

private:
  log_growth growth_;
  /// By how many entries the first one comes earlier.
  uint64_t earlier_ = 0;
};

} // namespace caf::raft::core

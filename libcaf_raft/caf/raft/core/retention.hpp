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

  /// It is stored.
  void taken(uint64_t size);

  /// The state begins with one that others may have, too: the next ones shall not
  /// all come at the same place.
  void begun_behind(uint64_t size);

  const log_growth& growth() const {
    return growth_;
  }

private:
  log_growth growth_;
  /// By how many entries one behind a common place comes earlier.
  uint64_t offset_ = 0;
  /// By how many the next one does.
  uint64_t earlier_ = 0;
};

} // namespace caf::raft::core

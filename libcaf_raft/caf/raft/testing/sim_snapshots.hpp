#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/storage/snapshot_store.hpp"
#include "caf/raft/testing/sim_system.hpp"
#include "caf/raft/types.hpp"

#include <map>
#include <memory>
#include <optional>

namespace caf::raft::testing {

/// The snapshots in one member's data directory, with what `snapshot_files`
/// promises and no more: a finished one is durable, one that is being taken ends
/// with the process, and of one that is being received a power loss leaves a few
/// chunks at most. Outlives the stores that are opened on it.
class sim_snapshot_disk {
public:
  sim_snapshot_disk() = default;

  ~sim_snapshot_disk();

  sim_snapshot_disk(const sim_snapshot_disk&) = delete;

  sim_snapshot_disk& operator=(const sim_snapshot_disk&) = delete;

  // -- the life of a directory ------------------------------------------------

  /// A store that was open before, with its readers and writers, can do nothing
  /// any more.
  std::unique_ptr<storage::snapshot_store> open();

  /// The process is gone; the machine is not.
  void kill();

  /// The power is gone: of what was being received only the first few chunks are
  /// kept, as chance has it.
  void lose_power(random_source& rng);

  /// The directory is lost.
  void wipe();

  // -- what goes wrong --------------------------------------------------------

  /// From now on nothing can be written, for lack of room.
  void fill() {
    full_ = true;
  }

  /// Ends `fill`.
  void clear_space() {
    full_ = false;
  }

  // -- what is on it ----------------------------------------------------------

  /// The head of the newest complete one; null if there is none.
  const snapshot_head* newest(group_id group) const;

  /// How many chunks there are of what was being received.
  uint64_t received(group_id group) const;

  /// How many chunks of other members were written since the beginning.
  uint64_t chunks_written() const {
    return written_;
  }

  /// How much of what is gone has still its room, in times of a `free_some`.
  uint64_t to_free() const {
    return to_free_;
  }

private:
  class store;

  class reader;

  class writer;

  struct snapshot {
    snapshot_head head;
    bytes content;
  };

  struct snapshots {
    std::shared_ptr<const snapshot> newest;
    /// What is being received, or was.
    std::optional<snapshot> part;
    /// Counts what was begun: a writer of another one can do nothing any more.
    uint64_t begun = 0;
  };

  /// What the stores of one life share; null when that life is over.
  struct life {
    sim_snapshot_disk* disk = nullptr;
  };

  std::map<group_id, snapshots> groups_;
  std::shared_ptr<life> life_;
  bool full_ = false;
  uint64_t written_ = 0;
  uint64_t to_free_ = 0;
};

} // namespace caf::raft::testing

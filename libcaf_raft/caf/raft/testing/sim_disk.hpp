#pragma once

#include "caf/raft/log_write.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/testing/sim_snapshots.hpp"
#include "caf/raft/testing/sim_system.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace caf::raft::testing {

class sim_disk;

/// Watches what is written.
class disk_observer {
public:
  virtual ~disk_observer();

  /// A write is about to be stored.
  virtual void on_store(const sim_disk& disk, const log_write& what) = 0;

  /// The disk was opened, maybe after a crash that lost writes.
  virtual void on_opened(const sim_disk& disk) = 0;
};

/// One member's data directory, with what LMDB promises and no more: commits are
/// atomic, and durable only with the next one or with a sync. Outlives the
/// stores that are opened on it.
class sim_disk {
public:
  /// Of one group. Entries begin behind `base`.
  struct group_log {
    hard_state state;
    entry_id base;
    configuration_ptr base_configuration;
    index_t base_configuration_index;
    entries log;

    index_t last_index() const {
      return base.index + log.size();
    }

    /// Null where there is no such entry.
    const entry* find(index_t index) const;
  };

  sim_disk(server_id id, incarnation_t incarnation);

  ~sim_disk();

  sim_disk(const sim_disk&) = delete;

  sim_disk& operator=(const sim_disk&) = delete;

  void observe(disk_observer* who) {
    observer_ = who;
  }

  // -- the life of a directory ------------------------------------------------

  /// Opens the directory; what is on it is durable then. A store that was open
  /// before can do nothing any more.
  std::shared_ptr<storage::log_store> open();

  /// The process is gone; the machine is not. Nothing is lost.
  void kill();

  /// The power is gone: of the commits that were not durable only the first few
  /// are kept, as chance has it.
  void lose_power(random_source& rng);

  /// The directory is lost; an empty one takes its place.
  void wipe(incarnation_t incarnation);

  // -- what goes wrong --------------------------------------------------------

  /// The next commit or sync fails.
  void fail_next() {
    failing_ = true;
  }

  /// Leaves room for so many bytes of records, and no more can be made.
  void fill(size_t room);

  /// Ends `fill`.
  void clear_space();

  bool is_full() const {
    return full_;
  }

  /// Takes back a failure that has not come yet.
  void mend() {
    failing_ = false;
  }

  /// From now on a commit is durable when it returns, as with a journal.
  void write_through() {
    write_through_ = true;
  }

  /// From now on it says that all is durable, as drives do that were told to: a
  /// bug to plant, which no cluster survives for long.
  void lie() {
    lying_ = true;
  }

  /// An entry fails its checksum from now on.
  void damage(group_id group, index_t index);

  // -- what is on it ----------------------------------------------------------

  const storage::identity& who() const {
    return who_;
  }

  /// Gives the directory its configuration zero, without a cluster founding it.
  void form(cluster_id cluster, configuration_ptr zero);

  /// Sets what a group has stored.
  void put(group_id group, hard_state state, entries log);

  /// Null where nothing was ever written for the group.
  const group_log* find(group_id group) const;

  const std::map<group_id, group_log>& groups() const {
    return groups_;
  }

  /// What would be there at least if the power failed now.
  hard_state durable_state(group_id group) const;

  index_t durable_index(group_id group) const;

  /// The snapshots in the same directory; they share its fate.
  sim_snapshot_disk& snapshots() {
    return snapshots_;
  }

  const sim_snapshot_disk& snapshots() const {
    return snapshots_;
  }

  /// How many commits and syncs there were in all lives.
  uint64_t operations() const {
    return operations_;
  }

private:
  class store;

  class reader;

  /// What the stores of one life share; null when that life is over.
  struct life {
    sim_disk* disk = nullptr;
  };

  /// How to take one write back.
  struct undo {
    group_id group;
    hard_state state;
    bool changed_state = false;
    entries removed;
    /// The last index before what was appended; where the base replaced the log,
    /// the last one of which the old log may have the same entry.
    index_t kept;
    /// All there was, where the write had a base.
    std::optional<group_log> before;
  };

  using commit_record = std::vector<undo>;

  result_of<done> commit(std::span<const log_write> batch);
  result_of<done> sync();
  result_of<storage::recovered_log> recover(group_id group, size_t max_recent);
  result_of<entries> read(group_id group, index_t first, index_t last,
                          size_t max_bytes) const;
  bool make_room();
  undo apply(const log_write& what);
  /// @returns Whether the log had that very entry; otherwise all of it is gone.
  bool begin_behind(const log_base& base, group_log& log);
  void take_back(undo& what);
  failure failed();

  storage::identity who_;
  std::map<group_id, group_log> groups_;
  /// Commits that are not durable, oldest first.
  std::deque<commit_record> unsafe_;
  uint64_t commits_ = 0;
  uint64_t operations_ = 0;
  size_t room_;
  bool full_ = false;
  bool failing_ = false;
  bool broken_ = false;
  bool write_through_ = false;
  bool lying_ = false;
  std::set<std::pair<group_id, index_t>> damaged_;
  sim_snapshot_disk snapshots_;
  std::shared_ptr<life> life_;
  disk_observer* observer_ = nullptr;
};

/// The newest configuration that the group has there; null while unformed.
placed_configuration newest_members(const sim_disk& disk, group_id group);

} // namespace caf::raft::testing

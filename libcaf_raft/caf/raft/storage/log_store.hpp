#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/types.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace caf::raft::storage {

/// Whose directory this is.
struct identity {
  server_id id;
  incarnation_t incarnation;
  /// None while unformed.
  cluster_id cluster;
  /// Configuration zero; null while unformed.
  configuration_ptr zero;
};

/// What the log of one group held when it was opened.
struct recovered_log {
  hard_state state;
  /// The entry before the first one: 0@0, later the last one of the snapshot.
  entry_id base;
  /// The configuration as of `base`; null where the group has none of its own:
  /// configuration zero then.
  configuration_ptr base_configuration;
  /// Where that configuration stands in the log.
  index_t base_configuration_index;
  /// For each term of the retained entries the first index in that term, in
  /// order.
  std::vector<entry_id> term_starts;
  index_t last_index;
  /// The configurations among the entries, in order.
  std::vector<placed_configuration> configurations;
  /// The newest entries, up to a limit in bytes.
  entries recent;
};

/// Reads of the log, beside the writer and from other threads than it.
class log_reader {
public:
  virtual ~log_reader();

  /// Reads entries from `first` on.
  /// @param last      Half-open: entries below this index.
  /// @param max_bytes Stop before the sum of the records passes this; but at
  ///                  least one entry is returned.
  /// @returns What is there, in order and without a gap; `compacted` where
  ///          `first` is not retained; `storage_failed` where an entry fails
  ///          its checksum. Never empty and never gapped on success. Where the
  ///          log ends before `last`: what is there.
  /// @note Entries of configurations come with their configuration attached.
  virtual result_of<entries>
  read(group_id group, index_t first, index_t last, size_t max_bytes) = 0;
};

/// The durable log of all groups of a node. LMDB implements it, and the
/// simulation. One thread at a time, always the same one between `commit` and
/// `sync`.
///
/// A commit is atomic, but durable only when `durable_commits` says so: an
/// implementation may make a commit durable with the next one.
class log_store {
public:
  virtual ~log_store();

  virtual const identity& who() const = 0;

  /// Makes the identity durable before it returns. The server id and the
  /// incarnation never change.
  virtual result_of<done> found(cluster_id cluster, configuration_ptr zero) = 0;

  /// Reads what the log of a group holds, all of it checked; everything it
  /// returns is durable.
  /// @returns `storage_failed` where an entry is missing or fails its checksum.
  virtual result_of<recovered_log>
  recover(group_id group, size_t max_recent_bytes) = 0;

  /// Stores a batch in one transaction.
  /// @returns `no_space` where there is no room: then nothing of the batch was
  ///          stored, what was there is intact, and the same batch may be
  ///          committed again. `storage_failed`: what is on disk is not known,
  ///          and the process must stop.
  virtual result_of<done> commit(std::span<const log_write> batch) = 0;

  /// How many of the commits since the store was opened are durable.
  virtual uint64_t durable_commits() const = 0;

  /// Makes all commits durable. A no-op when they are.
  /// @returns `storage_failed` as above.
  virtual result_of<done> sync() = 0;

  /// How many bytes of records fit into the room that is set aside already, or
  /// was given back by compaction, so that storing them does not meet a full disk.
  virtual size_t room() const = 0;

  /// Sets further room aside where there is less than wanted, a small step at a
  /// time.
  /// @returns Whether there is as much room as wanted now, or can be no more;
  ///          false: call again when there is time.
  virtual bool make_room() = 0;

  /// A reader for another thread. Must not outlive the store.
  virtual std::unique_ptr<log_reader> reader() = 0;
};

} // namespace caf::raft::storage

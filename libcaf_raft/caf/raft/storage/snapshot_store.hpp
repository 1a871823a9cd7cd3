#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/types.hpp"

#include <memory>
#include <optional>

namespace caf::raft::storage {

/// One complete snapshot, for reading; stays readable as long as this lives, also
/// when it is replaced meanwhile.
class snapshot_reader {
public:
  virtual ~snapshot_reader();

  virtual const snapshot_head& head() const = 0;

  /// @param number Below `head().chunks()`.
  /// @returns The chunk; `storage_failed` where it cannot be read or fails its
  ///          checksum.
  virtual result_of<bytes> read(uint64_t number) = 0;
};

/// A snapshot that is being written. Nobody sees it before `finish`.
class snapshot_writer {
public:
  virtual ~snapshot_writer();

  /// How many chunks are there already: of a transfer that was broken off, those
  /// that an earlier process left, each of them checked.
  virtual uint64_t chunks() const = 0;

  /// Adds the next chunk, a full one but for the last.
  /// @returns `no_space` where there is no room: the chunk is not there, and the
  ///          same may be written again. `invalid_argument` where its size is
  ///          wrong. `storage_failed` otherwise, and then it must be begun anew.
  virtual result_of<done> write(bytes_view chunk) = 0;

  /// Checks the whole, makes it durable, and makes it the group's newest
  /// snapshot. What it replaces goes when nobody reads it any more.
  /// @returns Its head. `no_space` as above. `invalid_argument` where it is not
  ///          what was announced: then it is gone, and must be begun anew.
  virtual result_of<snapshot_head> finish() = 0;
};

/// The snapshots of all groups of a node: of each group the newest. One thread at
/// a time, readers and writers included. Readers may outlive it, writers not.
///
/// What `newest` returns is durable and was complete once; its content is checked
/// chunk by chunk when it is read.
class snapshot_store {
public:
  virtual ~snapshot_store();

  /// @returns The head; nothing where the group has no snapshot;
  ///          `storage_failed` where one is damaged, with what to do.
  virtual result_of<std::optional<snapshot_head>> newest(group_id group) = 0;

  /// Opens the newest one.
  /// @pre There is one.
  virtual result_of<std::unique_ptr<snapshot_reader>> open(group_id group) = 0;

  /// Begins one that is taken here; size and checksum of `what` are not known
  /// yet. Whatever was begun here before for this group and is not finished, is
  /// gone, and its writer gets `invalid_argument`.
  /// @returns `invalid_argument` where there is a snapshot of a later entry.
  virtual result_of<std::unique_ptr<snapshot_writer>>
  take(group_id group, const snapshot_head& what) = 0;

  /// Begins to receive one, or goes on with it where the beginning of this very
  /// snapshot is there already. The beginnings of others are gone. Where it is
  /// the newest one already, nothing is missing and `finish` succeeds at once.
  /// @returns `too_large` where it can never be stored here; else as above.
  virtual result_of<std::unique_ptr<snapshot_writer>>
  receive(group_id group, const snapshot_head& what) = 0;

  /// Gives back some of the room of what is gone, and waits for the disk: a few
  /// milliseconds. To give it back at once would keep all others from the disk.
  /// @returns Whether there is more.
  virtual bool free_some() = 0;
};

} // namespace caf::raft::storage

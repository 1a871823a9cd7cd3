#pragma once

#include "caf/raft/entry.hpp"
#include "caf/raft/storage/lmdb.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/storage/records.hpp"

#include <cstddef>

/// What is done with the log of one group within a transaction. All functions
/// throw `trouble`.
namespace caf::raft::storage {

/// One group as the writer knows it.
struct group_log {
  group_id id;
  lmdb::table entries = 0;
  group_state state;
  log_base base;
  /// How many pages the entries take, as of the newest commit.
  size_t pages = 0;
};

/// Lets the log begin behind `base`: where it has that very entry, the entries up
/// to it go, otherwise all of them. Does nothing where it begins there already.
/// @pre Not below the base that is there.
void begin_behind(lmdb::transaction& txn, group_log& log, const log_base& base);

/// Removes the entries from `from` on; does nothing where the log ends before.
/// @pre `from` is above the base.
void truncate(lmdb::transaction& txn, group_log& log, index_t from);

/// Adds entries behind the last one.
/// @pre Contiguous behind `log.state.last`.
void append(lmdb::transaction& txn, group_log& log, const entries& xs);

/// Copies entries out of the log into memory that they share, and checks them.
/// @param last      Half-open.
/// @param max_bytes As for `log_reader::read`, which tells of the errors too.
/// @param txn       Is reset before the entries are looked at: they may take a
///                  while, and the pages that it holds on to are wanted.
entries copy_entries(lmdb::transaction& txn, group_id group, lmdb::table table,
                     index_t first, index_t last, size_t max_bytes,
                     const configuration_codec& codec);

/// Reads the whole log and checks everything that can be checked. Leaves out
/// the newest entries.
recovered_log check_log(const lmdb::transaction& txn, const group_log& log,
                        const configuration_codec& codec);

/// Returns the first index of the newest entries that take at most `max_bytes`
/// together; behind the last one if that alone takes more.
index_t first_recent(const lmdb::transaction& txn, const group_log& log,
                     size_t max_bytes);

} // namespace caf::raft::storage

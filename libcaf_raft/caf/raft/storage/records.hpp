#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The small records of a data directory, all in LMDB's main table: one value
/// for each key, little-endian, behind a checksum that is seeded with the key,
/// so that a record under a wrong key is found out.
///
///     format       the version of all this
///     identity     whose directory it is
///     commit       the number of the LMDB transaction that wrote last
///     journal      which ring belongs to it, and what was taken over from it;
///                  absent where there never was one
///     state.GROUP  term, vote, where the log ends; the sum of its checksums
///     base.GROUP   the entry before the first one, the configuration as of it
///                  and where that stands; 0@0 without one at first
///     log.GROUP    LMDB's own: the table with the entries, by index
///
/// Every group has all three of its records from its first write on.
namespace caf::raft::storage {

/// The newest that this code reads and writes: with a journal. One that never had
/// a journal has version 1.
constexpr uint32_t format_version = 2;
constexpr uint32_t format_without_journal = 1;

/// How configurations are written; the store knows no encoding of its own.
/// `wire/configuration_codec` has what a node uses.
struct configuration_codec {
  bytes (*encode)(const configuration& what) = nullptr;
  result_of<configuration_ptr> (*decode)(bytes_view from) = nullptr;
};

/// What is stored with every commit that changes a group.
struct group_state {
  hard_state promise;
  /// Of the last entry; the base where the log is empty.
  entry_id last;
  /// The checksums of all entries in the log, combined by exclusive or: finds
  /// out an entry that was once in the log and comes back through a damaged
  /// page.
  uint32_t sum = 0;
};

/// Of a journal, what its LMDB environment knows.
struct journal_mark {
  uint64_t ring = 0;
  /// The number of the last block that is in LMDB.
  uint64_t taken = 0;
};

/// The keys of what there is once.
constexpr std::string_view format_key = "format";
constexpr std::string_view identity_key = "identity";
constexpr std::string_view commit_key = "commit";
constexpr std::string_view journal_key = "journal";

/// The keys of a group's records: a prefix of these and its number.
constexpr std::string_view state_prefix = "state.";
constexpr std::string_view base_prefix = "base.";
constexpr std::string_view log_prefix = "log.";

std::string key_of(std::string_view prefix, group_id group);

/// The opposite; nothing if it is no such key.
std::optional<group_id> group_of(std::string_view prefix, std::string_view key);

bytes encode_format(uint32_t version);

bytes encode_identity(const identity& x, const configuration_codec& codec);

bytes encode_commit(uint64_t transaction);

bytes encode_mark(const journal_mark& x);

bytes encode_state(std::string_view key, const group_state& x);

/// @param x Without `members` where the group has no configuration of its own.
bytes encode_base(std::string_view key, const log_base& x,
                  const configuration_codec& codec);

// All of these throw `trouble` where the record is not what it must be.

/// @returns The version, whatever it is.
uint32_t decode_format(bytes_view record);

identity decode_identity(bytes_view record, const configuration_codec& codec);

uint64_t decode_commit(bytes_view record);

journal_mark decode_mark(bytes_view record);

group_state decode_state(std::string_view key, bytes_view record);

log_base decode_base(std::string_view key, bytes_view record,
                     const configuration_codec& codec);

} // namespace caf::raft::storage

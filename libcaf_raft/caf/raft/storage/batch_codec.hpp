#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/log_write.hpp"

#include <span>
#include <vector>

/// A batch of writes as bytes, for the journal: 64-bit numbers, little-endian,
/// and the records of the entries as they are (`entry`), which bring their
/// checksums with them. For each write:
///
///     group, flags (1: with term and vote, 2: with a truncation), term, vote,
///     first index that goes, first index of the entries, number of entries;
///     for each entry the size of its record, and the record
///
/// A new base never stands in a journal.
namespace caf::raft::storage {

/// @pre No write has a base.
bytes encode_batch(std::span<const log_write> batch);

/// @returns The writes, without their numbers, which mean nothing in another
///          process; configurations are not attached. The entries share memory.
/// Throws `trouble` where it is no batch, or an entry fails its checksum.
std::vector<log_write> decode_batch(bytes_view from);

} // namespace caf::raft::storage

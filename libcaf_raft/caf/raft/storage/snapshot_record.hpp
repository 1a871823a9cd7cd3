#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/storage/records.hpp"
#include "caf/raft/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What is in the LMDB file of a snapshot, and how the files are named:
///
///     head         a sealed record: whose it is, what it covers, its size and
///                  checksum; whether it is complete
///     chunks       a table: the content by number, each chunk behind a CRC-32C
///                  that is seeded with its number
///
///     GROUP-TERM-INDEX.snapshot             complete
///     GROUP-TERM-INDEX-CHECKSUM-BOOT.part   is being received, or was
///     GROUP.new                             is being taken
///
/// What is being received is not flushed. It survives the process, but when the
/// power fails LMDB's file may be damaged, not just old, and whoever opens it dies:
/// so the name tells in which life of the machine it was written.
///
/// The functions that decode throw `trouble`.
namespace caf::raft::storage {

/// The newest that this code reads and writes.
constexpr uint32_t snapshot_version = 1;

constexpr std::string_view head_key = "head";
constexpr std::string_view chunk_table = "chunks";

/// Which life of the machine this is; zero where the kernel does not say.
uint64_t this_boot();

struct snapshot_record {
  group_id group;
  snapshot_head head;
  bool is_complete = false;
};

bytes encode_snapshot(const snapshot_record& x,
                      const configuration_codec& codec);

snapshot_record decode_snapshot(bytes_view from,
                                const configuration_codec& codec);

bytes encode_chunk(uint64_t number, bytes_view content);

/// @returns The content, within `from`.
bytes_view decode_chunk(uint64_t number, bytes_view from);

enum class snapshot_state { complete, received, taken };

/// The name of a file, taken apart.
struct snapshot_name {
  group_id group;
  snapshot_state state = snapshot_state::complete;
  /// None if it is being taken.
  entry_id last;
  /// If it is being received, and in which life of the machine.
  uint32_t checksum = 0;
  uint64_t boot = 0;

  bool operator==(const snapshot_name&) const = default;
};

std::string to_string(const snapshot_name& x);

/// @returns Nothing if it is no such name.
std::optional<snapshot_name> parse_snapshot_name(std::string_view text);

} // namespace caf::raft::storage

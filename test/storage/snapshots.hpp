#pragma once

#include "caf/raft/storage/snapshot_files.hpp"
#include "storage/fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace caf::raft::test {

using snapshots_ptr = std::unique_ptr<storage::snapshot_files>;
using writer_ptr = std::unique_ptr<storage::snapshot_writer>;
using reader_ptr = std::unique_ptr<storage::snapshot_reader>;

constexpr size_t chunk_bytes = snapshot_chunk_bytes;

/// Opens what must open.
snapshots_ptr open_snapshots(const temp_dir& dir);

/// What a state machine may have written; another one for each seed.
bytes made_up_content(uint64_t seed, size_t size);

/// What is known before a snapshot is taken.
snapshot_head head_at(uint64_t index);

snapshot_head head_of(uint64_t index, const bytes& content);

bytes_view chunk_of(const bytes& content, uint64_t number);

/// Writes what is not there yet, up to a chunk.
result_of<done> write_chunks(storage::snapshot_writer& to, const bytes& content,
                             uint64_t end = ~uint64_t{0});

writer_ptr take(storage::snapshot_store& store, uint64_t index);

writer_ptr receive(storage::snapshot_store& store, const snapshot_head& what);

/// Takes one as a whole.
void take_all(storage::snapshot_store& store, uint64_t index,
              const bytes& content);

reader_ptr reader_of(storage::snapshot_store& store);

/// Nothing where a chunk cannot be read.
result_of<bytes> read_all(storage::snapshot_reader& from);

/// The content of the newest one, if it is as its head says.
result_of<bytes> newest_content(storage::snapshot_store& store);

/// The names of the files in `snapshots/`, in order.
std::vector<std::string> names_of_snapshots(const temp_dir& dir);

} // namespace caf::raft::test

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/storage/file.hpp"
#include "caf/raft/storage/lmdb.hpp"
#include "caf/raft/storage/removals.hpp"
#include "caf/raft/storage/snapshot_record.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

/// One snapshot, an LMDB file of its own. All functions throw `trouble`; what it
/// says of damage is about "it".
namespace caf::raft::storage {

/// A complete one, for reading. Nobody changes it; it may be removed meanwhile,
/// and stays readable.
class snapshot_file {
public:
  /// Checks all of it but the chunks.
  snapshot_file(const std::string& path, const configuration_codec& codec);

  ~snapshot_file();

  snapshot_file(const snapshot_file&) = delete;

  snapshot_file& operator=(const snapshot_file&) = delete;

  const snapshot_record& record() const {
    return record_;
  }

  const std::string& path() const {
    return path_;
  }

  bytes read(uint64_t number) const;

  /// It has lost its name. When nobody reads it any more, its room goes.
  /// @param open Itself.
  void leave_to(std::shared_ptr<removals> to, file open);

private:
  std::string path_;
  lmdb::environment env_;
  lmdb::table chunks_ = 0;
  snapshot_record record_;
  /// Where to leave it, if it has no name any more.
  std::shared_ptr<removals> left_to_;
  file open_;
};

/// One that is not complete, for writing. Nothing is flushed before `complete`:
/// what is there survives the process, but not the machine.
class unfinished_snapshot {
public:
  /// Makes a new file; replaces one that is there.
  /// @param map_size The most that it can take.
  static unfinished_snapshot create(const std::string& path, size_t map_size);

  /// Goes on with a file. What is not right at its end is removed.
  static unfinished_snapshot resume(const std::string& path, size_t map_size);

  /// @returns Nothing if there is none.
  std::optional<snapshot_record> record(const configuration_codec& codec) const;

  /// How many chunks are there, and of them all the size and the checksum.
  uint64_t chunks() const {
    return chunks_;
  }

  uint64_t size() const {
    return size_;
  }

  uint32_t checksum() const {
    return checksum_;
  }

  /// Adds the next chunk, or nothing; but after an error other than `no_space` nobody
  /// knows what is there.
  void add(bytes_view chunk);

  void put(const snapshot_record& what, const configuration_codec& codec);

  /// Makes all of it durable and closes it. With this record it is complete.
  void complete(const snapshot_record& what, const configuration_codec& codec);

  const std::string& path() const {
    return data_.path();
  }

private:
  unfinished_snapshot(const std::string& path, size_t map_size);

  /// Runs a function that writes in a transaction and commits it.
  template <class F>
  void write(F f);

  void write_back();

  void count(bytes_view content);

  /// Counts what is there and removes what is not right.
  void recount();

  lmdb::environment env_;
  file data_;
  lmdb::table table_ = 0;
  uint64_t chunks_ = 0;
  uint64_t size_ = 0;
  uint32_t checksum_ = 0;
};

} // namespace caf::raft::storage

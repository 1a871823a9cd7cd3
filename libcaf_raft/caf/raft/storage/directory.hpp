#pragma once

#include "caf/raft/storage/file.hpp"

#include <string>

namespace caf::raft::storage {

/// A data directory that no other store uses, in this process or another, as
/// long as this object lives. Also after `kill -9` it is free at once.
class directory {
public:
  /// Creates the directory where it is missing, those above it too, and takes
  /// it. Throws `trouble` that says what is wrong with "it".
  static directory open(const std::string& path);

  directory(directory&& other) noexcept;

  directory& operator=(directory&&) = delete;

  ~directory();

  /// Absolute.
  const std::string& path() const {
    return path_;
  }

  /// Makes the name of this directory durable, and those of the directories
  /// above it: an earlier process may have created them and died before it
  /// could.
  void make_durable() const;

private:
  directory() = default;

  std::string path_;
  file lock_;
};

} // namespace caf::raft::storage

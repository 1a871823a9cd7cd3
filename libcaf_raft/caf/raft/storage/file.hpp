#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace caf::raft::storage {

/// An open file, closed by the destructor. All functions throw `trouble`.
class file {
public:
  file() = default;

  /// @param flags As for open(2); the descriptor is never inherited by another
  ///              program.
  static file open(const std::string& path, int flags);

  file(file&& other) noexcept;

  file& operator=(file&& other) noexcept;

  ~file();

  int descriptor() const {
    return descriptor_;
  }

  const std::string& path() const {
    return path_;
  }

  uint64_t size() const;

  /// Returns how many bytes were there to be read.
  size_t read_at(uint64_t offset, std::span<std::byte> to) const;

  /// Writes all of this.
  void write_at(uint64_t offset, std::span<const std::byte> from);

  /// Writes zeros, which take up real blocks.
  /// @returns How many, which is less than wanted where there is no room.
  size_t write_zeros(uint64_t offset, size_t count);

  /// Makes the file at least this long, with a hole behind its end.
  void extend_to(uint64_t size);

  /// Makes the file shorter.
  void shrink_to(uint64_t size);

  /// Returns the first place from `offset` on that is not backed by blocks; the
  /// end of the file if there is none before.
  uint64_t first_hole(uint64_t offset) const;

  /// Makes all that was written to this file durable, by whomever and through
  /// whichever descriptor, and reports once if any of that had failed.
  void flush();

  /// Forgets what the page cache holds of the file, so that it is read from the
  /// disk again. What is not yet written stays.
  void drop_cache();

private:
  int descriptor_ = -1;
  std::string path_;
};

/// Makes the names in a directory durable.
void sync_directory(const std::string& path);

} // namespace caf::raft::storage

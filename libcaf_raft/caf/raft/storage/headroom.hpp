#pragma once

#include "caf/raft/storage/file.hpp"

#include <cstddef>
#include <cstdint>

namespace caf::raft::storage {

/// The room behind the pages in use that is set aside in the file already: real
/// zeros, so that a write into it needs nothing more from the disk.
///
/// Only the thread that writes transactions calls this, and only between two of
/// them: zeros that are written beside a transaction could hit its pages.
class headroom {
public:
  headroom() = default;

  /// @param data   `data.mdb`; outlives this.
  /// @param used   The end of LMDB's last page, in bytes; here and below.
  /// @param wanted How many bytes to keep ahead.
  /// @param limit  Where the file must end.
  headroom(file& data, uint64_t used, size_t wanted, uint64_t limit);

  /// How many bytes are set aside.
  size_t ahead(uint64_t used) const;

  /// Sets a further step aside if there is less than wanted.
  /// @returns Whether there is as much as wanted now, or can be no more.
  bool grow(uint64_t used);

  /// Whether the disk has no room for one more page.
  bool disk_is_full(uint64_t used);

  /// Makes the file so long that it holds all that one transaction may add, if
  /// not by zeros then by a hole: LMDB counts pages as in use that it never
  /// wrote, and a file that ends before its last page looks cut off.
  /// @param bytes What the transaction adds.
  void cover(uint64_t used, size_t bytes);

private:
  /// Returns how much could be written.
  size_t write(uint64_t used, size_t count);

  file* data_ = nullptr;
  /// Where the zeros end.
  uint64_t written_ = 0;
  /// Where the file ends.
  uint64_t size_ = 0;
  size_t wanted_ = 0;
  uint64_t limit_ = 0;
};

} // namespace caf::raft::storage

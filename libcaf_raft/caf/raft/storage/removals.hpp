#pragma once

#include "caf/raft/storage/file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace caf::raft::storage {

/// Files that are being removed. Their names are gone at once; the room that they
/// take comes back slice by slice: a file system that tells its disk which blocks
/// are free ("discard") keeps everybody's flushes waiting meanwhile, for 200 ms
/// where 300 MB become free at once (docs/storage.md).
///
/// What is left when the process ends comes back then, at once.
class removals {
public:
  /// What becomes free at a time.
  static constexpr uint64_t slice = 2 << 20;

  /// Opens a file whose name is about to go.
  /// @returns One that is not open where that cannot be: its room comes back at
  ///          once.
  static file hold(const std::string& path);

  /// Removes the name of a file that nobody has open. That there is none is fine.
  /// @throws trouble where it cannot be removed.
  void remove(const std::string& path);

  /// Takes over a file that has no name any more and that nobody else has open.
  void take_over(file what);

  /// Frees one slice and waits until the disk has done that.
  /// @returns Whether there is more.
  bool free_some();

private:
  std::vector<file> files_;
};

} // namespace caf::raft::storage

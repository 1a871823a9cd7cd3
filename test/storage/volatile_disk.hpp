#pragma once

#include "storage/fixture.hpp"
#include "storage/io.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace caf::raft::test {

/// What is in a file: `data` and then zeros up to `size`.
struct file_image {
  std::vector<std::byte> data;
  size_t size = 0;
};

/// By path.
using disk_image = std::map<std::string, file_image>;

/// The disk under the files of a store, as far as the power may fail: what was
/// written since the last flush is on disk or not, in any order, fragment by
/// fragment, and where a fragment was written twice, as it was then or later.
/// The files themselves are the page cache: what processes see, also after
/// `kill -9`. What is written through a descriptor with O_DSYNC is durable when
/// the write returns, and may be in part while it runs.
class volatile_disk : public io_hooks {
public:
  /// @param paths    Of the files, all of which is durable.
  /// @param fragment The size of what is written as a whole: a page or a sector.
  volatile_disk(const std::vector<std::string>& paths, size_t fragment);

  /// Called before each flush, and in each write that is durable in the end.
  std::function<void()> before_flush;

  // What may be wrong.

  /// Flushes do nothing.
  bool ignore_flushes = false;

  /// Dropping the cache does nothing.
  bool ignore_drops = false;

  /// What is on the disk after a power loss now, one of many cases.
  disk_image after_power_loss(generator& numbers) const;

  /// The process dies after this many writes and flushes: those that follow do
  /// not happen, though it does not know.
  void die_after(size_t operations);

  void die() {
    die_after(0);
  }

  /// A new process.
  void live();

  /// Some of what is not durable could not be written to the disk; the kernel
  /// keeps it in the cache as if it were, and told the dead process only.
  void fail_write_back(generator& numbers);

  ssize_t write(int fd, std::span<const std::byte> what, off_t where) override;

  int flush(int fd) override;

  int resize(int fd, off_t size) override;

  int drop_cache(int fd) override;

private:
  using content = std::vector<std::byte>;

  struct volatile_file {
    file_image cache;
    file_image durable;
    /// Of each fragment that is not durable what it was since the last flush.
    std::map<size_t, std::vector<content>> pending;
    /// What is in the cache only, and will not be written.
    std::set<size_t> lost;
  };

  /// @returns Null if it is none of ours.
  volatile_file* find(int fd);

  void note_flush();

  /// Counts an operation.
  /// @returns Whether the process is dead already.
  bool is_dead();

  file_image after_power_loss(const volatile_file& file,
                              generator& numbers) const;

  content cached(const volatile_file& file, size_t number) const;

  void store(file_image& to, size_t number, const content& what) const;

  std::map<std::string, volatile_file> files_;
  size_t fragment_;
  bool mortal_ = false;
  size_t operations_left_ = 0;
};

/// Writes a file, or replaces one.
void write_file(const std::string& path, const file_image& what);

file_image read_file(const std::string& path);

} // namespace caf::raft::test

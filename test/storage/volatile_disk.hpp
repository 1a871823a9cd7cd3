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

/// The disk under one file of LMDB, as far as the power may fail: what was
/// written since the last flush is on disk or not, in any order, fragment by
/// fragment, and where a fragment was written twice, as it was then or later.
/// The file itself is the page cache: what processes see, also after `kill -9`.
class volatile_disk : public io_hooks {
public:
  /// @param path     Of the file, all of which is durable.
  /// @param fragment The size of what is written as a whole: a page or a sector.
  volatile_disk(std::string path, size_t fragment);

  /// Called before each flush.
  std::function<void()> before_flush;

  // What may be wrong.

  /// Flushes do nothing.
  bool ignore_flushes = false;

  /// Dropping the cache does nothing.
  bool ignore_drops = false;

  /// What is on the disk after a power loss now, one of many cases.
  file_image after_power_loss(generator& numbers) const;

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

  /// Counts an operation.
  /// @returns Whether the process is dead already.
  bool is_dead();

  content cached(size_t number) const;

  void store(file_image& to, size_t number, const content& what) const;

  std::string path_;
  size_t fragment_;
  file_image cache_;
  file_image durable_;
  /// Of each fragment that is not durable what it was since the last flush.
  std::map<size_t, std::vector<content>> pending_;
  /// What is in the cache only, and will not be written.
  std::set<size_t> lost_;
  bool mortal_ = false;
  size_t operations_left_ = 0;
};

/// Writes a file, or replaces one.
void write_file(const std::string& path, const file_image& what);

file_image read_file(const std::string& path);

} // namespace caf::raft::test

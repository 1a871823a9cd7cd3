#pragma once

#include "storage/io.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace caf::raft::test {

/// Counts what is done to the files; may fail writes to the journal.
class counting_io : public fast_io {
public:
  size_t journal_writes = 0;
  size_t log_writes = 0;
  size_t flushes = 0;
  /// Fails the next write to the journal, after a part of it was written.
  int fail_with = 0;
  bool is_full = false;

  ssize_t write(int fd, std::span<const std::byte> what, off_t where) override {
    if (is_data_file(fd)) {
      ++log_writes;
      auto end = where + static_cast<off_t>(what.size());
      if (is_full && end > written_) {
        errno = ENOSPC;
        return -1;
      }
      written_ = std::max(written_, end);
    }
    if (!is_journal(fd))
      return io_hooks::write(fd, what, where);
    ++journal_writes;
    if (fail_with == 0)
      return io_hooks::write(fd, what, where);
    io_hooks::write(fd, what.first(what.size() / 8192 * 4096), where);
    errno = std::exchange(fail_with, 0);
    return -1;
  }

  int flush(int fd) override {
    flushes += is_data_file(fd) ? 1 : 0;
    return 0;
  }

  void forget() {
    journal_writes = log_writes = flushes = 0;
  }

private:
  off_t written_ = 0;
};

} // namespace caf::raft::test

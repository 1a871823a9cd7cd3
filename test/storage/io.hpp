#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <sys/types.h>

namespace caf::raft::test {

/// Stands between this process, LMDB included, and the kernel: whoever writes
/// to a file asks the hooks in charge. They return as the system calls do, -1
/// with `errno` if they fail. By itself a hook does what it was asked for.
///
/// It works by symbols: the test program has functions with the names of the
/// system calls, and those of a program come before those of a library.
class io_hooks {
public:
  virtual ~io_hooks();

  virtual ssize_t write(int fd, std::span<const std::byte> what, off_t where);

  virtual int flush(int fd);

  virtual int resize(int fd, off_t size);

  virtual int drop_cache(int fd);
};

/// Puts hooks in charge as long as this lives.
class hooked {
public:
  explicit hooked(io_hooks& what);

  hooked(const hooked&) = delete;

  ~hooked();

private:
  io_hooks* before_;
};

/// Where the disk is not what a test is about: leaves out what only matters
/// when the power fails.
class fast_io : public io_hooks {
public:
  int flush(int) override {
    return 0;
  }

  int drop_cache(int) override {
    return 0;
  }
};

/// The path behind a descriptor.
std::string path_of(int fd);

/// Whether this is the file that LMDB keeps its data in.
bool is_data_file(int fd);

/// Whether this is the journal, or will be.
bool is_journal(int fd);

} // namespace caf::raft::test

#include "caf/raft/storage/file.hpp"

#include "caf/raft/storage/trouble.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace caf::raft::storage {

namespace {

/// Repeats a system call that a signal interrupted.
template <class F>
auto retried(F f) {
  auto result = f();
  while (result == -1 && errno == EINTR)
    result = f();
  return result;
}

} // namespace

file file::open(const std::string& path, int flags) {
  auto fd
    = retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); });
  if (fd == -1)
    throw trouble::from_errno(errno, "cannot open " + path);
  file result;
  result.descriptor_ = fd;
  result.path_ = path;
  return result;
}

file::file(file&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)),
    path_(std::move(other.path_)) {
  // nop
}

file& file::operator=(file&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

file::~file() {
  if (descriptor_ != -1)
    close(descriptor_);
}

uint64_t file::size() const {
  struct stat info;
  if (fstat(descriptor_, &info) != 0)
    throw trouble::from_errno(errno, "cannot look at " + path_);
  return static_cast<uint64_t>(info.st_size);
}

size_t file::read_at(uint64_t offset, std::span<std::byte> to) const {
  size_t done = 0;
  while (done < to.size()) {
    auto n = retried([&] {
      return pread(descriptor_, to.data() + done, to.size() - done,
                   static_cast<off_t>(offset + done));
    });
    if (n < 0)
      throw trouble::from_errno(errno, "cannot read " + path_);
    if (n == 0)
      break;
    done += static_cast<size_t>(n);
  }
  return done;
}

void file::write_at(uint64_t offset, std::span<const std::byte> from) {
  while (!from.empty()) {
    auto n = retried([&] {
      return pwrite(descriptor_, from.data(), from.size(),
                    static_cast<off_t>(offset));
    });
    // What was cut short says why when it is tried again.
    if (n <= 0)
      throw trouble::from_errno(n == 0 ? EIO : errno,
                                "cannot write to " + path_);
    from = from.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
}

size_t file::write_zeros(uint64_t offset, size_t count) {
  static const std::array<std::byte, 1 << 16> zeros{};
  size_t done = 0;
  while (done < count) {
    auto n = retried([&] {
      return pwrite(descriptor_, zeros.data(),
                    std::min(zeros.size(), count - done),
                    static_cast<off_t>(offset + done));
    });
    if (n < 0 && !is_no_space(errno))
      throw trouble::from_errno(errno, "cannot write to " + path_);
    if (n <= 0)
      break;
    done += static_cast<size_t>(n);
  }
  return done;
}

void file::extend_to(uint64_t size) {
  if (this->size() >= size)
    return;
  if (retried([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); })
      != 0)
    throw trouble::from_errno(errno, "cannot extend " + path_);
}

void file::shrink_to(uint64_t size) {
  if (retried([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); })
      != 0)
    throw trouble::from_errno(errno, "cannot shorten " + path_);
}

uint64_t file::first_hole(uint64_t offset) const {
  auto place = lseek(descriptor_, static_cast<off_t>(offset), SEEK_HOLE);
  return place < 0 ? offset : static_cast<uint64_t>(place);
}

void file::flush() {
  if (fdatasync(descriptor_) != 0)
    throw trouble::from_errno(errno, "cannot flush " + path_);
}

void file::drop_cache() {
  // A hint: a file system that has no such cache may refuse it.
  posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
}

void sync_directory(const std::string& path) {
  auto directory = file::open(path, O_RDONLY | O_DIRECTORY);
  if (fsync(directory.descriptor()) != 0)
    throw trouble::from_errno(errno, "cannot flush the directory " + path);
}

} // namespace caf::raft::storage

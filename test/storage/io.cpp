#include "storage/io.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace caf::raft::test {

namespace {

io_hooks* in_charge = nullptr;

/// @returns As system calls do for -1, where the kernel returns -errno.
template <class... Ts>
long ask_kernel(long number, Ts... xs) {
  return syscall(number, xs...);
}

std::span<const std::byte> view(const void* data, size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

/// Whether the hooks want to know: only of files, not of pipes.
bool is_hooked(int fd) {
  return in_charge != nullptr
         && ask_kernel(SYS_lseek, fd, off_t{0}, SEEK_CUR) != -1;
}

/// A write at the file's own position, which moves on.
ssize_t write_here(int fd, std::span<const std::byte> what) {
  auto where = ask_kernel(SYS_lseek, fd, off_t{0}, SEEK_CUR);
  auto result = in_charge->write(fd, what, where);
  if (result > 0)
    ask_kernel(SYS_lseek, fd, off_t{where + result}, SEEK_SET);
  return result;
}

std::vector<std::byte> gather(const iovec* parts, int count) {
  std::vector<std::byte> result;
  for (auto& part : std::span{parts, static_cast<size_t>(count)}) {
    auto* from = static_cast<const std::byte*>(part.iov_base);
    result.insert(result.end(), from, from + part.iov_len);
  }
  return result;
}

} // namespace

io_hooks::~io_hooks() {
  // nop
}

ssize_t io_hooks::write(int fd, std::span<const std::byte> what, off_t where) {
  return ask_kernel(SYS_pwrite64, fd, what.data(), what.size(), where);
}

int io_hooks::flush(int fd) {
  return static_cast<int>(ask_kernel(SYS_fdatasync, fd));
}

int io_hooks::resize(int fd, off_t size) {
  return static_cast<int>(ask_kernel(SYS_ftruncate, fd, size));
}

int io_hooks::drop_cache(int fd) {
  auto result = ask_kernel(SYS_fadvise64, fd, off_t{0}, off_t{0},
                           POSIX_FADV_DONTNEED);
  return result == 0 ? 0 : errno;
}

hooked::hooked(io_hooks& what) : before_(in_charge) {
  in_charge = &what;
}

hooked::~hooked() {
  in_charge = before_;
}

std::string path_of(int fd) {
  std::array<char, 4096> result;
  auto link = "/proc/self/fd/" + std::to_string(fd);
  auto n = readlink(link.c_str(), result.data(), result.size());
  return n < 0 ? std::string{} : std::string(result.data(), size_t(n));
}

bool is_data_file(int fd) {
  return path_of(fd).ends_with("/data.mdb");
}

bool is_journal(int fd) {
  auto path = path_of(fd);
  return path.ends_with("/journal") || path.ends_with("/journal.new");
}

} // namespace caf::raft::test

using namespace caf::raft::test;

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t where) {
  if (is_hooked(fd))
    return in_charge->write(fd, view(data, size), where);
  return ask_kernel(SYS_pwrite64, fd, data, size, where);
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t where) {
  if (is_hooked(fd))
    return in_charge->write(fd, gather(parts, count), where);
  return ask_kernel(SYS_pwritev, fd, parts, count, where, 0);
}

ssize_t write(int fd, const void* data, size_t size) {
  if (is_hooked(fd))
    return write_here(fd, view(data, size));
  return ask_kernel(SYS_write, fd, data, size);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  if (is_hooked(fd))
    return write_here(fd, gather(parts, count));
  return ask_kernel(SYS_writev, fd, parts, count);
}

int fdatasync(int fd) {
  if (is_hooked(fd))
    return in_charge->flush(fd);
  return static_cast<int>(ask_kernel(SYS_fdatasync, fd));
}

int fsync(int fd) {
  if (is_hooked(fd))
    return in_charge->flush(fd);
  return static_cast<int>(ask_kernel(SYS_fsync, fd));
}

int ftruncate(int fd, off_t size) noexcept {
  if (is_hooked(fd))
    return in_charge->resize(fd, size);
  return static_cast<int>(ask_kernel(SYS_ftruncate, fd, size));
}

int posix_fadvise(int fd, off_t offset, off_t size, int advice) noexcept {
  if (is_hooked(fd) && advice == POSIX_FADV_DONTNEED)
    return in_charge->drop_cache(fd);
  auto result = ask_kernel(SYS_fadvise64, fd, offset, size, advice);
  return result == 0 ? 0 : errno;
}

} // extern "C"

#include "storage/volatile_disk.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace caf::raft::test {

namespace {

/// Makes what is mostly room set aside cheap to keep and to write.
void forget_last_zeros(std::vector<std::byte>& xs) {
  static constexpr std::array<std::byte, 4096> zeros{};
  auto size = xs.size();
  while (
    size >= zeros.size()
    && std::memcmp(xs.data() + size - zeros.size(), zeros.data(), zeros.size())
         == 0)
    size -= zeros.size();
  xs.resize(size);
  xs.shrink_to_fit();
}

} // namespace

volatile_disk::volatile_disk(const std::vector<std::string>& paths,
                             size_t fragment)
  : fragment_(fragment) {
  for (auto& path : paths) {
    auto& file = files_[path];
    file.cache = read_file(path);
    file.durable = file.cache;
  }
}

disk_image volatile_disk::after_power_loss(generator& numbers) const {
  disk_image result;
  for (auto& [path, file] : files_)
    result.emplace(path, after_power_loss(file, numbers));
  return result;
}

file_image volatile_disk::after_power_loss(const volatile_file& file,
                                           generator& numbers) const {
  // In percent; nothing and everything are cases of their own.
  constexpr std::array<uint64_t, 6> chances{0, 5, 50, 50, 95, 100};
  auto chance = chances[numbers.below(chances.size())];
  auto result = file.durable;
  for (auto& [number, versions] : file.pending) {
    if (numbers.below(100) >= chance)
      continue;
    // Mostly it is the newest.
    auto which = numbers.one_in(4) ? numbers.below(versions.size())
                                   : versions.size() - 1;
    store(result, number, versions[which]);
  }
  // The size may be durable although the content is not.
  if (numbers.one_in(2))
    result.size = std::max(result.size, file.cache.size);
  forget_last_zeros(result.data);
  return result;
}

void volatile_disk::die_after(size_t operations) {
  mortal_ = true;
  operations_left_ = operations;
}

void volatile_disk::live() {
  mortal_ = false;
}

void volatile_disk::fail_write_back(generator& numbers) {
  for (auto& [path, file] : files_) {
    auto all = numbers.one_in(2);
    for (auto i = file.pending.begin(); i != file.pending.end();) {
      if (all || numbers.one_in(2)) {
        file.lost.insert(i->first);
        i = file.pending.erase(i);
      } else {
        ++i;
      }
    }
  }
}

ssize_t volatile_disk::write(int fd, std::span<const std::byte> what,
                             off_t where) {
  auto* file = find(fd);
  if (file == nullptr)
    return io_hooks::write(fd, what, where);
  if (what.empty() || is_dead())
    return static_cast<ssize_t>(what.size());
  auto result = io_hooks::write(fd, what, where);
  if (result <= 0)
    return result;
  auto& cache = file->cache;
  auto begin = static_cast<size_t>(where);
  auto end = begin + static_cast<size_t>(result);
  cache.size = std::max(cache.size, end);
  cache.data.resize(std::max(cache.data.size(), end));
  std::copy_n(what.begin(), result, cache.data.begin() + where);
  for (auto i = begin / fragment_; i * fragment_ < end; ++i) {
    file->lost.erase(i);
    file->pending[i].push_back(cached(*file, i));
  }
  if ((fcntl(fd, F_GETFL) & O_DSYNC) == 0)
    return result;
  note_flush();
  // It may die between the two, and leave it in the cache.
  if (is_dead() || ignore_flushes)
    return result;
  for (auto i = begin / fragment_; i * fragment_ < end; ++i) {
    file->pending.erase(i);
    store(file->durable, i, cached(*file, i));
  }
  return result;
}

int volatile_disk::flush(int fd) {
  auto* file = find(fd);
  if (file == nullptr)
    return 0;
  note_flush();
  if (is_dead() || ignore_flushes)
    return 0;
  for (auto& [number, versions] : file->pending)
    store(file->durable, number, versions.back());
  file->pending.clear();
  file->durable.size = std::max(file->durable.size, file->cache.size);
  return 0;
}

int volatile_disk::resize(int fd, off_t size) {
  auto* file = find(fd);
  if (file == nullptr)
    return io_hooks::resize(fd, size);
  if (is_dead())
    return 0;
  // It grows only.
  file->cache.size = static_cast<size_t>(size);
  return io_hooks::resize(fd, size);
}

int volatile_disk::drop_cache(int fd) {
  auto* file = find(fd);
  if (file == nullptr || ignore_drops)
    return 0;
  for (auto number : file->lost) {
    auto begin = number * fragment_;
    auto& before = file->durable.data;
    auto end = std::min(begin + fragment_, file->cache.data.size());
    for (auto i = begin; i < end; ++i)
      file->cache.data[i] = i < before.size() ? before[i] : std::byte{};
    auto changed = std::span{file->cache.data}.subspan(begin, end - begin);
    io_hooks::write(fd, changed, static_cast<off_t>(begin));
  }
  file->lost.clear();
  return 0;
}

volatile_disk::volatile_file* volatile_disk::find(int fd) {
  auto i = files_.find(path_of(fd));
  return i == files_.end() ? nullptr : &i->second;
}

void volatile_disk::note_flush() {
  if (before_flush && !(mortal_ && operations_left_ == 0))
    before_flush();
}

bool volatile_disk::is_dead() {
  if (!mortal_)
    return false;
  if (operations_left_ == 0)
    return true;
  --operations_left_;
  return false;
}

volatile_disk::content volatile_disk::cached(const volatile_file& file,
                                             size_t number) const {
  auto& data = file.cache.data;
  auto begin = number * fragment_;
  auto end = std::min(begin + fragment_, data.size());
  return {data.begin() + static_cast<ptrdiff_t>(begin),
          data.begin() + static_cast<ptrdiff_t>(end)};
}

void volatile_disk::store(file_image& to, size_t number,
                          const content& what) const {
  auto begin = number * fragment_;
  auto end = begin + what.size();
  to.data.resize(std::max(to.data.size(), end));
  to.size = std::max(to.size, end);
  std::copy(what.begin(), what.end(),
            to.data.begin() + static_cast<ptrdiff_t>(begin));
}

void write_file(const std::string& path, const file_image& what) {
  // Without O_TRUNC, which makes some file systems write to the disk at once.
  auto fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  auto written = static_cast<ssize_t>(what.data.size());
  auto good = ftruncate(fd, written) == 0
              && pwrite(fd, what.data.data(), what.data.size(), 0) == written
              && ftruncate(fd, static_cast<off_t>(what.size)) == 0;
  close(fd);
  if (!good)
    throw std::runtime_error("cannot write " + path);
}

file_image read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto view = as_bytes(text).first(text.find_last_not_of('\0') + 1);
  return {{view.begin(), view.end()}, text.size()};
}

} // namespace caf::raft::test

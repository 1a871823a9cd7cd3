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

volatile_disk::volatile_disk(std::string path, size_t fragment)
  : path_(std::move(path)),
    fragment_(fragment) {
  cache_ = read_file(path_);
  durable_ = cache_;
}

file_image volatile_disk::after_power_loss(generator& numbers) const {
  // In percent; nothing and everything are cases of their own.
  constexpr std::array<uint64_t, 6> chances{0, 5, 50, 50, 95, 100};
  auto chance = chances[numbers.below(chances.size())];
  auto result = durable_;
  for (auto& [number, versions] : pending_) {
    if (numbers.below(100) >= chance)
      continue;
    // Mostly it is the newest.
    auto which = numbers.one_in(4) ? numbers.below(versions.size())
                                   : versions.size() - 1;
    store(result, number, versions[which]);
  }
  // The size may be durable although the content is not.
  if (numbers.one_in(2))
    result.size = std::max(result.size, cache_.size);
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
  auto all = numbers.one_in(2);
  for (auto i = pending_.begin(); i != pending_.end();) {
    if (all || numbers.one_in(2)) {
      lost_.insert(i->first);
      i = pending_.erase(i);
    } else {
      ++i;
    }
  }
}

ssize_t volatile_disk::write(int fd, std::span<const std::byte> what,
                             off_t where) {
  if (path_of(fd) != path_)
    return io_hooks::write(fd, what, where);
  if (what.empty() || is_dead())
    return static_cast<ssize_t>(what.size());
  auto result = io_hooks::write(fd, what, where);
  if (result <= 0)
    return result;
  auto begin = static_cast<size_t>(where);
  auto end = begin + static_cast<size_t>(result);
  cache_.size = std::max(cache_.size, end);
  cache_.data.resize(std::max(cache_.data.size(), end));
  std::copy_n(what.begin(), result, cache_.data.begin() + where);
  auto at_once = (fcntl(fd, F_GETFL) & O_DSYNC) != 0 && !ignore_flushes;
  for (auto i = begin / fragment_; i * fragment_ < end; ++i) {
    lost_.erase(i);
    if (at_once) {
      pending_.erase(i);
      store(durable_, i, cached(i));
    } else {
      pending_[i].push_back(cached(i));
    }
  }
  return result;
}

int volatile_disk::flush(int fd) {
  if (path_of(fd) != path_)
    return 0;
  if (before_flush && !(mortal_ && operations_left_ == 0))
    before_flush();
  if (is_dead() || ignore_flushes)
    return 0;
  for (auto& [number, versions] : pending_)
    store(durable_, number, versions.back());
  pending_.clear();
  durable_.size = std::max(durable_.size, cache_.size);
  return 0;
}

int volatile_disk::resize(int fd, off_t size) {
  if (path_of(fd) != path_)
    return io_hooks::resize(fd, size);
  if (is_dead())
    return 0;
  // It grows only.
  cache_.size = static_cast<size_t>(size);
  return io_hooks::resize(fd, size);
}

int volatile_disk::drop_cache(int fd) {
  if (path_of(fd) != path_ || ignore_drops)
    return 0;
  for (auto number : lost_) {
    auto begin = number * fragment_;
    auto& before = durable_.data;
    auto end = std::min(begin + fragment_, cache_.data.size());
    for (auto i = begin; i < end; ++i)
      cache_.data[i] = i < before.size() ? before[i] : std::byte{};
    auto changed = std::span{cache_.data}.subspan(begin, end - begin);
    io_hooks::write(fd, changed, static_cast<off_t>(begin));
  }
  lost_.clear();
  return 0;
}

bool volatile_disk::is_dead() {
  if (!mortal_)
    return false;
  if (operations_left_ == 0)
    return true;
  --operations_left_;
  return false;
}

volatile_disk::content volatile_disk::cached(size_t number) const {
  auto begin = number * fragment_;
  auto end = std::min(begin + fragment_, cache_.data.size());
  return {cache_.data.begin() + static_cast<ptrdiff_t>(begin),
          cache_.data.begin() + static_cast<ptrdiff_t>(end)};
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

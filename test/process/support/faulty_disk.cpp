#include "process/support/faulty_disk.hpp"

#include "process/support/socket.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace harness {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t page_bytes = 4096;

/// One write to a file, and what was there before.
struct kept_write {
  disk_record header{};
  std::string old;
};

std::vector<kept_write> read_records(const fs::path& path) {
  std::vector<kept_write> result;
  std::ifstream in{path, std::ios::binary};
  kept_write next;
  while (in.read(reinterpret_cast<char*>(&next.header), sizeof(next.header))) {
    next.old.resize(next.header.old_bytes);
    if (!in.read(next.old.data(), next.header.old_bytes))
      break; // Killed here: the write itself was not made.
    result.push_back(next);
  }
  return result;
}

ino_t inode_of(const fs::path& path) {
  struct stat st {};
  return stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

/// Takes writes back from one file.
class undo {
public:
  undo(const fs::path& file, std::vector<kept_write> writes)
    : fd_(open(file.c_str(), O_RDWR | O_CLOEXEC)),
      writes_(std::move(writes)) {
    if (!fd_)
      throw failure{"cannot open " + file.string()};
  }

  void everything() {
    for (auto i = writes_.size(); i-- > 0;)
      for_each_page(writes_[i], [&](uint64_t page) { restore(i, page); });
    for (auto i = writes_.size(); i-- > 0;)
      shrink(writes_[i].header);
  }

  void random_part(uint64_t seed) {
    std::mt19937_64 random{seed};
    std::map<uint64_t, std::vector<size_t>> by_page;
    for (size_t i = 0; i < writes_.size(); ++i)
      for_each_page(writes_[i],
                    [&](uint64_t page) { by_page[page].push_back(i); });
    for (auto& [page, touching] : by_page) {
      auto last_durable
        = std::find_if(touching.rbegin(), touching.rend(), [&](size_t i) {
            return writes_[i].header.kind == DISK_DURABLE_WRITE;
          });
      auto lost = static_cast<size_t>(last_durable - touching.rbegin());
      lost = random() % (lost + 1);
      for (size_t n = 0; n < lost; ++n)
        restore(touching[touching.size() - 1 - n], page);
    }
  }

private:
  template <class F>
  void for_each_page(const kept_write& write, F f) {
    const auto& [kind, old_bytes, offset, bytes, old_size] = write.header;
    for (auto page = offset / page_bytes; page * page_bytes < offset + bytes;
         ++page)
      f(page);
  }

  /// Puts back what one write changed in one page; nothing if a later write to
  /// that page was durable.
  void restore(size_t i, uint64_t page) {
    const auto& header = writes_[i].header;
    if (header.kind == DISK_DURABLE_WRITE) {
      kept_pages_.push_back(page);
      return;
    }
    if (std::find(kept_pages_.begin(), kept_pages_.end(), page)
        != kept_pages_.end())
      return;
    auto first = std::max(header.offset, page * page_bytes);
    auto last = std::min(header.offset + header.bytes, (page + 1) * page_bytes);
    // What lay beyond the end of the file reads as zeros.
    std::string old(last - first, '\0');
    auto begin = first - header.offset;
    if (begin < writes_[i].old.size()) {
      auto n = std::min(old.size(), writes_[i].old.size() - begin);
      std::memcpy(old.data(), writes_[i].old.data() + begin, n);
    }
    if (pwrite(fd_.get(), old.data(), old.size(), static_cast<off_t>(first))
        != static_cast<ssize_t>(old.size()))
      throw failure{"cannot take a write back"};
  }

  /// Takes the growth of the file back, if nothing durable lies there.
  void shrink(const disk_record& header) {
    auto durable_there
      = std::any_of(kept_pages_.begin(), kept_pages_.end(), [&](uint64_t page) {
          return (page + 1) * page_bytes > header.old_size;
        });
    struct stat st {};
    if (!durable_there && header.kind == DISK_WRITE
        && fstat(fd_.get(), &st) == 0
        && static_cast<uint64_t>(st.st_size) > header.old_size
        && ftruncate(fd_.get(), static_cast<off_t>(header.old_size)) != 0)
      throw failure{"cannot take the growth of a file back"};
  }

  file_descriptor fd_;
  std::vector<kept_write> writes_;
  std::vector<uint64_t> kept_pages_;
};

} // namespace

faulty_disk::faulty_disk(std::string directory, std::string control)
  : directory_(std::move(directory)),
    control_path_(std::move(control)) {
  file_descriptor fd{
    open(control_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (!fd || ftruncate(fd.get(), sizeof(disk_control)) != 0)
    throw failure{"cannot make " + control_path_};
  auto page = mmap(nullptr, sizeof(disk_control), PROT_READ | PROT_WRITE,
                   MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED)
    throw failure{"cannot map " + control_path_};
  control_ = static_cast<disk_control*>(page);
}

faulty_disk::~faulty_disk() {
  munmap(control_, sizeof(disk_control));
}

std::vector<std::string> faulty_disk::environment() const {
  // The sanitizer wants to be loaded first, but need not be.
  std::string asan = "verify_asan_link_order=0";
  if (auto options = getenv("ASAN_OPTIONS"))
    asan = std::string{options} + ":" + asan;
  return {"LD_PRELOAD=" DISK_FAULTS_PATH, "CAF_RAFT_DISK=" + directory_,
          "CAF_RAFT_DISK_CONTROL=" + control_path_, "ASAN_OPTIONS=" + asan};
}

void faulty_disk::set(disk_fault fault) {
  std::atomic_ref{control_->fault}.store(fault);
}

uint32_t faulty_disk::met() const {
  return std::atomic_ref{control_->met}.load();
}

uint64_t faulty_disk::syncs() const {
  return std::atomic_ref{control_->syncs}.load();
}

size_t faulty_disk::lose_power(uint64_t seed) {
  size_t result = 0;
  for (const auto& entry : fs::recursive_directory_iterator{directory_}) {
    auto records = control_path_ + "." + std::to_string(inode_of(entry.path()));
    if (!entry.is_regular_file() || !fs::exists(records))
      continue;
    auto writes = read_records(records);
    result += writes.size();
    undo log{entry.path(), std::move(writes)};
    if (seed % 4 == 0)
      log.everything();
    else
      log.random_part(seed);
  }
  forget_records();
  return result;
}

void faulty_disk::forget_records() {
  auto name = fs::path{control_path_}.filename().string() + ".";
  for (const auto& entry :
       fs::directory_iterator{fs::path{control_path_}.parent_path()})
    if (entry.path().filename().string().starts_with(name))
      fs::resize_file(entry.path(), 0);
}

} // namespace harness

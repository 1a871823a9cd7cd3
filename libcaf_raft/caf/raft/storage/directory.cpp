#include "caf/raft/storage/directory.hpp"

#include "caf/raft/storage/trouble.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace caf::raft::storage {

namespace fs = std::filesystem;

namespace {

/// Which directories this process holds. The lock on a file does not tell who
/// holds it, and LMDB must not be opened twice in one process. A process that
/// was forked off holds none, though it sees what its parent holds.
class held_directories {
public:
  using key = std::pair<dev_t, ino_t>;

  bool add(const key& what) {
    std::lock_guard guard{mutex_};
    auto& owner = owners_[what];
    if (owner == getpid())
      return false;
    owner = getpid();
    return true;
  }

  void remove(const key& what) {
    std::lock_guard guard{mutex_};
    owners_.erase(what);
  }

private:
  std::mutex mutex_;
  std::map<key, pid_t> owners_;
};

held_directories& held() {
  static held_directories result;
  return result;
}

held_directories::key key_of(const file& what) {
  struct stat info;
  if (fstat(what.descriptor(), &info) != 0)
    throw trouble::from_errno(errno, "cannot look at " + what.path());
  return {info.st_dev, info.st_ino};
}

fs::path create(const std::string& path) {
  std::error_code code;
  if (path.empty())
    throw trouble{{errc::invalid_argument, "it has no name"}};
  fs::create_directories(path, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot create it");
  auto result = fs::canonical(path, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot find it");
  return result;
}

dev_t device_of(const fs::path& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_dev : dev_t{};
}

} // namespace

directory directory::open(const std::string& path) {
  directory result;
  result.path_ = create(path).string();
  auto lock = file::open(result.path_ + "/LOCK", O_RDWR | O_CREAT);
  auto key = key_of(lock);
  if (!held().add(key))
    throw damage("it is in use by this process already");
  if (flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    auto code = errno;
    held().remove(key);
    if (code == EWOULDBLOCK)
      throw damage("it is in use by another process");
    throw trouble::from_errno(code, "cannot lock " + lock.path());
  }
  result.lock_ = std::move(lock);
  return result;
}

directory::directory(directory&& other) noexcept
  : path_(std::move(other.path_)),
    lock_(std::move(other.lock_)) {
  // nop
}

directory::~directory() {
  if (lock_.descriptor() == -1)
    return;
  held().remove(key_of(lock_));
  // Closing alone would not do where a forked process has the descriptor too.
  flock(lock_.descriptor(), LOCK_UN);
}

void directory::make_durable() const {
  sync_directory(path_);
  // What another file system is mounted on needs no name to be found again.
  auto here = fs::path{path_};
  while (here.has_relative_path()
         && device_of(here.parent_path()) == device_of(here)) {
    here = here.parent_path();
    // Whoever may not read a directory did not create anything in it either.
    if (access(here.c_str(), R_OK) != 0)
      break;
    sync_directory(here.string());
  }
}

} // namespace caf::raft::storage

#include "caf/raft/storage/removals.hpp"

#include "caf/raft/storage/trouble.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <utility>

namespace caf::raft::storage {

file removals::hold(const std::string& path) {
  try {
    return file::open(path, O_RDWR);
  } catch (const trouble&) {
    return {};
  }
}

void removals::remove(const std::string& path) {
  auto open = hold(path);
  std::error_code code;
  std::filesystem::remove(path, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot remove " + path);
  take_over(std::move(open));
}

void removals::take_over(file what) {
  if (what.descriptor() >= 0)
    files_.push_back(std::move(what));
}

bool removals::free_some() {
  if (files_.empty())
    return false;
  auto& x = files_.back();
  try {
    auto size = x.size();
    auto rest = size - std::min(size, slice);
    if (rest > 0) {
      x.shrink_to(rest);
      x.flush();
      return true;
    }
  } catch (const trouble&) {
    // Then the rest of it comes back at once.
  }
  files_.pop_back();
  return !files_.empty();
}

} // namespace caf::raft::storage

#include "caf/raft/storage/trouble.hpp"

#include <cerrno>
#include <system_error>

namespace caf::raft::storage {

trouble trouble::from_errno(int code, const std::string& attempt) {
  auto kind = is_no_space(code) ? errc::no_space : errc::storage_failed;
  auto reason = std::generic_category().message(code);
  return {{kind, attempt + ": " + reason}, code};
}

bool is_no_space(int code) {
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

} // namespace caf::raft::storage

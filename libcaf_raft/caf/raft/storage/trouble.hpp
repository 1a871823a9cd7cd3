#pragma once

#include "caf/raft/error.hpp"

#include <exception>
#include <string>
#include <utility>

namespace caf::raft::storage {

/// How errors travel inside of `storage/`. They leave it as values: every
/// function of its interface runs in `guarded`.
class trouble : public std::exception {
public:
  trouble(failure why, int code = 0) : why_(std::move(why)), code_(code) {
    // nop
  }

  /// An error number of the operating system: `no_space` where the disk, a
  /// quota or a limit is full, `storage_failed` for all else.
  /// @param attempt What failed, as in "cannot write to /data/LOCK".
  static trouble from_errno(int code, const std::string& attempt);

  const failure& why() const {
    return why_;
  }

  /// The error number of the operating system or of LMDB, zero if there is
  /// none.
  int code() const {
    return code_;
  }

  const char* what() const noexcept override {
    return why_.text.c_str();
  }

private:
  failure why_;
  int code_;
};

/// Damage: something on disk that must not be there, or is missing.
inline trouble damage(std::string what) {
  return trouble{{errc::storage_failed, std::move(what)}};
}

/// Whether an error number says that there is no room.
bool is_no_space(int code);

/// Runs `f`, which returns a `result_of`, and turns what it throws into its
/// error.
template <class F>
auto guarded(F&& f) -> decltype(f()) {
  try {
    return std::forward<F>(f)();
  } catch (const trouble& x) {
    return x.why();
  } catch (const std::exception& x) {
    return failure{errc::storage_failed, x.what()};
  }
}

} // namespace caf::raft::storage

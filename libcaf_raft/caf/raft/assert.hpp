#pragma once

namespace caf::raft::detail {

/// Writes what was violated, and where, to stderr and aborts the process.
[[noreturn]] void assertion_failed(const char* what, const char* file,
                                   int line);

} // namespace caf::raft::detail

/// Stops the process when an invariant is broken: a wrong promise is worse than
/// no answer. Active in every build.
#define CAF_RAFT_ASSERT(what)                                                  \
  do {                                                                         \
    if (!(what)) [[unlikely]]                                                  \
      ::caf::raft::detail::assertion_failed(#what, __FILE__, __LINE__);        \
  } while (false)

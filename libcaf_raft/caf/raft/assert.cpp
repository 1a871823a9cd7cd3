#include "caf/raft/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace caf::raft::detail {

void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, what);
  std::fflush(stderr);
  std::abort();
}

} // namespace caf::raft::detail

#include "caf/raft/crc32c.hpp"

#include <algorithm>
#include <climits>

extern "C" {
#include <isa-l/crc.h>
}

namespace caf::raft {

uint32_t crc32c(uint32_t seed, bytes_view xs) {
  auto state = ~seed;
  while (!xs.empty()) {
    auto n = std::min(xs.size(), size_t{1} << 30);
    // The library does not write to its argument.
    auto* data
      = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(xs.data()));
    state = crc32_iscsi(data, static_cast<int>(n), state);
    xs = xs.subspan(n);
  }
  return ~state;
}

} // namespace caf::raft

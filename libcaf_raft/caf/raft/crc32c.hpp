#pragma once

#include "caf/raft/bytes.hpp"

#include <cstdint>

namespace caf::raft {

/// CRC-32C (Castagnoli). `crc32c(0, "123456789") == 0xe3069283`.
/// @param seed Zero, or the result for the bytes before these.
uint32_t crc32c(uint32_t seed, bytes_view xs);

} // namespace caf::raft

#pragma once

#include <cstddef>

/// What this program took by `operator new` since the last `reset`.
namespace allocations {

void reset();

/// The largest single block, in bytes.
size_t largest();

/// All blocks together, given back or not.
size_t total();

} // namespace allocations

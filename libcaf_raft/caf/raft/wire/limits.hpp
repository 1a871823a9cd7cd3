#pragma once

#include "caf/raft/time.hpp"

#include <chrono>
#include <cstddef>

// What a message may hold at most, apart from the size of its frame. Whoever
// makes a message keeps to these; a message that does not is malformed.

namespace caf::raft::wire {

/// Bytes of the address of a member.
inline constexpr size_t max_address_size = 256;

/// Bytes of a sentence for a person; longer ones are cut when they are encoded.
inline constexpr size_t max_text_size = 1024;

/// Addresses in the list of the initial members.
inline constexpr size_t max_initial_members = 64;

/// How long a client may still wait. Time that is left is brought into
/// [0, max_time_left] when it is encoded, so that whoever receives it can add
/// it to a point in time.
inline constexpr timespan max_time_left = std::chrono::hours(365 * 24);

} // namespace caf::raft::wire

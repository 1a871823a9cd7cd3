#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/error.hpp"

namespace caf::raft::wire {

/// The payload of an entry of the kind `configuration`, and what the store
/// keeps as a group's base.
bytes encode_configuration(const configuration& what);

/// @param payload Need not be aligned.
/// @returns `invalid_argument` for anything that is not a whole configuration
///          or breaks its rules (order of ids, voters that are no members).
result_of<configuration_ptr> decode_configuration(bytes_view payload);

/// Attaches its configuration to an entry of that kind; does nothing with
/// others.
result_of<done> attach_configuration(entry& what);

} // namespace caf::raft::wire

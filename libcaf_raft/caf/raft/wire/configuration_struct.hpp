#pragma once

#include "caf/raft/configuration.hpp"

#include <configuration.capnp.h>

// The struct `Configuration`, as the root of a payload in the log or as part of
// a message.

namespace caf::raft::wire {

/// How many words the struct takes at most, without a pointer to it.
size_t words_of_configuration(const configuration& what);

void write_configuration(schema::Configuration::Builder to,
                         const configuration& what);

/// @throws malformed where a configuration breaks its rules.
configuration read_configuration(schema::Configuration::Reader from);

/// @returns An address of at most `max_address_size` bytes.
/// @throws malformed where it is longer.
std::string read_address(capnp::Text::Reader from);

} // namespace caf::raft::wire

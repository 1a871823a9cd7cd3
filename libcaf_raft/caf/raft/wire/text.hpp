#pragma once

#include <capnp/blob.h>

#include <string>

// Sentences for a person, as parts of messages.

namespace caf::raft::wire {

capnp::Text::Reader text_of(const std::string& text);

/// Returns what may be sent of a sentence for a person; whole characters.
std::string cut(const std::string& text);

/// @throws malformed where there is none, or where it is too long.
std::string read_text(bool is_there, capnp::Text::Reader from);

} // namespace caf::raft::wire

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/message.hpp"

#include <string>

namespace caf::raft::testing {

/// A message as scenario files write it, for example
///
///     request_vote term=3 last=2@1
///     append_entries term=3 prev=2@1 entries=3@3,4@3 commit=2
std::string describe(const message& what);

/// As above, with the way it goes: `2->1 request_vote term=3 last=2@1`.
std::string describe(server_id from, server_id to, const message& what);

/// What a client sends or gets, for a line of text: what is long is cut, what is
/// not printable is escaped.
std::string describe(bytes_view payload);

} // namespace caf::raft::testing

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
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

/// `1,2,3~,4?,5!`: ~ is a learner, ? one that is to be promoted, ! a voter that
/// leaves; in a joint configuration `1,2/1,2,3`, incoming and outgoing voters.
std::string describe(const configuration& what);

/// What a client sends or gets, for a line of text: what is long is cut, what is
/// not printable is escaped.
std::string describe(bytes_view payload);

} // namespace caf::raft::testing

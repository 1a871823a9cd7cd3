#pragma once

#include "caf/raft/message.hpp"

#include <members.capnp.h>

#include <cstddef>

// What members say to each other about changing the members, as parts of an
// envelope.

namespace caf::raft::wire {

/// How many words they take at most, without a pointer to them.
size_t words_of_change(const request_change& what);
size_t words_of_change(const change_result& what);

void write_change(schema::RequestChange::Builder to,
                  const request_change& what);
void write_change(schema::ChangeResult::Builder to, const change_result& what);
void write_change(schema::RemovalNotice::Builder to,
                  const removal_notice& what);

/// @throws malformed where they are not right.
request_change read_change(sender who, schema::RequestChange::Reader from);
change_result read_change(sender who, schema::ChangeResult::Reader from);
removal_notice read_change(sender who, schema::RemovalNotice::Reader from);

} // namespace caf::raft::wire

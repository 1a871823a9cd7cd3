#pragma once

#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/wire/frame.hpp"

namespace caf::raft::wire {

/// Encodes a message of a group as one frame, ready to be sent to any number of
/// peers.
frame_ptr encode(group_id group, const message& what);

/// Encodes a message between nodes.
frame_ptr encode(const node_message& what);

/// Decodes the body of a frame of the type `frame_type::group`.
/// @param from  What the handshake of the connection established.
/// @param body  Behind the frame header, 8-byte aligned; the entries of an
///              append_entries refer to it.
/// @param owner Keeps `body` alive and unchanged.
/// @returns `invalid_argument` with the reason for anything that is not a whole
///          and right message: bad pointers, an unknown union member, entries
///          that fail their checksum or do not follow each other.
result_of<envelope> decode_group(sender from, bytes_view body,
                                 std::shared_ptr<const void> owner);

/// Decodes the body of a frame of the type `frame_type::node`.
result_of<node_message> decode_node(sender from, bytes_view body);

} // namespace caf::raft::wire

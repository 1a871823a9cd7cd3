#pragma once

#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/wire/frame.hpp"

#include <cstddef>
#include <span>

namespace caf::raft::wire {

/// Encodes a message of a group as one frame, ready to be sent to any number of
/// peers.
frame_ptr encode(group_id group, const message& what);

/// Encodes an append_entries from the entries where they are: the way to send a
/// batch to all peers that are at the same place.
/// @param head Its own `entries` are not looked at.
/// @param xs   The entries behind `head.prev`, in order and without a gap.
/// @note Copies each record once and nothing else.
frame_ptr encode_append(group_id group, const append_entries& head,
                        std::span<const entry> xs);

/// Encodes a message between nodes.
frame_ptr encode(const node_message& what);

/// Limit for the bodies of hello, welcome and refusal, of this version and of
/// all later ones.
inline constexpr size_t max_handshake_body_size = 4096;

/// Limit for the bodies that a member sends after the handshake: of an
/// append_entries as the settings allow it, or with one entry that is as large
/// as can be; of a propose or propose_result of at most `max_append_entries`
/// proposals and `max_append_bytes` of commands, or of one larger command; and
/// of any message between nodes. All members of a group need the same.
size_t max_body_size(const settings& xs);

/// Decodes the body of a frame of the type `frame_type::group`.
/// @param from  What the handshake of the connection established.
/// @param body  Behind the frame header, 8-byte aligned; the entries of an
///              append_entries refer to it.
/// @param owner Keeps `body` alive and unchanged.
/// @returns `invalid_argument` with the reason for anything that is not a whole
///          and right message: bad or absent pointers, an unknown union
///          member, numbers that mean nothing, entries that fail their
///          checksum, that come out of the order of terms or have a term above
///          that of the message. Never throws.
/// @note Entries of configurations come with their configuration attached.
result_of<envelope> decode_group(sender from, bytes_view body,
                                 const std::shared_ptr<const void>& owner);

/// Decodes the body of a frame of the type `frame_type::node`.
/// @param from What the handshake established; nobody before it is done.
/// @param body 8-byte aligned; nothing refers to it afterwards.
/// @returns As above. A hello and a welcome name an id and an incarnation.
result_of<node_message> decode_node(sender from, bytes_view body);

} // namespace caf::raft::wire

#pragma once

// The parts of a request that routes are made of, as values. All errors are
// `invalid_argument` with a sentence for whoever sent it.

#include "kvnode/http_message.hpp"
#include "kvnode/text.hpp"

#include <caf/raft/client.hpp>
#include <caf/raft/error.hpp>

#include <optional>

namespace kvnode {

/// Keys are not longer, in bytes after decoding.
constexpr size_t max_key_size = 4096;

/// The most items of a page, of keys or of the log.
constexpr uint64_t max_page_items = 1000;

raft::result_of<std::string> decode_key(std::string_view encoded);

/// Reads one entity tag, weak or strong.
/// @returns A version that never was for a tag that we never made.
raft::result_of<version_t> parse_etag(std::string_view text);

/// What If-Match and If-None-Match say of a write.
raft::result_of<condition> parse_condition(const http_request& request);

/// Whether a read may be answered from this member's own copy.
raft::result_of<raft::request_kind> parse_consistency(const query_string& from);

/// Reads a number from the query string.
raft::result_of<uint64_t> parse_number(const query_string& from,
                                       std::string_view name,
                                       uint64_t otherwise);

raft::result_of<uint64_t> parse_page_limit(const query_string& from);

/// Whether this is a number as raftexample takes it, in Go's syntax.
bool is_member_id(std::string_view xs);

/// Reads such a number.
/// @returns Nothing where it is none, or zero.
std::optional<raft::server_id> parse_member_id(std::string_view xs);

} // namespace kvnode

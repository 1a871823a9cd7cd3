#pragma once

// How people see the member and its log: JSON.

#include "kvnode/kv_codec.hpp"

#include <caf/raft/client.hpp>
#include <caf/raft/status.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace kvnode {

/// What the HTTP server counts; written on its thread alone.
struct http_counters {
  std::atomic<uint64_t> connections = 0;
  std::atomic<uint64_t> requests = 0;
};

/// GET /status, as docs/kvnode.md describes it.
std::string status_json(const raft::status& from, const http_counters& counts);

/// GET /members.
std::string members_json(const raft::status& from);

/// What became of a change of the members.
std::string change_json(const raft::members_changed& from);

/// GET /log. Ends early, with `next`, before it becomes too large.
std::string log_json(const raft::log_page& from);

/// GET /kv: the items of a page.
std::string page_json(const answer& from);

} // namespace kvnode

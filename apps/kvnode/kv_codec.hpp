#pragma once

// What kvnode replicates, asks and answers, as C++ values; schemas/kv.capnp has
// the bytes.

#include <caf/raft/bytes.hpp>
#include <caf/raft/error.hpp>
#include <caf/raft/types.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace kvnode {

namespace raft = caf::raft;

/// The index of the entry that wrote a value; zero: there is none.
using version_t = raft::index_t;

/// What has to hold where a write takes place; else it does nothing.
struct condition {
  enum class kind_t : uint8_t {
    always,
    /// There is no such key.
    absent,
    /// There is one.
    present,
    /// The value has this version.
    version,
  };

  kind_t kind = kind_t::always;
  version_t version;

  bool operator==(const condition&) const = default;
};

// The views below point into the bytes that were decoded, or that are to be
// encoded. What is decoded has to be 8-byte aligned, as the payloads of entries
// and all `bytes` are.

struct command {
  enum class op_t : uint8_t { put, del };

  op_t op = op_t::put;
  std::string_view key;
  /// Of a put.
  raft::bytes_view value;
  condition only;
};

struct query {
  enum class op_t : uint8_t { get, list };

  op_t op = op_t::get;
  /// Of a get.
  std::string_view key;
  /// Of a list: the first `limit` keys with this prefix from `start` on.
  std::string_view prefix;
  std::string_view start;
  uint32_t limit = 0;
};

struct item {
  std::string_view key;
  version_t version;
  raft::bytes_view value;
};

struct answer {
  enum class kind_t : uint8_t {
    /// Of a command; `version` is what a put made, zero for a delete.
    done,
    not_found,
    /// `version` is what is there instead.
    precondition_failed,
    /// Of a get.
    found,
    /// Of a list.
    page,
  };

  kind_t kind = kind_t::done;
  version_t version;
  /// Of a get.
  raft::bytes_view value;
  /// Of a list, in order of the keys.
  std::vector<item> items;
  /// Of a list: the first key behind the page; empty where there is none.
  std::string_view next;
};

raft::bytes encode(const command& what);

raft::bytes encode(const query& what);

raft::bytes encode(const answer& what);

/// @returns `storage_failed` where these bytes are no command, or one that a
///          newer version wrote.
raft::result_of<command> decode_command(raft::bytes_view from);

raft::result_of<query> decode_query(raft::bytes_view from);

raft::result_of<answer> decode_answer(raft::bytes_view from);

} // namespace kvnode

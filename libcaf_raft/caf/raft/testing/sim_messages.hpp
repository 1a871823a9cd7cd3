#pragma once

// What the simulated network says to those who host a stream of bytes.

#include "caf/raft/actors.hpp"
#include "caf/raft/bytes.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

#include <memory>
#include <string>

namespace caf::raft::testing {

/// Bytes arrived.
struct stream_bytes {
  std::shared_ptr<const bytes> content;
};

/// The stream ended, or was never made; nothing comes behind it.
struct stream_ended {
  std::string reason;
};

/// Whoever owns one end of a stream.
using stream_owner
  = handle<caf::result<void>(stream_bytes), caf::result<void>(stream_ended)>;

} // namespace caf::raft::testing

// Far behind the ids of the library and of the programs that use it.
CAF_BEGIN_TYPE_ID_BLOCK(caf_raft_test, caf::first_custom_type_id + 20000)

CAF_ADD_TYPE_ID(caf_raft_test, (caf::raft::testing::stream_bytes))
CAF_ADD_TYPE_ID(caf_raft_test, (caf::raft::testing::stream_ended))

CAF_END_TYPE_ID_BLOCK(caf_raft_test)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::raft::testing::stream_bytes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::raft::testing::stream_ended)

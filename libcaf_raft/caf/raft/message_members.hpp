#pragma once

#include "caf/raft/change.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/sender.hpp"
#include "caf/raft/types.hpp"

#include <string>

// What servers say to each other of changes of the members.

namespace caf::raft {

/// A member passes a change of the members on: to the leader of exactly this
/// term.
struct request_change {
  sender from;
  term_t term;
  request_id id;
  change what;

  bool operator==(const request_change&) const = default;
};

/// What became of a change: `errc::none` and where it begins in the log as soon
/// as that is appended, or a code that says that nothing was.
struct change_result {
  sender from;
  term_t term;
  request_id id;
  errc code = errc::none;
  /// Why not, for a person.
  std::string text;
  /// The first configuration of the change; none where nothing was appended.
  entry_id entry;
  /// Of the newest configuration in the leader's log.
  index_t newest;
  /// Where the change leads to, or would; empty where it cannot be.
  configuration members;

  bool operator==(const change_result&) const = default;
};

/// A committed configuration, at this index, has removed the receiver.
struct removal_notice {
  sender from;
  term_t term;
  index_t index;

  bool operator==(const removal_notice&) const = default;
};

} // namespace caf::raft

#pragma once

// What the snapshotter says to a server, a role and an applier, and they to it.
// Who sends what to whom stands in actors.hpp.

#include "caf/raft/compat.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/snapshot.hpp"
#include "caf/raft/types.hpp"

#include <memory>
#include <optional>

namespace caf::raft {

// -- from the snapshotter -----------------------------------------------------

/// The newest snapshot of a group that was there when the process began.
struct snapshot_recovered {
  result_of<std::optional<snapshot_head>> newest = failure{};
};

/// A snapshot of the state machine here is durable, or why there is none: once for
/// each that was begun.
struct snapshot_taken {
  result_of<snapshot_head> head = failure{};
};

/// A chunk that another member sent was stored, or was there before.
struct chunk_received {
  /// Of what it is a piece of.
  snapshot_head_ptr head;
  /// The chunks before this one are stored.
  uint64_t next = 0;
  /// All are, and the whole is right and durable.
  bool complete = false;
  errc code = errc::none;
};

/// The applier may send one more piece of its view.
struct chunk_written {
  uint64_t attempt = 0;
  /// Where not: the attempt is over, the server was told.
  bool over = false;
};

/// A chunk that was asked for.
struct chunk_read {
  snapshot_head_ptr head;
  uint64_t number = 0;
  /// `compacted`: there is a newer snapshot instead.
  result_of<chunk_ptr> chunk = failure{};
  /// As it was asked.
  server_id asked_for;
};

using snapshot_client = handle<caf::result<void>(snapshot_recovered),
                               caf::result<void>(snapshot_taken),
                               caf::result<void>(chunk_received)>;

using view_client = handle<caf::result<void>(chunk_written)>;

using chunk_receiver = handle<caf::result<void>(chunk_read)>;

// -- to the snapshotter -------------------------------------------------------

/// Asks for the newest snapshot of a group; from then on `server` hears of it.
struct recover_snapshot {
  group_id group;
  snapshot_client server;
};

/// The applier begins a view of its state machine.
struct begin_snapshot {
  group_id group;
  /// Of the applier: what belongs to an earlier one is dropped.
  uint64_t attempt = 0;
  /// Size and checksum are not known yet.
  snapshot_head what;
  view_client applier;
};

/// A piece of the view, a whole chunk but for the last.
struct write_chunk {
  group_id group;
  uint64_t attempt = 0;
  chunk_ptr chunk;
  /// Nothing comes behind it.
  bool is_last = false;
};

/// The view is of no use any more.
struct abandon_snapshot {
  group_id group;
  uint64_t attempt = 0;
};

/// A piece of another member's snapshot; the number of all chunks: a question.
struct receive_chunk {
  group_id group;
  snapshot_head_ptr head;
  uint64_t number = 0;
  chunk_ptr chunk;
};

/// Reads a chunk of this very snapshot.
struct read_chunk {
  group_id group;
  snapshot_head_ptr head;
  uint64_t number = 0;
  chunk_receiver reply_to;
  /// Whoever asks may write here for whom.
  server_id asked_for;
};

/// Destroys what takes long to destroy, away from what must answer quickly.
struct dispose {
  std::shared_ptr<void> what;
};

} // namespace caf::raft

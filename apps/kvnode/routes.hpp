#pragma once

// What kvnode's HTTP interface takes, as a table: a request comes in, what to do
// about it goes out. Nothing here does it.

#include "kvnode/http_message.hpp"

#include <caf/raft/client.hpp>

#include <optional>
#include <variant>

namespace kvnode {

struct route_options {
  /// Whether CKite's state-changing GETs are taken.
  bool ckite = false;
};

/// Ask the state machine.
struct ask_store {
  raft::request_kind kind = raft::request_kind::command;
  raft::bytes payload;
};

struct ask_status {};

struct ask_log {
  raft::index_t from;
  uint64_t limit = 100;
};

struct ask_leadership {
  /// None: whoever is best.
  raft::server_id to;
};

/// Take a snapshot at this member.
struct ask_snapshot {};

struct ask_change {
  raft::change what;
  bool wait_for_voters = false;
};

/// What an answer is made of, once it is there.
enum class answer_kind : uint8_t {
  write,
  read,
  list,
  status,
  members,
  health,
  log,
  leadership,
  snapshot,
  /// Of a change of the members.
  change,
  /// The same, as raftexample answers it: without content.
  plain_change,
};

/// What has to be known of a request when its answer is made.
struct reply_plan {
  answer_kind kind = answer_kind::write;
  /// Of a read: the client has whatever there is already.
  bool known_any = false;
  /// Of a read: the version that the client has already.
  version_t known;
  /// Of a leadership: who is to lead.
  raft::server_id to;
  /// Of a change: which configuration the client has seen.
  std::optional<raft::index_t> only_at{};
  /// The client wants to know where the time went.
  bool timed = false;
  /// When its last bytes arrived, or newer ones before it had its turn.
  raft::time_point arrived{};
  /// When all of it was there.
  raft::time_point taken{};
};

/// What to do about a request: a step, and then a reply. Where nobody has to be
/// asked, the step is the answer.
struct plan {
  using step = std::variant<http_answer, ask_store, ask_status, ask_log,
                            ask_leadership, ask_snapshot, ask_change>;

  template <class Step>
  plan(Step first, answer_kind kind = answer_kind::write)
    : first(std::move(first)),
      then{kind, false, {}, {}, {}, false, {}, {}} {
    // nop
  }

  step first;
  reply_plan then;
};

plan route(const http_request& request, const route_options& options);

} // namespace kvnode

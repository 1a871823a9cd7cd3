#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/message_members.hpp"
#include "caf/raft/message_snapshots.hpp"
#include "caf/raft/sender.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

// What servers say to each other. `schemas/raft.capnp` is the same on the wire;
// `from` is not sent: it is what the handshake of the connection established.

namespace caf::raft {

// -- between the members of one group -----------------------------------------

/// A candidate asks for a vote (§3.4), a pre-candidate for the promise of one
/// (§9.6).
struct request_vote {
  sender from;
  /// The term of the candidacy; for a pre-vote the term that it would have.
  term_t term;
  /// The candidate's tenure; the answer repeats it.
  tenure_id tenure;
  bool pre_vote = false;
  /// The sender was told to campaign by the leader itself (§3.10), so a leader
  /// that is alive is no reason to refuse.
  bool transfer = false;
  /// The last entry in the candidate's log.
  entry_id last;

  bool operator==(const request_vote&) const = default;
};

struct vote_result {
  sender from;
  /// Of a vote, and of a pre-vote that is granted: the term asked for. Of a
  /// pre-vote that is refused: the refuser's own term.
  term_t term;
  tenure_id tenure;
  bool pre_vote = false;
  bool granted = false;

  bool operator==(const vote_result&) const = default;
};

/// Entries for a follower's log (§3.5). The same bytes go to all followers that
/// are at the same place.
struct append_entries {
  sender from;
  term_t term;
  tenure_id tenure;
  /// The entry before the first one of `entries`.
  entry_id prev;
  /// The leader's commit index; it acts only up to the last entry of this
  /// message.
  index_t commit;
  raft::entries entries;
};

struct append_result {
  sender from;
  term_t term;
  tenure_id tenure;
  bool success = false;
  /// Success: all entries up to here are durable and are the leader's: the last
  /// entry of the message that is answered, never the follower's own last
  /// index. Refusal: the index of the `prev` that did not match.
  index_t index;
  /// Refusal: the last entry at or before `prev.index` that the follower has
  /// and whose term is not above `prev.term`; what is behind it cannot match
  /// (the term-aware hint, §3.5).
  entry_id hint;

  bool operator==(const append_result&) const = default;
};

/// The leader is alive. A message of its own: its answer promises nothing about
/// the log and is given at once, also while the disk stalls.
struct heartbeat {
  sender from;
  term_t term;
  tenure_id tenure;
  round_t round;
  /// The leader's commit index, but only up to what this follower has
  /// acknowledged in this tenure; zero where it has acknowledged nothing.
  index_t commit;
  /// Up to where this follower has acknowledged the log in this tenure, and in
  /// which life of its directory it did.
  index_t acknowledged{};
  incarnation_t life{};

  bool operator==(const heartbeat&) const = default;
};

struct heartbeat_result {
  sender from;
  term_t term;
  tenure_id tenure;
  round_t round;

  bool operator==(const heartbeat_result&) const = default;
};

/// Tells a follower at once how far the log is committed, up to what it has
/// acknowledged: someone waits for it there.
struct commit_notice {
  sender from;
  term_t term;
  tenure_id tenure;
  index_t commit;

  bool operator==(const commit_notice&) const = default;
};

/// The leader asks a follower that has the whole log to campaign at once
/// (§3.10).
struct timeout_now {
  sender from;
  term_t term;
  tenure_id tenure;

  bool operator==(const timeout_now&) const = default;
};

/// A client's command, passed on to the leader.
struct proposal {
  request_id id;
  /// How long the client still waits.
  timespan time_left{};
  bytes command;

  bool operator==(const proposal&) const = default;
};

/// Commands for the leader of exactly this term.
struct propose {
  sender from;
  term_t term;
  std::vector<proposal> proposals;

  bool operator==(const propose&) const = default;
};

/// What became of one proposal: `errc::none` and the entry's id as soon as it
/// is appended, or a code that says that it was not and never will be.
struct proposal_result {
  request_id id;
  errc code = errc::none;
  entry_id entry;

  bool operator==(const proposal_result&) const = default;
};

struct propose_result {
  sender from;
  term_t term;
  std::vector<proposal_result> results;

  bool operator==(const propose_result&) const = default;
};

/// A follower asks how far it must have applied to answer reads (§6.4).
struct read_index {
  sender from;
  term_t term;
  request_id id;

  bool operator==(const read_index&) const = default;
};

struct read_index_result {
  sender from;
  term_t term;
  request_id id;
  errc code = errc::none;
  /// Reads may be answered once this index is applied.
  index_t index;
  /// The commit index up to what this follower has acknowledged.
  index_t commit;

  bool operator==(const read_index_result&) const = default;
};

/// A member passes on that leadership should be handed over (§3.10): to the
/// leader of exactly this term. Success shows in who leads next; only why not is
/// answered.
struct request_transfer {
  sender from;
  term_t term;
  request_id id;
  /// None: the best of the others.
  server_id to;

  bool operator==(const request_transfer&) const = default;
};

/// Whether a transfer was begun, and to whom.
struct transfer_result {
  sender from;
  term_t term;
  request_id id;
  errc code = errc::none;
  server_id to;

  bool operator==(const transfer_result&) const = default;
};

/// The sender stops, and does not lead this term. What was passed on to it in
/// this term or an older one, and that it has not answered before this, is not
/// appended and never will be.
struct farewell {
  sender from;
  term_t term;

  bool operator==(const farewell&) const = default;
};

/// The farewell was heard: its sender need not stay for us.
struct farewell_result {
  sender from;
  term_t term;

  bool operator==(const farewell_result&) const = default;
};

using message
  = std::variant<request_vote, vote_result, append_entries, append_result,
                 heartbeat, heartbeat_result, commit_notice, timeout_now,
                 propose, propose_result, read_index, read_index_result,
                 request_transfer, transfer_result, farewell, farewell_result,
                 install_snapshot, install_result, request_change,
                 change_result, removal_notice>;

/// A message and the group that it is for.
struct envelope {
  group_id group;
  message body;
};

// -- between nodes ------------------------------------------------------------

/// A node has two connections to another one at most, so that what is large and
/// can wait does not stand before what is small and cannot.
enum class lane : uint8_t {
  messages = 0,
  /// Chunks of snapshots.
  bulk = 1,
};

/// The first frame of whoever opened the connection. Connections carry messages
/// one way, from the one who opened them; only `welcome` and `refusal` come
/// back.
struct hello {
  uint32_t version = 0;
  /// None while the sender is unformed.
  cluster_id cluster;
  server_id id;
  incarnation_t incarnation;
  /// Where the sender can be reached.
  std::string address;
  /// Whom the sender believes to be talking to.
  server_id to;
  /// The index of the newest configuration that the sender has stored; empty
  /// while it is unformed.
  std::optional<index_t> newest_configuration;
  /// What comes on this connection.
  lane carries = lane::messages;

  bool operator==(const hello&) const = default;
};

/// The connection is good; says who answered.
struct welcome {
  uint32_t version = 0;
  cluster_id cluster;
  server_id id;
  incarnation_t incarnation;

  bool operator==(const welcome&) const = default;
};

enum class refusal_reason : uint8_t {
  version = 0,
  wrong_cluster = 1,
  wrong_id = 2,
  /// A newer configuration than any that the sender has names another life of
  /// its directory: the directory was lost, or an old one was put back.
  wrong_incarnation = 3,
  busy = 4,
  malformed = 5,
};

/// The connection is not good, and why; the last frame on it.
struct refusal {
  refusal_reason reason = refusal_reason::malformed;
  std::string text;

  bool operator==(const refusal&) const = default;
};

/// An unformed member shows itself to a founder (docs/formation.md).
struct introduce {
  sender from;
  std::string address;
  /// To which life of the founder's directory.
  incarnation_t to;
  /// The initial members' addresses in order of id, as the sender was given.
  std::vector<std::string> initial_members;

  bool operator==(const introduce&) const = default;
};

enum class introduction_verdict : uint8_t {
  /// The lists are equal; the founder waits for others.
  waiting = 0,
  /// The lists differ, or the sender is not who they say it is.
  differs = 1,
  /// A formed cluster knows the sender under another incarnation: its directory
  /// was lost.
  lost_directory = 2,
  /// The sender is no founder and cannot found.
  not_founder = 3,
};

struct introduction_answer {
  sender from;
  introduction_verdict verdict = introduction_verdict::waiting;
  std::string text;

  bool operator==(const introduction_answer&) const = default;
};

/// Configuration zero, to a member that it names, or that a later committed
/// configuration names.
struct founded {
  sender from;
  cluster_id cluster;
  configuration zero;
  /// That later one; without it configuration zero names the receiver.
  std::optional<configuration> members{};

  bool operator==(const founded&) const = default;
};

using node_message = std::variant<hello, welcome, refusal, introduce,
                                  introduction_answer, founded>;

} // namespace caf::raft

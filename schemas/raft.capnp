# What the members of a group say to each other. members.capnp has what is said
# about changes of the members, node.capnp what nodes say about themselves,
# configuration.capnp what a configuration looks like.
# docs/wire.md explains frames, handshake and limits; message.hpp has the same
# messages as C++ values. For all that stands in these files:
#
# - A message is one segment, not packed, behind a frame header of our own.
# - Zero stands for "none": no term, no entry, nobody.
# - Every pointer of a message is there, also where a text or a list is empty; a
#   pointer that was added later may be missing.
# - Numbers are what types.hpp says; texts are UTF-8. Who sent a message is not in it.
#
# How they may change: a field or a union member is added at the end, with
# the next ordinal; nothing is renumbered, removed or given another type or
# meaning. A reader gets zero, or an absent pointer, for a field that the writer
# did not know, so zero has to mean what was meant before the field was there. A
# new union member or enumerant is sent only to those whose handshake stated a
# version that knows it: others end the connection.

@0x97c3d1af849a4c0f;

using Code = import "code.capnp".Code;
using Configuration = import "configuration.capnp".Configuration;
using Cxx = import "/capnp/c++.capnp";
using Members = import "members.capnp";
$Cxx.namespace("caf::raft::wire::schema");

struct Envelope {
  # The body of a frame of the type `group`.

  group @0 :UInt64;

  union {
    requestVote @1 :RequestVote;
    voteResult @2 :VoteResult;
    appendEntries @3 :AppendEntries;
    appendResult @4 :AppendResult;
    heartbeat @5 :Heartbeat;
    heartbeatResult @6 :HeartbeatResult;
    commitNotice @7 :CommitNotice;
    timeoutNow @8 :TimeoutNow;
    propose @9 :Propose;
    proposeResult @10 :ProposeResult;
    readIndex @11 :ReadIndex;
    readIndexResult @12 :ReadIndexResult;
    requestTransfer @13 :RequestTransfer;
    transferResult @14 :TransferResult;
    farewell @15 :Farewell;
    farewellResult @16 :FarewellResult;
    installSnapshot @17 :InstallSnapshot;
    installResult @18 :InstallResult;
    requestChange @19 :Members.RequestChange;
    changeResult @20 :Members.ChangeResult;
    removalNotice @21 :Members.RemovalNotice;
  }
}

struct RequestVote {
  # A candidate asks for a vote (§3.4), a pre-candidate for the promise of one
  # (§9.6).

  term @0 :UInt64;
  # Of the candidacy; of a pre-vote: the term that it would have.

  tenure @1 :UInt64;
  # Of the candidate; the answer repeats it.

  preVote @2 :Bool;

  transfer @3 :Bool;
  # The leader itself told the sender to campaign (§3.10).

  last :group {
    # The last entry in the candidate's log.
    term @4 :UInt64;
    index @5 :UInt64;
  }
}

struct VoteResult {
  term @0 :UInt64;
  # The term asked for; of a pre-vote that is refused: the refuser's own.

  tenure @1 :UInt64;
  preVote @2 :Bool;
  granted @3 :Bool;
}

struct AppendEntries {
  # Entries for a follower's log (§3.5). The same bytes go to all followers
  # that are at the same place.

  term @0 :UInt64;
  tenure @1 :UInt64;

  prev :group {
    # The entry before the first one of `entries`.
    term @2 :UInt64;
    index @3 :UInt64;
  }

  commit @4 :UInt64;
  # The leader's commit index.

  entries @5 :List(Data);
  # Each is a record as it lies in the log (entry.hpp, docs/wire.md), with its
  # own checksum. The first one has the index prev.index + 1, and each further
  # one the index after that; the terms do not decrease, and are neither below
  # prev.term nor above term.
}

struct AppendResult {
  term @0 :UInt64;
  tenure @1 :UInt64;
  success @2 :Bool;

  index @3 :UInt64;
  # Success: all entries up to here are durable and are the leader's. Refusal:
  # the index of the `prev` that did not match.

  hint :group {
    # Refusal: the last entry at or before that index that may still match.
    term @4 :UInt64;
    index @5 :UInt64;
  }
}

struct Heartbeat {
  # The leader is alive; promises and asks nothing about the log.

  term @0 :UInt64;
  tenure @1 :UInt64;

  round @2 :UInt64;
  # Repeated by the answer; confirms the reads that came before it (§6.4).

  commit @3 :UInt64;
  # Only up to what this follower has acknowledged in this tenure.

  acknowledged @4 :UInt64;
  # Up to where that is.

  life @5 :UInt64;
  # The incarnation of the follower that did so.
}

struct HeartbeatResult {
  term @0 :UInt64;
  tenure @1 :UInt64;
  round @2 :UInt64;
}

struct CommitNotice {
  # How far the log is committed, up to what this follower has acknowledged:
  # someone waits for it there.

  term @0 :UInt64;
  tenure @1 :UInt64;
  commit @2 :UInt64;
}

struct TimeoutNow {
  # The follower, which has the whole log, shall campaign at once (§3.10).

  term @0 :UInt64;
  tenure @1 :UInt64;
}

struct Propose {
  # Commands for the leader of exactly this term.

  term @0 :UInt64;
  proposals @1 :List(Proposal);
}

struct Proposal {
  id @0 :UInt64;
  # The sender's own; the result repeats it.

  timeLeft @1 :UInt64;
  # How many nanoseconds the client still waits; 365 days at most.

  command @2 :Data;
}

struct ProposeResult {
  term @0 :UInt64;
  results @1 :List(ProposalResult);
}

struct ProposalResult {
  id @0 :UInt64;
  code @1 :Code;

  entry :group {
    # The place of the command in the log, where the code is `none`.
    term @2 :UInt64;
    index @3 :UInt64;
  }
}

struct ReadIndex {
  # A follower asks how far it must have applied to answer reads (§6.4).

  term @0 :UInt64;

  id @1 :UInt64;
  # The sender's own; the result repeats it.
}

struct ReadIndexResult {
  term @0 :UInt64;
  id @1 :UInt64;
  code @2 :Code;

  index @3 :UInt64;
  # Reads may be answered once this index is applied.

  commit @4 :UInt64;
  # The commit index up to what this follower has acknowledged.
}

struct RequestTransfer {
  # To the leader of exactly this term: hand leadership over (§3.10).

  term @0 :UInt64;
  id @1 :UInt64;

  to @2 :UInt64;
  # Zero: the best of the others.
}

struct TransferResult {
  # Whether a transfer was begun, and to whom.

  term @0 :UInt64;
  id @1 :UInt64;
  code @2 :Code;
  to @3 :UInt64;
}

struct Farewell {
  # The sender stops. What was passed on to it and that it has not answered yet
  # was not appended and never will be.

  term @0 :UInt64;
}

struct FarewellResult {
  # The farewell was heard.

  term @0 :UInt64;
}

struct InstallSnapshot {
  # A piece of the leader's snapshot, for a follower that needs entries which are
  # gone (§5.2).

  term @0 :UInt64;
  tenure @1 :UInt64;

  last :group {
    # The last entry that the snapshot covers.
    term @2 :UInt64;
    index @3 :UInt64;
  }

  members @4 :Configuration;
  # The newest one as of that entry.

  membersIndex @5 :UInt64;
  # Where it stands in the log.

  size @6 :UInt64;
  # Bytes of the whole content; a chunk has 262144, the last one what is left.

  checksum @7 :UInt32;
  # CRC-32C of the whole content.

  number @8 :UInt64;
  # Which chunk it is. The number of all chunks: none, only a question.

  chunk @9 :Data;
  # Absent in a question.
}

struct InstallResult {
  term @0 :UInt64;
  tenure @1 :UInt64;

  last :group {
    # Of the snapshot that is meant.
    term @2 :UInt64;
    index @3 :UInt64;
  }

  next @4 :UInt64;
  # The chunks before this one are stored.

  code @5 :Code;
  # `noSpace`: there is no room for more at present.
}

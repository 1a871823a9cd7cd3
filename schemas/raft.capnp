# What the members of a cluster say to each other, and what a configuration
# looks like in the log. docs/wire.md explains frames, handshake and limits;
# message.hpp has the same messages as C++ values. For all that stands here:
#
# - A message is one segment, not packed, behind a frame header of our own.
# - Zero stands for "none": no term, no entry, nobody.
# - Every pointer of a message is there, also where a text or a list is empty; a
#   pointer that was added later may be missing.
# - Numbers are what types.hpp says; texts are UTF-8. Who sent a message is not in it.
#
# How this file may change: a field or a union member is added at the end, with
# the next ordinal; nothing is renumbered, removed or given another type or
# meaning. A reader gets zero, or an absent pointer, for a field that the writer
# did not know, so zero has to mean what was meant before the field was there. A
# new union member or enumerant is sent only to those whose handshake stated a
# version that knows it: others end the connection.

@0x97c3d1af849a4c0f;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("caf::raft::wire::schema");

# -- between the members of one group ------------------------------------------

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

enum Code {
  # Why something was not done; error.hpp says what each one means.

  none @0;
  noLeader @1;
  overloaded @2;
  noSpace @3;
  outcomeUnknown @4;
  rejected @5;
  invalidArgument @6;
  tooLarge @7;
  compacted @8;
  storageFailed @9;
  wrongCluster @10;
  removed @11;
}

# -- between nodes -------------------------------------------------------------

struct NodeMessage {
  # The body of a frame of the type `node`.

  union {
    hello @0 :Hello;
    welcome @1 :Welcome;
    refusal @2 :Refusal;
    introduce @3 :Introduce;
    introductionAnswer @4 :IntroductionAnswer;
    founded @5 :Founded;
  }
}

struct Hello {
  # The first frame of whoever opened the connection. Messages travel from the
  # one who opened it; only `Welcome` and `Refusal` come back.

  version @0 :UInt32;
  # The newest protocol version that the sender speaks.

  cluster @1 :UInt64;
  # Zero while the sender is unformed.

  id @2 :UInt64;
  incarnation @3 :UInt64;

  to @4 :UInt64;
  # Whom the sender believes to be talking to.

  address @5 :Text;
  # Where the sender can be reached.

  newestConfiguration :union {
    # The newest configuration that the sender has stored.

    none @6 :Void;
    # It is unformed.

    index @7 :UInt64;
    # Zero: configuration zero.
  }
}

struct Welcome {
  # The connection is good; says who answered.

  version @0 :UInt32;
  cluster @1 :UInt64;
  id @2 :UInt64;
  incarnation @3 :UInt64;
}

struct Refusal {
  # The connection is not good, and why; the last frame on it.

  reason @0 :Reason;

  text @1 :Text;
  # A sentence for a person, 1024 bytes at most.

  enum Reason {
    version @0;
    wrongCluster @1;
    wrongId @2;
    wrongIncarnation @3;
    # A newer configuration than any that the sender has names another life of
    # its directory.
    busy @4;
    malformed @5;
  }
}

struct Introduce {
  # An unformed member shows itself to a founder.

  address @0 :Text;

  to @1 :UInt64;
  # The incarnation of the founder that is meant.

  initialMembers @2 :List(Text);
  # The addresses that the sender was given, in order of id, 64 at most.
}

struct IntroductionAnswer {
  verdict @0 :Verdict;

  text @1 :Text;
  # A sentence for a person, 1024 bytes at most.

  enum Verdict {
    waiting @0;
    # The lists are equal; the founder waits for others.
    differs @1;
    # The lists differ, or the sender is not who they say it is.
    lostDirectory @2;
    # A formed cluster knows the sender under another incarnation.
    notFounder @3;
    # The receiver of the introduction is no founder and cannot found.
  }
}

struct Founded {
  # Configuration zero, to a member that it names.

  cluster @0 :UInt64;
  zero @1 :Configuration;
}

# -- in the log and between nodes ----------------------------------------------

struct Configuration {
  # Who belongs to a group. As the payload of an entry it is a message of its
  # own, with this struct as its root.

  members @0 :List(Member);
  # Voters and learners, in order of their ids, no id twice.

  voters @1 :List(UInt64);
  # In order, no id twice, at least one; each stands in `members`.

  outgoing @2 :List(UInt64);
  # The voters before a joint change, empty where none is under way (§4.3); as
  # `voters`.

  removed @3 :List(UInt64);
  # Ids that were removed and must not come back.
}

struct Member {
  id @0 :UInt64;

  address @1 :Text;
  # `HOST:PORT`, IPv6 in brackets; 256 bytes at most.

  incarnation @2 :UInt64;
  # The life of its directory; zero for a learner that was never started.

  promote @3 :Bool;
  # The learner becomes a voter by itself once it has caught up.
}

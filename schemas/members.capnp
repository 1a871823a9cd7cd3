# What the members of a group say to each other about changing the members.
# raft.capnp says how this file may change.

@0x8f13ca5d70e264b9;

using Code = import "code.capnp".Code;
using Configuration = import "configuration.capnp".Configuration;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("caf::raft::wire::schema");

struct RequestChange {
  # To the leader of exactly this term: change the members (chapter 4).

  term @0 :UInt64;

  id @1 :UInt64;
  # The sender's own; the result repeats it.

  kind @2 :ChangeKind;

  members @3 :List(WantedMember);
  # 64 at most.

  onlyAt :union {
    # Only where the newest configuration stands there.
    anywhere @4 :Void;
    index @5 :UInt64;
  }

  dryRun @6 :Bool;
  # Say what would happen, and do nothing.
}

enum ChangeKind {
  add @0;
  remove @1;
  set @2;
  promote @3;
  demote @4;
  address @5;
}

struct WantedMember {
  id @0 :UInt64;
  # Zero: whoever has this address; for a new member the next free id.

  address @1 :Text;
  # May be empty where the id tells who is meant; 256 bytes at most.

  voter @2 :Bool;
}

struct ChangeResult {
  # What became of a change, as soon as it is in the log or was refused.

  term @0 :UInt64;
  id @1 :UInt64;
  code @2 :Code;

  text @3 :Text;
  # Why not, for a person; 1024 bytes at most.

  entry :group {
    # The first configuration of the change; zero where nothing was appended.
    term @4 :UInt64;
    index @5 :UInt64;
  }

  newest @6 :UInt64;
  # The index of the newest configuration in the leader's log.

  members @7 :Configuration;
  # Where the change leads to, or would; missing where it cannot be.
}

struct RemovalNotice {
  # A committed configuration has removed the receiver.

  term @0 :UInt64;

  index @1 :UInt64;
  # Of that configuration.
}

# What nodes say to each other about themselves. raft.capnp says how this file
# may change.

@0xe5a1d3c97b60f482;

using Configuration = import "configuration.capnp".Configuration;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("caf::raft::wire::schema");

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

  lane @8 :Lane;

  enum Lane {
    messages @0;

    bulk @1;
    # Chunks of snapshots come here. There is a connection for messages, too.
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
  # Configuration zero, to a member that it names, or that a later committed
  # configuration names.

  cluster @0 :UInt64;
  zero @1 :Configuration;

  members @2 :Configuration;
  # That later one; missing where configuration zero names the receiver.
}

# What a configuration looks like, in the log and between nodes. raft.capnp says
# how this file may change.

@0xd0a6be4c3d5f2a91;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("caf::raft::wire::schema");

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

  leave @4 :Bool;
  # The voter leaves together with the next promotion.
}

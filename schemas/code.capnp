# Why something was not done. raft.capnp says how this file may change.

@0xb7e2f40c91d85a63;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("caf::raft::wire::schema");

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

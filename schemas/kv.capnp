# What kvnode replicates and what its state machine is asked and answers. A
# `Command` is the payload of an entry in the log; `Query` and `Answer` never
# leave the process.
#
# Conventions and the rules of change are those of raft.capnp: one segment, not
# packed, nothing renumbered or removed, and zero means what was meant before
# there was a field. A member that reads a command which it does not know stops.

@0xb46643018dba62f3;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("kvnode::schema");

struct Command {
  key @0 :Data;
  # Any bytes, not empty.

  op :union {
    put @1 :Data;
    # The value.

    delete @2 :Void;
  }

  condition :union {
    # Where it does not hold, the command does nothing.

    always @3 :Void;
    absent @4 :Void;
    # Only where there is no such key.

    present @5 :Void;
    # Only where there is such a key.

    version @6 :UInt64;
    # Only over this version of the value.
  }
}

struct Query {
  union {
    get @0 :Data;
    # A key.

    list :group {
      # Keys in order of their bytes.

      prefix @1 :Data;
      start @2 :Data;
      # The first key that may be in the page.

      limit @3 :UInt32;
    }
  }
}

struct Answer {
  # A version is the index of the entry that wrote the value.

  union {
    done @0 :UInt64;
    # Of a put: the version that it made. Of a delete: zero.

    notFound @1 :Void;

    preconditionFailed @2 :UInt64;
    # The version that is there, zero for none.

    found :group {
      version @3 :UInt64;
      value @4 :Data;
    }

    page :group {
      items @5 :List(Item);

      next @6 :Data;
      # The first key behind the page; empty where there is none.
    }
  }
}

struct Item {
  key @0 :Data;
  version @1 :UInt64;
  value @2 :Data;
}

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/types.hpp"

namespace caf::raft {

/// What a group replicates: a deterministic machine fed with the committed
/// commands of the log, in order, each exactly once in the life of the object.
/// All calls come from one thread at a time.
///
/// Most applications derive from `typed_state_machine` instead and never see
/// bytes.
class state_machine {
public:
  virtual ~state_machine();

  /// Applies the command at `index`. Must depend on nothing but the state and
  /// the arguments: no clock, no random number, no address.
  /// @returns The answer for whoever waits for the command, at the member that
  ///          it was sent to.
  /// @throws  Anything: the member stops, since its state is not known then.
  virtual bytes apply(index_t index, bytes_view command) = 0;

  /// Answers a query; changes nothing that a later call could see.
  virtual bytes query(bytes_view what) = 0;

  /// Whether every call ends within a few microseconds. Quick machines run
  /// beside the I/O, which spares each operation two changes of threads; others
  /// get a thread of their own.
  virtual bool quick() const {
    return false;
  }
};

} // namespace caf::raft

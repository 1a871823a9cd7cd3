#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/types.hpp"

#include <memory>

namespace caf::raft {

/// The state of a machine at one index, read bit by bit while the machine goes
/// on. Belongs to the machine's thread, and ends before the machine does.
class state_view {
public:
  virtual ~state_view();

  /// Adds the next bytes to `to`: `wanted` bytes or a little more; fewer, or
  /// none, at the end and where more would take too long: others wait meanwhile,
  /// so a call must not take longer than what it takes to copy that much. The
  /// same state gives the same bytes on every member, in pieces of any size.
  /// @returns Whether there is more.
  virtual bool read(bytes& to, size_t wanted) = 0;
};

/// Takes what a `state_view` gave, in pieces of any size. Called on the machine's
/// thread, but destroyed on another one, maybe after the machine: its destructor
/// must not touch that. The machine is what it was before until `finish`.
class state_loader {
public:
  virtual ~state_loader();

  /// @throws Anything where these are not the bytes of a view.
  virtual void write(bytes_view from) = 0;

  /// All of it was written: the machine's whole state is replaced by it.
  /// @throws Anything where something is missing.
  virtual void finish() = 0;
};

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

  /// Begins a view of the state as it is now: what is applied later must not
  /// show in it. There is one at a time.
  /// @returns Null: the machine has no snapshots, so its log is never compacted,
  ///          and a member that lacks the beginning of it cannot catch up.
  virtual std::unique_ptr<state_view> view();

  /// Begins to replace the whole state by what a view gave.
  /// @returns Null as `view`.
  virtual std::unique_ptr<state_loader> loader();

  /// Up to where the machine has applied the log already when it is made: not
  /// zero only for machines that keep their state on a disk of their own, with
  /// the index of the last applied entry in the same transaction. Entries up to
  /// there are not applied again.
  virtual index_t applied_index() const {
    return {};
  }

  /// Whether every call ends within a few microseconds. Quick machines run
  /// beside the I/O, which spares each operation two changes of threads; others
  /// get a thread of their own.
  virtual bool quick() const {
    return false;
  }
};

} // namespace caf::raft

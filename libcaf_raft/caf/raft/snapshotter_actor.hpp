#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/storage/snapshot_store.hpp"

#include <list>
#include <map>
#include <memory>

namespace caf::raft {

/// Takes, keeps, receives and reads the snapshots of all groups of a node: one
/// per data directory, with a thread of its own, since all of that waits for the
/// disk. Decides nothing.
///
/// A snapshot that cannot be read ends the process, as a log does. One that
/// cannot be written is given up: nothing refers to it yet.
class snapshotter_state {
public:
  using handle = snapshotter_actor;
  static constexpr const char* name = "raft.snapshotter";

  snapshotter_state(scheduled_actor* self,
                    std::shared_ptr<storage::snapshot_store> store, logger log,
                    fatal_handler fatal);

  handle::behavior_type make_behavior();

private:
  /// One that is being written.
  struct writing {
    snapshot_head_ptr what;
    std::unique_ptr<storage::snapshot_writer> to;
    /// Of one that is taken here.
    uint64_t attempt = 0;
    view_client applier;
    time_point last_used{};
  };

  struct reading {
    std::unique_ptr<storage::snapshot_reader> from;
    time_point last_used;
  };

  /// The one used last comes first.
  using reader_list = std::list<reading>;

  struct group {
    snapshot_client server;
    writing taking;
    writing receiving;
    reader_list readers;
  };

  void on(const recover_snapshot& msg);
  void on(const begin_snapshot& msg);
  void on(const write_chunk& msg);
  void on(const abandon_snapshot& msg);
  void on(const receive_chunk& msg);
  void on(const read_chunk& msg);
  void on(const wake& msg);

  void finish_taking(group& where);
  void give_up_taking(group& where, const failure& why);

  /// @returns Null where it cannot be received now; the sender was told then.
  storage::snapshot_writer* receiver(group& where, const receive_chunk& msg);
  void finish_receiving(group_id id, group& where);
  /// Whether a transfer goes on, or did until shortly.
  bool is_receiving(const group& where) const;
  void answer(const group& where, const snapshot_head_ptr& head, uint64_t next,
              errc code) const;
  void cannot_receive(group& where, const snapshot_head_ptr& head,
                      const failure& why);

  void forget_old_readers(group& where);

  /// Lets what is gone give back its room, bit by bit.
  void free_soon();
  void free_some();
  void forget_later();

  result_of<storage::snapshot_reader*> reader(group_id id, group& where,
                                              const snapshot_head& head);

  scheduled_actor* self_;
  std::shared_ptr<storage::snapshot_store> store_;
  logger log_;
  fatal_handler fatal_;
  std::map<group_id, group> groups_;
  /// Whether a timer runs that goes on with it.
  bool frees_ = false;
  /// Whether a timer runs that forgets readers.
  bool forgets_ = false;
};

} // namespace caf::raft

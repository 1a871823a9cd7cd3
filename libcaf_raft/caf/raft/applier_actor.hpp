#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/state_machine.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace caf::raft {

/// Owns the state machine: applies what is released to it, in order, each entry
/// once, and answers queries from it. Entries that are not in memory any more it
/// reads from the log.
///
/// Snapshots are taken between applies, a piece at a time (applier_snapshots.cpp):
/// the machine gives a view of its state at one index, and goes on.
class applier_state {
public:
  using handle = applier_actor;
  static constexpr const char* name = "raft.applier";

  using machine_factory = std::function<std::unique_ptr<state_machine>()>;

  struct setup {
    group_id group;
    machine_factory make;
    log_reader_actor reader;
    snapshotter_actor snapshotter;
    /// Who is told; the server of the group.
    raft::handle<
      caf::result<void>(entries_applied), caf::result<void>(queries_answered),
      caf::result<void>(snapshot_loaded), caf::result<void>(snapshot_taken)>
      server;
    logger log;
    fatal_handler fatal;
  };

  applier_state(scheduled_actor* self, setup env);

  handle::behavior_type make_behavior();

private:
  void on(apply_entries& msg);
  void on(run_queries& msg);
  void on(log_read& msg);

  void work();
  void read_missing();
  void apply(const entry& what, entries_applied& report);
  bytes apply_command(const entry& what);
  void fail(const std::string& what, const std::string& why) const;

  // -- snapshots (applier_snapshots.cpp) --------------------------------------

  void on(const start_applying& msg);
  void on(const load_snapshot& msg);
  void on(const chunk_read& msg);
  void on(const take_snapshot& msg);
  void on(const chunk_written& msg);
  void on(view_more);

  void load(const snapshot_head_ptr& what);
  void go_on_loading(bytes_view chunk);
  void ask_for_chunks();
  void loaded();
  void be_at(const snapshot_head& what);
  void start();
  void refuse_snapshot(std::string why) const;
  void view_more_soon();

  /// Where the state machine is.
  entry_id at() const {
    return {applied_term_, applied_};
  }

  scheduled_actor* self_;
  setup env_;
  std::unique_ptr<state_machine> machine_;
  /// A machine with a disk of its own has the entries up to here already.
  index_t known_to_machine_;
  index_t applied_;
  term_t applied_term_;
  /// The newest configuration that was applied.
  placed_configuration members_;
  /// Up to where entries were released.
  index_t target_;
  /// Released entries that are in memory, behind `applied_`, maybe with a gap
  /// before them.
  std::deque<entry> backlog_;
  size_t backlog_bytes_ = 0;
  bool answers_wanted_ = false;
  bool reading_ = false;
  bool working_ = false;

  /// Queries that came before there is a state to ask.
  std::vector<run_queries> early_queries_;
  bool started_ = false;

  /// A snapshot that is being loaded.
  struct loading {
    snapshot_head_ptr what;
    std::unique_ptr<state_loader> to;
    uint64_t asked = 0;
    uint64_t next = 0;
  };

  loading loading_;

  /// A view that is being handed out.
  struct viewing {
    std::unique_ptr<state_view> from;
    bytes content;
    bool more = true;
    size_t allowed = 0;
    bool soon = false;
  };

  viewing viewing_;
  /// Tells what belongs to an earlier view.
  uint64_t attempt_ = 0;
};

} // namespace caf::raft

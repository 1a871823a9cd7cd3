#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/state_machine.hpp"

#include <deque>
#include <functional>
#include <memory>

namespace caf::raft {

/// Owns the state machine: applies what is released to it, in order, each entry
/// once, and answers queries from it. Entries that are not in memory any more it
/// reads from the log.
class applier_state {
public:
  using handle = applier_actor;
  static constexpr const char* name = "raft.applier";

  using machine_factory = std::function<std::unique_ptr<state_machine>()>;

  struct setup {
    group_id group;
    machine_factory make;
    log_reader_actor reader;
    /// Who is told; the server of the group.
    raft::handle<caf::result<void>(entries_applied),
                 caf::result<void>(queries_answered)>
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

  scheduled_actor* self_;
  setup env_;
  std::unique_ptr<state_machine> machine_;
  index_t applied_;
  /// Up to where entries were released.
  index_t target_;
  /// Released entries that are in memory, behind `applied_`, maybe with a gap
  /// before them.
  std::deque<entry> backlog_;
  size_t backlog_bytes_ = 0;
  bool answers_wanted_ = false;
  bool reading_ = false;
  bool working_ = false;
};

} // namespace caf::raft

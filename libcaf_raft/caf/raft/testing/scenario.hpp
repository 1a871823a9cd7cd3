#pragma once

#include "caf/raft/testing/scenario_plan.hpp"
#include "caf/raft/testing/sim_cluster.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace caf::raft::testing {

/// Runs the commands of a scenario (docs/testing.md has all of them) over a
/// cluster of real members, one message at a time: messages between members wait
/// until they are delivered or dropped.
class scenario {
public:
  /// @param events Hears what happens.
  explicit scenario(event_handler events = {});

  ~scenario();

  /// Runs a command.
  /// @returns What follows from it, a line each: members whose state has
  ///          changed, messages that are new on the wire, answers to clients.
  /// @throws scenario_error, invariant_violated
  std::string execute(std::string_view line);

  /// Tells whoever hears the events.
  void tell(run_event::content what);

private:
  using words = std::vector<std::string>;
  using command = void (scenario::*)(const words& args);

  /// Which of the waiting messages are meant.
  struct selection {
    std::optional<server_id> from;
    std::optional<server_id> to;
    std::string name;
    bool late = false;
  };

  static const std::map<std::string, command>& commands();

  // -- commands (scenario_commands.cpp) -----------------------------------------

  void cluster(const words& args);
  void group(const words& args);
  void election_timeout(const words& args);
  void heartbeat(const words& args);
  void advance(const words& args);
  void deliver(const words& args);
  void drop(const words& args);
  void late(const words& args);
  void run(const words& args);
  void propose(const words& args);
  void read(const words& args);
  void read_local(const words& args);
  void transfer(const words& args);
  void snapshot(const words& args);
  void stop(const words& args);
  void live(const words& args);
  void join(const words& args);
  void add(const words& args);
  void add_learner(const words& args);
  void remove(const words& args);
  void set_members(const words& args);
  void promote(const words& args);
  void demote(const words& args);
  void move(const words& args);
  void crash(const words& args);
  void restart(const words& args);
  void wipe(const words& args);
  void pause(const words& args);
  void resume(const words& args);
  void stall_disk(const words& args);
  void release_disk(const words& args);
  void stall_reader(const words& args);
  void release_reader(const words& args);
  void fail_disk(const words& args);
  void damage(const words& args);
  void fill_disk(const words& args);
  void clear_disk(const words& args);
  void partition(const words& args);
  void cut(const words& args);
  void break_connection(const words& args);
  void break_from(const words& args);
  void heal(const words& args);
  void status(const words& args);
  void log(const words& args);

  void change(const words& args, change_kind kind, bool voter = true);

  // -- helpers (scenario.cpp) ---------------------------------------------------

  sim_cluster& sim();
  server_id member(const std::string& word);
  server_id member_that_is_up(const std::string& word);
  std::vector<server_id> members(const words& args, size_t first);
  selection select(const words& args);
  std::vector<uint64_t> find(const selection& which);
  void submit(server_id at, request_kind kind, const std::string& text);
  void answer(const std::string& line);
  void note_messages();
  std::string changes();
  std::string line_of(server_id id, group_id group, const raft::status& x,
                      bool all);

  event_handler events_;
  std::unique_ptr<sim_cluster> sim_;
  std::vector<group_id> groups_;
  group_id group_{1};
  timespan election_timeout_{};
  timespan heartbeat_interval_{};
  /// As it was said last.
  std::map<std::pair<group_id, server_id>, raft::status> said_;
  std::set<server_id> said_down_;
  std::set<uint64_t> late_;
  uint64_t last_message_ = 0;
  std::string messages_;
  std::string answers_;
};

/// Runs a whole scenario.
/// @param events Hears what happens; what goes wrong is the last of it.
/// @returns The text with all outputs as they are now.
/// @throws As above, with the command in the text.
std::string run_scenario(const std::string& text, event_handler events = {});

} // namespace caf::raft::testing

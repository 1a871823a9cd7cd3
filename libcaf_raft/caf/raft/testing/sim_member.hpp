#pragma once

#include "caf/raft/assembly.hpp"
#include "caf/raft/client.hpp"
#include "caf/raft/testing/sim_disk.hpp"
#include "caf/raft/testing/sim_network.hpp"
#include "caf/raft/testing/sim_system.hpp"
#include "caf/raft/testing/sim_transport.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft::testing {

/// What a member's life says to whoever runs it.
class life_listener {
public:
  virtual ~life_listener();

  virtual void on_outcome(server_id member, const outcome& what) = 0;

  virtual void on_status(server_id member, const status_report& what) = 0;

  virtual void
  on_event(server_id member, group_id group, const group_event& what)
    = 0;

  virtual void on_changed(server_id member, const members_changed& what) = 0;

  virtual void on_removed(server_id member, group_id group) = 0;

  virtual void on_stopped(server_id member, group_id group) = 0;

  virtual void on_applied(server_id member, group_id group, index_t index,
                          bytes_view command)
    = 0;

  /// What its state machine answered to that command.
  virtual void on_answered(server_id member, group_id group, index_t index,
                           bytes_view answer)
    = 0;

  /// Its state machine has loaded a snapshot.
  virtual void on_loaded(server_id member, group_id group) = 0;

  /// The process would end here: its disk failed.
  virtual void on_fatal(server_id member, const failure& why) = 0;
};

/// What one life of a member's process begins with.
struct life_settings {
  server_id member;
  /// Addresses of the initial members in order of id.
  std::vector<std::string> addresses;
  /// Whether it joins a cluster that runs.
  bool join = false;
  std::vector<group_id> groups;
  settings cfg;
  applier_state::machine_factory make_machine;
  uint64_t seed = 0;
  time_point now;
  log_sink log;
};

/// One life of a member's process: all its real actors in one actor system, over
/// the simulated network and disk. Ends without a word to anyone.
class sim_life {
public:
  sim_life(sim_network& net, sim_disk& disk, const life_settings& cfg,
           life_listener& owner);

  ~sim_life();

  sim_life(const sim_life&) = delete;

  sim_life& operator=(const sim_life&) = delete;

  sim_system& sys() {
    return sys_;
  }

  /// The log actor, as a job of the system.
  const resumable* log_job() const {
    return log_job_;
  }

  /// The actor that reads old entries.
  const resumable* reader_job() const {
    return reader_job_;
  }

  const group_actor& group(group_id id) const;

  // Answers go to the owner.

  void submit(group_id to, request_id id, request_kind kind, bytes payload,
              timespan time_left);

  void ask_status(group_id of, request_id id);

  void transfer(group_id of, request_id id, server_id to, timespan time_left);

  void snapshot(group_id of, request_id id, timespan time_left);

  void change(group_id of, request_id id, raft::change what,
              bool wait_for_voters, timespan time_left);

  void stop(group_id which, timespan time_left);

private:
  class client;

  /// The way back to the owner, null inside when the life is over; shared with
  /// actors that may outlive it.
  using link = std::shared_ptr<life_listener*>;

  link link_;
  sim_network& net_;
  server_id member_;
  sim_system sys_;
  std::shared_ptr<sim_transport> transport_;
  std::unique_ptr<assembly> assembly_;
  const resumable* log_job_;
  const resumable* reader_job_;
  std::map<group_id, group_actor> groups_;

  using client_handle
    = handle<caf::result<void>(outcome), caf::result<void>(status_report),
             caf::result<void>(group_event), caf::result<void>(members_changed),
             caf::result<void>(stopped)>;

  std::map<group_id, client_handle> clients_;
};

} // namespace caf::raft::testing

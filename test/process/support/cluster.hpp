#pragma once

#include "process/support/faulty_disk.hpp"
#include "process/support/http_client.hpp"
#include "process/support/network.hpp"
#include "process/support/process.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harness {

using json = nlohmann::json;

/// A directory of its own below the system's for temporary files, removed at the
/// end, unless a test fails by an exception or CAF_RAFT_KEEP is set.
class temporary_directory {
public:
  /// @param where The directory to make it in; empty: the system's.
  explicit temporary_directory(const std::string& where = {});
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_;
  int exceptions_;
};

struct cluster_options {
  size_t members = 3;
  /// How many of them, the last ones, are not there from the start: they are
  /// started with `--join`.
  size_t joining = 0;
  /// Between the members is a `network`.
  bool proxied = false;
  /// The members' disks are `faulty_disk`s.
  bool faulty_disks = false;
  /// Further arguments of every member.
  std::vector<std::string> args = {};
  /// The directory in which theirs are made; empty: the system's.
  std::string where = {};
};

/// Timing for tests in which members are often without a leader; slow enough for
/// a busy machine.
std::vector<std::string> quick_timing();

/// Some kvnode processes on loopback, each with a directory of its own, counted
/// from 1. Call it from one thread, which must outlive it (process.hpp).
class cluster {
public:
  explicit cluster(cluster_options options = {});
  ~cluster();

  size_t size() const {
    return members_.size();
  }

  /// Starts a member that does not run. Does not wait.
  void start(size_t id);
  void start_all();

  /// SIGKILL.
  void kill(size_t id);
  void kill_all();

  /// SIGTERM; waits for the end.
  /// @throws failure if it takes longer than `bound`.
  exit_status stop(size_t id, steady::duration bound = seconds(15));

  /// SIGSTOP and SIGCONT.
  void pause(size_t id);
  void resume(size_t id);

  /// SIGKILL, and what was not synced is gone. Needs `faulty_disks`.
  /// @returns How many writes were not synced.
  size_t lose_power(size_t id, uint64_t seed);

  /// Removes the directory of a member that does not run.
  void wipe(size_t id);

  harness::process& process(size_t id);
  faulty_disk& disk(size_t id);
  harness::network& network();

  uint16_t http_port(size_t id) const;
  uint16_t raft_port(size_t id) const;

  /// Where the others reach it: as `raft_port`, unless a network is between.
  uint16_t announced_port(size_t id) const;
  std::string data_dir(size_t id) const;
  /// What `--cluster` says: the addresses of those that are there from the start.
  std::string list() const;
  /// The same for this member; for one that joins all up to its own.
  std::string list(size_t id) const;
  /// The command line of a member.
  command command_of(size_t id) const;
  /// All that a member ever logged.
  std::string log_of(size_t id) const;

  http_client client(size_t id, milliseconds limit = seconds(10)) const;

  /// The member's /status; nothing if it gives none within a second.
  std::optional<json> status(size_t id) const;

  /// The member that leads in the highest term; none if no member says so.
  std::optional<size_t> leader() const;

  /// Waits until some member leads and all the running ones follow it.
  size_t await_leader(steady::duration bound = seconds(30)) const;

  /// Waits until all members run, have applied the same index and hold the same
  /// keys, values and versions.
  /// @returns All of it.
  json await_equal(steady::duration bound = seconds(60)) const;

  /// What a member has, without asking another one: a list of keys, values (in
  /// base64) and versions. Null if it does not answer.
  /// @note For keys that need no percent-encoding.
  json contents(size_t id) const;

private:
  struct member;

  bool agreed(size_t leader) const;

  temporary_directory directory_;
  cluster_options options_;
  std::unique_ptr<harness::network> network_;
  std::vector<std::unique_ptr<member>> members_;
};

} // namespace harness

#pragma once

#include "caf/raft/testing/swarm_plan.hpp"

#include <array>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace caf::raft::testing {

/// Lets things go wrong in a cluster, again and again, and mends them after a
/// while.
class swarm_faults {
public:
  swarm_faults(sim_cluster& sim, fault_plan plan);

  void start();

  /// Lets nothing go wrong any more and mends everything at once, but for what
  /// cannot be mended: members that are lost.
  void stop();

  /// How many there were; what found nothing to harm does not count.
  size_t count() const;

  size_t count(fault_kind what) const {
    return counts_[static_cast<size_t>(what)];
  }

  /// Whoever is a member at present and has all its disk, as far as the leader
  /// knows, if there is one.
  std::vector<server_id> sound() const;

  /// Members whose disk is damaged: they are down at the end.
  const std::set<server_id>& rotten() const {
    return rotten_;
  }

  /// Whether each configuration that acts anywhere has a majority of members
  /// that still have what they stored; otherwise no leader can be expected.
  bool can_recover() const;

private:
  /// Returns whether it changed anything.
  using fault = bool (swarm_faults::*)();

  static fault function_of(fault_kind what);

  void next();
  void strike();

  // -- chance -------------------------------------------------------------------

  timespan draw(timespan at_most);
  server_id any();
  server_id victim();
  std::vector<std::vector<server_id>> two_parts();
  void later(sim_cluster::action what);

  // -- members ------------------------------------------------------------------

  void start_member(server_id id);
  void restart_later(server_id id);
  bool stop_member(server_id id, crash_kind how);
  bool can_lose(server_id id) const;
  bool crash();
  bool lose_power();
  bool lose_power_of_all();
  bool pause();
  bool jump_clock();
  bool transfer();

  // -- network (swarm_faults_network.cpp) ---------------------------------------

  using links = std::vector<std::pair<server_id, server_id>>;

  bool cut(links what);
  bool isolate();
  bool cut_one_way();
  bool cut_both_ways();
  bool split();
  bool bridge();
  bool slow_link();
  bool break_connection();
  bool abandon();
  bool garble();
  bool visit();

  // -- disks (swarm_faults_disk.cpp) --------------------------------------------

  bool stall_disk();
  bool slow_disk();
  bool stall_reader();
  bool fail_disk();
  bool fill_disk();
  bool rot();
  bool wipe();

  // -- members (swarm_faults_members.cpp) ---------------------------------------

  std::vector<placed_configuration> stored_members(server_id id,
                                                   group_id group) const;
  std::vector<configuration_ptr> acting(group_id group) const;
  bool all_acting(const std::function<bool(const configuration&)>& rule) const;
  bool is_intact(const configuration& conf, server_id id) const;
  bool survives(const configuration& conf, server_id but) const;
  server_id newcomer(const configuration& conf);
  bool request(server_id at, change what);
  bool add_member();
  bool remove_member();
  bool demote();
  bool promote();
  bool replace();
  /// Of a random member that is up, the newest configuration; and who it is.
  std::optional<std::pair<server_id, placed_configuration>> somebodys_members();
  bool change_one(change_kind kind, bool must_be_voter);

  sim_cluster& sim_;
  fault_plan plan_;
  std::array<size_t, fault_kinds> counts_{};
  /// An entry is damaged: down for the rest of the run.
  std::set<server_id> rotten_;
  /// Changes of the members that may still come about.
  size_t open_changes_ = 0;
  time_point quiet_from_{};
  bool stopped_ = false;
};

} // namespace caf::raft::testing

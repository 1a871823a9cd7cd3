#pragma once

#include "caf/raft/entry.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/testing/sim_cluster.hpp"

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace caf::raft::testing {

/// A command makes no sense.
class scenario_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

uint64_t parse_number(std::string_view word);

/// `100ms`, `2s`.
timespan parse_duration(std::string_view word);

/// What stands in the command `cluster` of a scenario.
struct scenario_plan {
  /// What a member has stored.
  struct stored {
    entries log;
    hard_state state;
  };

  cluster_settings cfg;
  std::map<uint64_t, stored> members;
  /// Up to this index entries count as committed, where a member has them.
  uint64_t committed = 0;
  /// Who is not started.
  std::set<uint64_t> down;

  scenario_plan();

  /// Takes one word of the command.
  /// @throws scenario_error
  void add(const std::string& word);

private:
  void add_setting(const std::string& key, const std::string& value);
};

} // namespace caf::raft::testing

#pragma once

#include "storage/fixture.hpp"

#include <map>
#include <span>
#include <vector>

namespace caf::raft::test {

/// What a store holds, or must hold: the model that the tests compare with.
struct contents {
  struct log {
    hard_state state;
    log_base base;
    /// Behind the base.
    entries xs;

    index_t last() const {
      return base.id.index + xs.size();
    }

    void begin_behind(const log_base& what);
  };

  cluster_id cluster;
  std::map<group_id, log> groups;

  void apply(std::span<const log_write> batch);
};

bool same(const contents& x, const contents& y);

/// How many groups a model has.
constexpr uint64_t max_group = 3;

/// Reads everything that a store has.
result_of<contents> contents_of(storage::log_store& store);

/// Makes up something that servers may do next: append to several groups,
/// change term and vote, replace entries that conflict, let the log begin behind
/// another entry, which it has or has not.
std::vector<log_write> random_batch(const contents& now, generator& numbers);

} // namespace caf::raft::test

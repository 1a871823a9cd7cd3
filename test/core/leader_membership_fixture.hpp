#pragma once

#include "caf/raft/core/leader_membership.hpp"

#include "core/death.hpp"
#include "core/leader_fixture.hpp"

#include <string>

// A leader that changes its members.

namespace caf::raft::core::test {

inline const settings cfg;

inline change adding(uint64_t id) {
  return {change_kind::add, {{server_id{id}, make_member(id).address}}};
}

inline change removing(uint64_t id) {
  return {change_kind::remove, {{server_id{id}, ""}}};
}

/// Leads a term; the others have acknowledged the no-op.
inline leader lead_all(configuration members, uint64_t own = 1) {
  auto result = lead(2, log_of({1}, members), own);
  store_all(result);
  for (auto& x : members.members)
    if (x.id.value != own)
      acknowledge_at(result, x.id.value, 2);
  update_commit(result);
  return result;
}

inline entry_id append(leader& self, configuration what, time_point now = t0) {
  return append_configuration(self, conf_ptr(std::move(what)),
                              as_bytes("encoded"), now);
}

/// Appends what the leader does by itself.
inline bool step(leader& self, time_point now = t0) {
  auto next = next_configuration(self, now, cfg);
  if (next)
    append(self, *next, now);
  return next.has_value();
}

/// All members named have everything.
inline void catch_all_up(leader& self, std::initializer_list<uint64_t> who,
                         time_point now = t0) {
  store_all(self);
  for (auto id : who)
    acknowledge_at(self, id, self.self.log.last_index().value, now);
  update_commit(self);
}

inline std::string code_for(const leader& self, const change& what,
                            time_point now = t0) {
  auto result = begin_change(self, what, now, cfg);
  return std::string{result ? "none" : to_string(result.error().code)};
}

} // namespace caf::raft::core::test

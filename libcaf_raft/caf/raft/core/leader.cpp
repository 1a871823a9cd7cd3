#include "caf/raft/core/leader.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"

#include <utility>

namespace caf::raft::core {

leader become_leader(tenure self, time_point now) {
  leader result;
  result.self = std::move(self);
  result.self.leader = result.self.self.id;
  result.self.election_due.reset();
  result.since = now;
  result.disk_at = result.self.log.durable_index();
  result.disk_at_since = now;
  result.first_own = result.self.log.last_index() + 1;
  for (auto id : others(result.self.members(), result.self.self.id))
    result.peers.emplace(id, progress{result.first_own, now});
  append(result,
         entry::make(result.first_own, result.self.term, entry_kind::noop, {}));
  return result;
}

// -- who counts ---------------------------------------------------------------

namespace {

/// Of a removed member, which is fed until it knows.
bool is_leaving(const leader& self, const sender& from) {
  auto i = self.leaving.find(from.id);
  return i != self.leaving.end() && i->second.incarnation == from.incarnation;
}

} // namespace

progress* find_counted(leader& self, const sender& from) {
  if (!names(self.self.members(), from) && !is_leaving(self, from))
    return nullptr;
  auto i = self.peers.find(from.id);
  return i == self.peers.end() ? nullptr : &i->second;
}

bool is_quorum_with_self(const leader& self,
                         const std::function<bool(server_id)>& has) {
  auto& conf = self.self.members();
  return is_quorum(conf, [&](server_id id) {
    return id == self.self.self.id ? names(conf, self.self.self) : has(id);
  });
}

// -- proposals ----------------------------------------------------------------

entry_id propose(leader& self, bytes_view command) {
  CAF_RAFT_ASSERT(!self.handing_over);
  auto what = entry::make(self.self.log.last_index() + 1, self.self.term,
                          entry_kind::command, command);
  auto id = what.id();
  append(self, std::move(what));
  return id;
}

void append(leader& self, entry what) {
  if (!self.batch.number) {
    self.batch.number = self.self.log.next_write();
    self.batch.group = self.self.group;
  }
  self.self.log.append({what}, self.batch.number);
  self.batch.append.push_back(std::move(what));
}

std::optional<log_write> take_write(leader& self) {
  if (!self.batch.number)
    return std::nullopt;
  return std::exchange(self.batch, log_write{});
}

// -- check-quorum -------------------------------------------------------------

namespace {

bool was_heard(const leader& self, server_id id, time_point now,
               const settings& cfg) {
  auto i = self.peers.find(id);
  return i != self.peers.end()
         && now - i->second.last_heard() < cfg.election_timeout;
}

} // namespace

bool is_alive(const leader& self, server_id id, time_point now,
              const settings& cfg) {
  if (id == self.self.self.id)
    return true;
  auto i = self.peers.find(id);
  return i != self.peers.end() && was_heard(self, id, now, cfg)
         && (i->second.match_index() || self.answered.count(id) > 0);
}

bool has_quorum(const leader& self, time_point now, const settings& cfg) {
  if (now - self.since < cfg.election_timeout)
    return true;
  return is_quorum_with_self(self, [&](server_id id) {
    return was_heard(self, id, now, cfg);
  });
}

bool others_are_quorum(const leader& self, time_point now,
                       const settings& cfg) {
  return is_quorum(self.self.members(), [&](server_id id) {
    return id != self.self.self.id && was_heard(self, id, now, cfg);
  });
}

// -- the own disk -------------------------------------------------------------

bool disk_is_stuck(leader& self, time_point now, const settings& cfg) {
  auto durable = self.self.log.durable_index();
  if (durable != self.disk_at || durable == self.self.log.last_index()) {
    self.disk_at = durable;
    self.disk_at_since = now;
  }
  return now - self.disk_at_since >= cfg.election_timeout;
}

} // namespace caf::raft::core

#include "caf/raft/core/leader.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

void append(leader& self, entry what) {
  if (!self.batch.number) {
    self.batch.number = self.self.log.next_write();
    self.batch.group = self.self.group;
  }
  self.self.log.append({what}, self.batch.number);
  self.batch.append.push_back(std::move(what));
}

/// The members of the newest configuration, as a leader follows them.
void follow_configuration(leader& self, time_point now) {
  auto ids = others(self.self.members(), self.self.self.id);
  std::erase_if(self.peers, [&](auto& kv) {
    return std::find(ids.begin(), ids.end(), kv.first) == ids.end();
  });
  for (auto id : ids)
    self.peers.try_emplace(id, self.self.log.last_index() + 1, now);
}

/// Only the life of a directory that the configuration names counts.
progress* counted(leader& self, const sender& from) {
  if (!names(self.self.members(), from))
    return nullptr;
  auto i = self.peers.find(from.id);
  return i == self.peers.end() ? nullptr : &i->second;
}

index_t match_of(const leader& self, server_id id) {
  if (id == self.self.self.id)
    return self.self.log.durable_index();
  auto i = self.peers.find(id);
  return i == self.peers.end() ? index_t{} : i->second.match_index();
}

} // namespace

leader become_leader(tenure self, time_point now) {
  leader result;
  result.self = std::move(self);
  result.self.leader = result.self.self.id;
  result.since = now;
  follow_configuration(result, now);
  result.first_own = result.self.log.last_index() + 1;
  append(result,
         entry::make(result.first_own, result.self.term, entry_kind::noop, {}));
  return result;
}

entry_id propose(leader& self, bytes_view command) {
  CAF_RAFT_ASSERT(!self.handing_over);
  auto what = entry::make(self.self.log.last_index() + 1, self.self.term,
                          entry_kind::command, command);
  auto id = what.id();
  append(self, std::move(what));
  return id;
}

std::optional<log_write> take_write(leader& self) {
  if (self.batch.append.empty())
    return std::nullopt;
  return std::exchange(self.batch, log_write{});
}

// -- answers ------------------------------------------------------------------

bool on_append_result(leader& self, const append_result& msg, time_point now) {
  auto* peer = counted(self, msg.from);
  if (peer == nullptr)
    return false;
  peer->heard(now);
  if (msg.success) {
    CAF_RAFT_ASSERT(msg.index <= self.self.log.last_index());
    return peer->acknowledged(msg.index, now);
  }
  peer->refused(msg.index, self.self.log.last_not_above(msg.hint).index + 1);
  return false;
}

void on_stored(leader& self, const durable<write_id>& stored) {
  self.self.log.stored(stored);
}

bool update_commit(leader& self) {
  auto index = quorum_index(self.self.members(),
                            [&](server_id id) { return match_of(self, id); });
  if (index <= self.self.commit_index
      || self.self.log.term_at(index) != self.self.term)
    return false;
  return advance_commit(self.self, index);
}

void on_peer_reset(leader& self, server_id peer) {
  if (auto i = self.peers.find(peer); i != self.peers.end())
    i->second.reset();
}

bool has_quorum(const leader& self, time_point now, const settings& cfg) {
  if (now - self.since < cfg.election_timeout)
    return true;
  return is_quorum(self.self.members(), [&](server_id id) {
    if (id == self.self.self.id)
      return true;
    auto i = self.peers.find(id);
    return i != self.peers.end()
           && now - i->second.last_heard() < cfg.election_timeout;
  });
}

void reset_stalled(leader& self, time_point now, const settings& cfg) {
  for (auto& [id, x] : self.peers)
    if (x.stalled(now, cfg.election_timeout))
      x.reset();
}

} // namespace caf::raft::core

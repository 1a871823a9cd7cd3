#include "caf/raft/node_peers.hpp"

#include "caf/raft/peer_actor.hpp"
#include "caf/raft/wire/codec.hpp"

#include <utility>

namespace caf::raft {

node_peers::node_peers(scheduled_actor* self, setup env)
  : self_(self),
    env_(std::move(env)),
    rng_(env_.seed) {
  // nop
}

// -- who there is -------------------------------------------------------------

bool node_peers::keep(const std::map<server_id, std::string>& members,
                      const std::set<server_id>& guests, const hello& me) {
  auto changed = false;
  for (auto i = peers_.begin(); i != peers_.end();) {
    auto wanted = members.find(i->first);
    // Two that are only guests of each other would end each other's connection
    // and begin it anew for ever: who is there stays, and who is being dialled.
    auto fits = wanted != members.end()
                  ? wanted->second == i->second.address
                  : i->second.remote || guests.count(i->first) > 0
                      || i->second.dialled_back;
    if (fits) {
      ++i;
      continue;
    }
    post(self_, i->second.handle, stop{});
    i = peers_.erase(i);
    changed = true;
  }
  for (auto& [id, address] : members) {
    if (has(id) || id == me.id)
      continue;
    add(id, address, me);
    changed = true;
  }
  return changed;
}

bool node_peers::meet(const hello& who, const hello& me) {
  if (auto i = peers_.find(who.id); i != peers_.end()) {
    post(self_, i->second.handle, peer_seen{});
    i->second.dialled_back = true;
    return false;
  }
  add(who.id, who.address, me);
  peers_.at(who.id).dialled_back = true;
  return true;
}

void node_peers::say(const hello& me) {
  for (auto& [id, x] : peers_)
    post(self_, x.handle, new_hello{me});
}

void node_peers::stop_all() {
  for (auto& [id, x] : peers_)
    post(self_, x.handle, stop{});
  peers_.clear();
}

peer_table node_peers::table() const {
  peer_table result;
  for (auto& [id, x] : peers_)
    result.emplace(id, x.handle);
  return result;
}

std::string node_peers::address_of(server_id id) const {
  auto i = peers_.find(id);
  return i != peers_.end() ? i->second.address : "an unknown address";
}

void node_peers::add(server_id id, const std::string& address,
                     const hello& me) {
  auto handle = spawn_at<peer_state>(
    self_->system(), env_.place,
    peer_state::setup{id, address, me, actor_cast<node_actor>(self_), env_.net,
                      rng_()});
  peers_.emplace(id, peer{handle, address, std::nullopt, {}, false});
}

// -- links --------------------------------------------------------------------

bool node_peers::on(const peer_link_changed& msg) {
  auto i = peers_.find(msg.id);
  if (i == peers_.end() || i->second.handle != msg.peer)
    return false;
  if (msg.carries == lane::bulk)
    return true;
  i->second.cluster = msg.cluster;
  if (msg.connected)
    i->second.remote = msg.remote;
  else
    i->second.remote = std::nullopt;
  i->second.dialled_back = false;
  return true;
}

std::optional<sender> node_peers::remote(server_id id) const {
  auto i = peers_.find(id);
  return i != peers_.end() ? i->second.remote : std::nullopt;
}

void node_peers::has_formed(server_id id, cluster_id cluster) {
  if (auto i = peers_.find(id); i != peers_.end())
    i->second.cluster = cluster;
}

bool node_peers::is_unformed(server_id id) const {
  auto i = peers_.find(id);
  return i != peers_.end() && i->second.remote && !i->second.cluster;
}

std::set<server_id> node_peers::connected() const {
  std::set<server_id> result;
  for (auto& [id, x] : peers_)
    if (x.remote)
      result.insert(id);
  return result;
}

bool node_peers::send(const sender& to, const node_message& what) {
  if (remote(to.id) != to)
    return false;
  post(self_, peers_.at(to.id).handle, send_frame{wire::encode(what)});
  return true;
}

} // namespace caf::raft

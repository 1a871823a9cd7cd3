#include "caf/raft/node_actor.hpp"

#include "caf/raft/core/membership.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/wire/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace caf::raft {

namespace {

/// How many other nodes are known at a time: far more than the members of a
/// cluster, few enough that strangers do no harm.
constexpr size_t max_peers = 128;

} // namespace

node_state::node_state(scheduled_actor* self, node_setup env)
  : self_(self),
    env_(std::move(env)),
    rng_(env_.seed),
    peers_(self, {env_.net, rng_(), env_.place}),
    guests_(self) {
  if (!is_formed() && env_.id && env_.id.value <= env_.initial_members.size())
    formation_.emplace(self_id(), env_.initial_members, env_.join);
}

node_actor::behavior_type node_state::make_behavior() {
  rebuild_routes();
  keep_peers();
  found_if_complete();
  check_again_later();
  return {
    [this](const hello_received& msg) { on(msg); },
    [this](const node_message_received& msg) { on(msg); },
    [this](const incoming_closed& msg) { on(msg); },
    [this](const peer_link_changed& msg) { on(msg); },
    [this](const raft::add_group& msg) { on(msg); },
    [this](const remove_group& msg) { on(msg); },
    [this](const configuration_known& msg) { on(msg); },
    [this](const cluster_founded& msg) { on(msg); },
    [this](wake msg) { on(msg); },
    [this](stop msg) { on(msg); },
  };
}

// -- connections --------------------------------------------------------------

void node_state::on(const hello_received& msg) {
  auto& who = msg.content;
  if (auto why = check(who))
    return refuse(msg, *why);
  auto ours = is_formed() && who.cluster == env_.cluster;
  auto routes = ours ? routes_ : nullptr;
  if (who.carries == lane::bulk)
    return guests_.admit(who, msg.connection, answer(), routes);
  if (peers_.meet(who, me()))
    tell_peers();
  guests_.admit(who, msg.connection, answer(), routes);
  env_.log_to.debug(
    fmt::format("member {} connected from {}", who.id.value, msg.origin));
  if (who.cluster)
    peers_.has_formed(who.id, who.cluster);
  if (ours)
    tell_servers(member_seen{{who.id, who.incarnation}, who.address, false});
  if (auto address = peers_.address_of(who.id); address != who.address)
    say(log_level::warning, "address of " + to_string(who.id),
        fmt::format("member {} says that it is at {}; it is sought at {}",
                    who.id.value, who.address, address));
}

void node_state::refuse(const hello_received& msg, const refusal& why) {
  auto level = why.reason == refusal_reason::busy ? log_level::warning
                                                  : log_level::error;
  say(level, "refused " + to_string(msg.content.id),
      fmt::format("refused a connection from {}: {}", msg.origin, why.text));
  post(self_, msg.connection, not_admitted{why});
}

void node_state::on(const incoming_closed& msg) {
  auto malformed = msg.refused
                   && msg.refused->reason == refusal_reason::malformed;
  auto known = static_cast<bool>(msg.from.id);
  auto who = known ? describe(msg.from.id) : std::string{"a stranger"};
  if (malformed)
    say(log_level::warning, known ? "from " + to_string(msg.from.id) : who,
        fmt::format("the connection from {}, at {}, was {}", who, msg.origin,
                    msg.reason));
  else
    env_.log_to.debug(fmt::format("the connection from {}, at {}, ended: {}",
                                  who, msg.origin, msg.reason));
  // It was not let in, or another one took its place.
  if (!guests_.remove(msg.connection))
    return;
  if (formation_) {
    formation_->on_gone(msg.from.id);
    say_for_whom_we_wait();
  }
  keep_peers();
}

void node_state::on(const peer_link_changed& msg) {
  auto was = peers_.remote(msg.id).has_value();
  if (!peers_.on(msg))
    return;
  auto matter = "to " + to_string(msg.id);
  auto who = describe(msg.id);
  if (msg.carries == lane::bulk)
    return say(log_level::info, "bulk " + matter,
               fmt::format("lost the connection for snapshots to {}: {}", who,
                           msg.reason));
  if (msg.connected)
    say(log_level::info, matter, "connected to " + who);
  else if (msg.refused)
    say(log_level::error, matter, fmt::format("{} {}", who, msg.reason));
  else if (was)
    say(log_level::info, matter,
        fmt::format("lost the connection to {}: {}", who, msg.reason));
  else
    say(log_level::info, matter,
        fmt::format("cannot reach {}: {}", who, msg.reason));
  tell_links();
  if (!msg.connected)
    return keep_peers();
  if (formation_)
    introduce_ourselves(msg.remote);
  else if (!msg.cluster)
    hand_out_zero(msg.remote);
}

std::optional<refusal> node_state::check(const hello& msg) const {
  if (auto why = core::check_hello(me(), committed(), msg))
    return why;
  if (!peers_.has(msg.id) && peers_.size() >= max_peers)
    return refusal{refusal_reason::busy,
                   fmt::format("{} knows too many nodes", describe(env_.id))};
  return std::nullopt;
}

// -- groups -------------------------------------------------------------------

void node_state::on(const raft::add_group& msg) {
  auto& x = groups_[msg.group];
  x = {msg.server, msg.max_body_size, {}, {}};
  rebuild_routes();
  post(self_, msg.server, new_peers{peers_.table()});
  if (is_formed())
    post(self_, msg.server, formed{env_.cluster, env_.zero});
  else
    post(self_, msg.server, not_formed{waiting_for()});
  for (auto id : connected_)
    post(self_, msg.server, peer_changed{id, true});
}

void node_state::on(const remove_group& msg) {
  if (groups_.erase(msg.group) > 0)
    rebuild_routes();
}

void node_state::on(const configuration_known& msg) {
  auto i = groups_.find(msg.group);
  if (i == groups_.end())
    return;
  i->second.newest = msg.newest;
  i->second.committed = msg.committed;
  keep_peers();
  peers_.say(me());
}

void node_state::on(stop) {
  peers_.stop_all();
  guests_.stop_all();
  self_->quit();
}

void node_state::rebuild_routes() {
  auto routes = std::make_shared<route_table>();
  routes->max_body_size = wire::max_body_size(settings{});
  for (auto& [id, x] : groups_) {
    routes->servers.emplace(id, x.server);
    routes->max_body_size = std::max(routes->max_body_size, x.max_body_size);
  }
  routes_ = std::move(routes);
  if (is_formed())
    guests_.set_routes(env_.cluster, routes_);
}

/// Whom we want to be connected to: the members of every group's newest
/// configuration, and of its committed one (whom the newest leaves out must
/// still be told so). As long as none of these names us, also those that we were
/// told of when we were started: it may be that only they are left.
void node_state::keep_peers() {
  std::map<server_id, std::string> wanted;
  auto add = [&](const configuration_ptr& conf) {
    if (conf)
      for (auto& x : conf->members)
        wanted.emplace(x.id, x.address);
  };
  for (auto& [id, x] : groups_) {
    add(x.newest.value);
    add(x.committed.value);
  }
  if (wanted.empty())
    add(env_.zero);
  auto knows_us = [this, &wanted] {
    return wanted.count(env_.id) > 0
           || core::is_removed(*committed().value, env_.id);
  };
  if (!is_formed() || !knows_us())
    for (size_t i = 0; i < env_.initial_members.size(); ++i)
      // (Somebody who is gone may have had our address.)
      if (env_.initial_members[i] != env_.address)
        wanted.emplace(server_id{i + 1}, env_.initial_members[i]);
  wanted.erase(env_.id);
  if (peers_.keep(wanted, guests_.ids(), me()))
    tell_peers();
}

void node_state::tell_peers() {
  tell_servers(new_peers{peers_.table()});
  tell_links();
}

void node_state::tell_links() {
  auto connected = peers_.connected();
  for (auto id : connected_)
    if (connected.count(id) == 0)
      tell_servers(peer_changed{id, false});
  for (auto id : connected)
    if (connected_.count(id) == 0)
      tell_servers(peer_changed{id, true});
  connected_ = std::move(connected);
}

// -- who we are ---------------------------------------------------------------

hello node_state::me() const {
  std::optional<index_t> stored;
  if (is_formed())
    stored = newest().index;
  return {wire::protocol_version, env_.cluster, env_.id, env_.incarnation,
          env_.address,           server_id{},  stored};
}

welcome node_state::answer() const {
  return {wire::protocol_version, env_.cluster, env_.id, env_.incarnation};
}

placed_configuration node_state::newest() const {
  if (!groups_.empty() && groups_.begin()->second.newest.value)
    return groups_.begin()->second.newest;
  return {index_t{}, env_.zero};
}

placed_configuration node_state::committed() const {
  if (!groups_.empty() && groups_.begin()->second.committed.value)
    return groups_.begin()->second.committed;
  return {index_t{}, env_.zero};
}

std::string node_state::describe(server_id id) const {
  auto address = id == env_.id ? env_.address : peers_.address_of(id);
  return fmt::format("member {} at {}", id.value, address);
}

void node_state::say(log_level level, const std::string& matter,
                     const std::string& line) {
  if (filter_.passes(matter, line, now(self_)))
    env_.log_to.say(level, line);
}

} // namespace caf::raft

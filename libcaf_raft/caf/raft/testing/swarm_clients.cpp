#include "caf/raft/testing/swarm_clients.hpp"

#include "caf/raft/testing/sample_store.hpp"

#include <fmt/format.h>

#include <utility>

namespace caf::raft::testing {

swarm_clients::swarm_clients(sim_cluster& sim, group_id group,
                             const workload_plan& plan)
  : sim_(sim),
    group_(group),
    plan_(plan),
    clients_(plan.clients) {
  for (size_t i = 0; i < clients_.size(); ++i)
    clients_[i].id = i + 1;
}

void swarm_clients::start() {
  for (size_t i = 0; i < clients_.size(); ++i)
    go_on(i);
}

uint64_t swarm_clients::now() const {
  return static_cast<uint64_t>(sim_.now().time_since_epoch().count());
}

/// @returns Whether there is any.
bool swarm_clients::choose_member(client& who) {
  auto& rng = sim_.rng();
  if (who.at && sim_.is_up(who.at) && rng() % 100 >= plan_.roam_percent)
    return true;
  std::vector<server_id> up;
  for (auto id : sim_.ids())
    if (sim_.is_up(id))
      up.push_back(id);
  if (!up.empty())
    who.at = up[rng() % up.size()];
  return !up.empty();
}

void swarm_clients::begin(size_t who) {
  if (stopped_)
    return;
  auto& client = clients_[who];
  if (!choose_member(client))
    return go_on(who);
  submit(draw(client), client.at, who);
}

operation swarm_clients::draw(client& who) {
  auto& rng = sim_.rng();
  operation x;
  x.client = who.id;
  x.key = fmt::format("k{}", rng() % plan_.keys);
  if (rng() % 100 < plan_.read_percent)
    return x;
  x.kind = rng() % 8 == 0 ? op_kind::remove : op_kind::put;
  if (x.kind == op_kind::put) {
    x.value = fmt::format("v{}", ++values_);
    if (plan_.max_padding > 0)
      x.value.append(rng() % plan_.max_padding, '.');
  }
  if (rng() % 100 < plan_.conditional_percent)
    x.expected = who.versions[x.key];
  return x;
}

void swarm_clients::submit(operation what, server_id at, size_t who) {
  auto index = history_.size();
  what.invoked = now();
  auto kind = kind_of(what);
  auto payload = payload_of(what);
  history_.push_back(std::move(what));
  waits_.push_back(true);
  ++busy_;
  sim_.submit(at, group_, kind, std::move(payload), plan_.timeout,
              [this, who, index](const outcome& y) { finish(who, index, y); });
  sim_.at(sim_.now() + 2 * plan_.timeout,
          [this, who, index] { give_up(who, index); });
}

void swarm_clients::read_all(server_id at) {
  auto id = clients_.size() + ++readers_;
  for (size_t i = 0; i < plan_.keys; ++i) {
    operation x;
    x.client = id;
    x.key = fmt::format("k{}", i);
    submit(std::move(x), at, nobody);
  }
}

void swarm_clients::finish(size_t who, size_t op, const outcome& what) {
  if (!waits_[op])
    return;
  waits_[op] = false;
  --busy_;
  auto& x = history_[op];
  take_answer(x, what.code, what.answer);
  if (x.result != op_result::unknown)
    x.returned = now();
  if (who == nobody)
    return;
  auto& version = clients_[who].versions[x.key];
  if (x.result == op_result::absent
      || (x.result == op_result::ok && x.kind == op_kind::remove))
    version = 0;
  else if (x.result == op_result::ok)
    version = x.version;
  go_on(who);
}

/// No answer came in time: the member may be paused. The client goes on.
void swarm_clients::give_up(size_t who, size_t op) {
  if (!waits_[op])
    return;
  waits_[op] = false;
  --busy_;
  if (who != nobody)
    go_on(who);
}

void swarm_clients::go_on(size_t who) {
  auto range = static_cast<uint64_t>(2 * plan_.usual_pause.count());
  auto pause = timespan{static_cast<int64_t>(sim_.rng()() % range)};
  sim_.at(sim_.now() + pause, [this, who] { begin(who); });
}

} // namespace caf::raft::testing

#include "caf/raft/testing/sim_cluster.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/testing/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace caf::raft::testing {

namespace {

/// Well above zero: a time of zero stands for "never".
constexpr time_point first_moment{std::chrono::seconds(1000)};

std::string text_of(request_kind kind, bytes_view payload) {
  auto text = describe(payload);
  switch (kind) {
    case request_kind::command:
      return text;
    case request_kind::query:
      return "read " + text;
    case request_kind::local_query:
      return "read locally " + text;
  }
  return text;
}

std::string text_of(const outcome& x) {
  if (x.code != errc::none)
    return fmt::format("{}{}{}", to_string(x.code), x.text.empty() ? "" : ", ",
                       x.text);
  std::string result = "done";
  if (x.entry.index)
    result += ", entry " + to_string(x.entry);
  if (!x.answer.empty())
    result += ": " + describe(x.answer);
  return result;
}

} // namespace

sim_cluster::sim_cluster(cluster_settings cfg)
  : cfg_(std::move(cfg)),
    rng_(cfg_.seed),
    now_(first_moment),
    net_(rng_) {
  net_.conditions() = cfg_.network;
  net_.observe(this);
  net_.advance_to(now_);
  for (uint64_t i = 1; i <= cfg_.members; ++i)
    make_member(server_id{i});
  if (cfg_.formed)
    form_directories();
}

sim_cluster::member& sim_cluster::make_member(server_id id) {
  auto& x = members_
              .emplace(std::piecewise_construct, std::tuple{id},
                       std::tuple{id, incarnation_t{rng_() | 1}})
              .first->second;
  x.disk.observe(&rules_);
  if (cfg_.write_through)
    x.disk.write_through();
  rules_.watch(x.disk);
  return x;
}

sim_cluster::~sim_cluster() {
  net_.observe(nullptr);
  for (auto& [id, x] : members_) {
    x.disk.observe(nullptr);
    x.life = nullptr;
  }
}

void sim_cluster::form_directories() {
  std::vector<raft::member> all;
  for (auto& [id, x] : members_)
    all.push_back({id, address(id), x.disk.who().incarnation});
  auto zero = std::make_shared<configuration>(
    core::founding_configuration(std::move(all)));
  auto cluster = cluster_id{rng_() | 1};
  for (auto& [id, x] : members_)
    x.disk.form(cluster, zero);
}

// -- members ------------------------------------------------------------------

std::vector<server_id> sim_cluster::ids() const {
  std::vector<server_id> result;
  for (auto& kvp : members_)
    result.push_back(kvp.first);
  return result;
}

std::string sim_cluster::address(server_id id) {
  return fmt::format("member-{}:9021", id.value);
}

void sim_cluster::start(server_id id) {
  auto& x = members_.at(id);
  CAF_RAFT_ASSERT(!x.life);
  tell(member_started{id});
  life_settings cfg;
  cfg.member = id;
  for (auto other : ids())
    cfg.addresses.push_back(address(other));
  cfg.join = x.joins;
  cfg.groups = cfg_.groups;
  cfg.cfg = cfg_.group;
  cfg.make_machine = cfg_.make_machine;
  cfg.seed = rng_();
  cfg.log = cfg_.log;
  x.clock = {now_, now_, 0};
  if (!cfg_.in_order) {
    x.clock.own_origin += std::chrono::milliseconds(rng_() % 1'000'000);
    x.clock.drift_ppm
      = static_cast<int64_t>(rng_() % (2 * cfg_.max_drift_ppm + 1))
        - static_cast<int64_t>(cfg_.max_drift_ppm);
  }
  cfg.now = x.clock.own(now_);
  net_.reset_silent(id);
  x.views.clear();
  x.disk_busy_until.reset();
  x.disk_awake = false;
  x.paused = false;
  x.failed = false;
  x.ended.clear();
  life_listener& listener = *this;
  x.life = std::make_unique<sim_life>(net_, x.disk, cfg, listener);
}

void sim_cluster::start_all() {
  for (auto id : ids())
    if (!is_up(id))
      start(id);
}

void sim_cluster::crash(server_id id, crash_kind how) {
  auto& x = members_.at(id);
  CAF_RAFT_ASSERT(x.life);
  tell(member_crashed{id, how});
  auto silent = how == crash_kind::power && !x.failed;
  net_.detach(id, silent);
  if (how == crash_kind::power)
    x.disk.lose_power(rng_);
  else
    x.disk.kill();
  x.life = nullptr;
  std::erase_if(stopping_, [&](auto& y) { return y.first.first == id; });
  lose_requests(id);
  lose_changes(id);
}

void sim_cluster::lose_requests(server_id at) {
  outcome unknown;
  unknown.code = errc::outcome_unknown;
  unknown.text = "the member is gone";
  std::vector<outcome_handler> lost;
  std::erase_if(requests_, [&](auto& x) {
    if (x.second.at != at)
      return false;
    if (x.second.on_outcome) {
      tell(request_answered{x.first, at, x.second.group, unknown.code,
                            text_of(unknown)});
      lost.push_back(std::move(x.second.on_outcome));
    }
    return true;
  });
  for (auto& f : lost)
    f(unknown);
}

bool sim_cluster::is_up(server_id id) const {
  return members_.at(id).life != nullptr;
}

bool sim_cluster::is_paused(server_id id) const {
  return members_.at(id).paused;
}

sim_disk& sim_cluster::disk(server_id id) {
  return members_.at(id).disk;
}

const group_event& sim_cluster::view(server_id id, group_id group) const {
  static const group_event nothing;
  auto& views = members_.at(id).views;
  auto i = views.find(group);
  return i == views.end() ? nothing : i->second;
}

server_id sim_cluster::leader(group_id group) const {
  server_id result;
  term_t newest;
  for (auto& [id, x] : members_) {
    if (!x.life)
      continue;
    auto& seen = view(id, group);
    if (seen.role == role_name::leader && seen.term > newest) {
      result = id;
      newest = seen.term;
    }
  }
  return result;
}

// -- clients ------------------------------------------------------------------

void sim_cluster::submit(server_id at, group_id group, request_kind kind,
                         bytes payload, timespan time_left, outcome_handler f) {
  auto must_see = rules_.acknowledged(group);
  auto id = add_request({at, group, kind, must_see, std::move(f), nullptr},
                        text_of(kind, payload));
  life(at).submit(group, id, kind, std::move(payload), time_left);
}

void sim_cluster::transfer(server_id at, group_id group, server_id to,
                           timespan time_left, outcome_handler f) {
  auto id = add_request({at, group, {}, {}, std::move(f), nullptr},
                        to ? fmt::format("transfer to {}", to.value)
                           : std::string{"transfer"});
  life(at).transfer(group, id, to, time_left);
}

void sim_cluster::snapshot(server_id at, group_id group, timespan time_left,
                           outcome_handler f) {
  auto id = add_request({at, group, {}, {}, std::move(f), nullptr}, "snapshot");
  life(at).snapshot(group, id, time_left);
}

void sim_cluster::ask_status(server_id at, group_id group, status_handler f) {
  auto id = add_request({at, group, {}, {}, nullptr, std::move(f)}, {});
  life(at).ask_status(group, id);
}

void sim_cluster::stop(server_id at, group_id group, timespan time_left,
                       action f) {
  stopping_[{at, group}] = std::move(f);
  life(at).stop(group, time_left);
}

size_t sim_cluster::open_requests() const {
  return requests_.size() + changes_.size();
}

sim_life& sim_cluster::life(server_id id) {
  auto& x = members_.at(id);
  CAF_RAFT_ASSERT(x.life);
  return *x.life;
}

/// @param text For events; empty: there is none.
request_id sim_cluster::add_request(request what, std::string text) {
  ++last_request_;
  if (!text.empty())
    tell(request_made{last_request_, what.at, what.group, std::move(text)});
  requests_.emplace(last_request_, std::move(what));
  return last_request_;
}

// -- what members say ---------------------------------------------------------

void sim_cluster::on_outcome(server_id member, const outcome& what) {
  auto i = requests_.find(what.id);
  if (i == requests_.end() || !i->second.on_outcome) {
    rules_.complain(fmt::format("member {} answers a request twice, or one "
                                "that nobody made",
                                member.value));
    return;
  }
  auto found = std::move(i->second);
  requests_.erase(i);
  tell(
    request_answered{what.id, member, found.group, what.code, text_of(what)});
  if (found.kind == request_kind::command && what.code == errc::none)
    rules_.on_done(found.group, what.entry);
  if (found.kind == request_kind::query && what.code == errc::none)
    rules_.on_read(found.group, member, found.must_see);
  found.on_outcome(what);
}

void sim_cluster::on_status(server_id member, const status_report& what) {
  auto i = requests_.find(what.id);
  if (i == requests_.end() || !i->second.on_status) {
    rules_.complain(
      fmt::format("member {} reports its status twice", member.value));
    return;
  }
  auto f = std::move(i->second.on_status);
  requests_.erase(i);
  f(what.value);
}

void sim_cluster::on_event(server_id member, group_id group,
                           const group_event& what) {
  rules_.on_event(group, member, what);
  auto [i, is_first] = members_.at(member).views.try_emplace(group);
  auto& last = i->second;
  if (is_first)
    tell(role_changed{member, group, what.role,
                      std::max(what.term, stored_term(member, group))});
  else if (last.role != what.role || last.term != what.term)
    tell(role_changed{member, group, what.role, what.term});
  if (last.commit_index != what.commit_index)
    tell(commit_advanced{member, group, what.commit_index});
  last = what;
}

/// The first event of a life may come before its log was read.
term_t sim_cluster::stored_term(server_id member, group_id group) {
  auto* stored = disk(member).find(group);
  return stored == nullptr ? term_t{} : stored->state.term;
}

void sim_cluster::on_stopped(server_id member, group_id group) {
  auto i = stopping_.find({member, group});
  if (i == stopping_.end())
    return;
  auto f = std::move(i->second);
  stopping_.erase(i);
  f();
}

void sim_cluster::on_applied(server_id member, group_id group, index_t index,
                             bytes_view command) {
  mix(index.value);
  rules_.on_applied(group, member, index, command);
}

void sim_cluster::on_answered(server_id member, group_id group, index_t index,
                              bytes_view answer) {
  rules_.on_answered(group, member, index, answer);
}

void sim_cluster::on_loaded(server_id member, group_id group) {
  if (auto* what = disk(member).snapshots().newest(group))
    rules_.on_loaded(group, member, what->last.index);
}

void sim_cluster::on_fatal(server_id member, const failure& why) {
  tell(member_failed{member, why.text});
  members_.at(member).failed = true;
}

void sim_cluster::on_sent(uint64_t number, server_id to, const envelope& what) {
  mix(to.value);
  mix(core::term_of(what.body).value);
  rules_.on_sent(to, what);
  if (cfg_.events)
    tell(message_sent{number, core::sender_of(what.body).id, to, what.group,
                      what.body});
}

void sim_cluster::on_arrived(uint64_t number) {
  tell(message_arrived{number});
}

void sim_cluster::on_lost(uint64_t number) {
  tell(message_lost{number});
}

void sim_cluster::on_link_changed(const link_changed& what) {
  tell(what);
}

void sim_cluster::tell(run_event::content what) {
  if (cfg_.events)
    cfg_.events({now_ - first_moment, std::move(what)});
}

} // namespace caf::raft::testing

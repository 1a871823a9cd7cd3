#include "caf/raft/node_actor.hpp"

#include "caf/raft/core/membership.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

// How an unformed member gets into a cluster, and what a formed one has to do
// with it (docs/formation.md).

namespace caf::raft {

namespace {

/// How often an unformed member shows itself again.
constexpr auto introduction_interval = std::chrono::seconds(1);

} // namespace

void node_state::on(const node_message_received& msg) {
  if (auto* x = std::get_if<introduce>(&msg.body))
    on(msg, *x);
  else if (auto* x = std::get_if<introduction_answer>(&msg.body))
    on(msg, *x);
  else if (auto* x = std::get_if<founded>(&msg.body))
    on(msg, *x);
}

void node_state::on(const node_message_received& envelope,
                    const introduce& msg) {
  // Of a life before it was formed.
  if (envelope.cluster)
    return;
  if (is_formed()) {
    tell_servers(member_seen{msg.from, msg.address, true});
    return answer_introduction(msg);
  }
  if (!formation_)
    return;
  auto verdict = formation_->on_introduce(msg);
  if (verdict.verdict != introduction_verdict::waiting)
    say(log_level::error, "introduction of " + to_string(msg.from.id),
        verdict.text);
  peers_.send(msg.from, verdict);
  say_for_whom_we_wait();
  found_if_complete();
}

void node_state::on(const node_message_received&,
                    const introduction_answer& msg) {
  if (!formation_)
    return;
  formation_->on_answer(msg);
  if (msg.verdict == introduction_verdict::lost_directory)
    say(log_level::error, "directory", msg.text);
  say_for_whom_we_wait();
}

void node_state::on(const node_message_received& envelope, const founded& msg) {
  if (!formation_ || founding_ || envelope.cluster != msg.cluster)
    return;
  auto fits = formation_->check(msg);
  if (fits && env_.expected_cluster && msg.cluster != env_.expected_cluster)
    fits = failure{errc::wrong_cluster,
                   fmt::format("{} belongs to the cluster {}, and this member "
                               "was started for the cluster {}",
                               describe(msg.from.id), to_string(msg.cluster),
                               to_string(env_.expected_cluster))};
  if (fits)
    found(msg.cluster, msg.zero);
  else
    say(log_level::error, "founded by " + to_string(msg.from.id),
        fits.error().text);
}

void node_state::on(const cluster_founded& msg) {
  env_.cluster = msg.cluster;
  env_.zero = msg.zero;
  formation_.reset();
  env_.log_to.info(fmt::format("belongs to the cluster {} of {} members",
                               to_string(msg.cluster),
                               msg.zero->members.size()));
  // The peers come back as soon as they have said who we are now; those that are
  // unformed are told then.
  peers_.say(me());
  guests_.expel_others(me());
  guests_.set_routes(env_.cluster, routes_);
  keep_peers();
  tell_servers(formed{env_.cluster, env_.zero});
}

void node_state::on(wake msg) {
  if (msg.generation != timer_ || !formation_)
    return;
  for (auto id : peers_.connected())
    introduce_ourselves(*peers_.remote(id));
  say_for_whom_we_wait();
  check_again_later();
}

void node_state::introduce_ourselves(const sender& to) {
  // Who joins has nothing to say to those that found a cluster.
  if (formation_->is_joining() && peers_.is_unformed(to.id))
    return;
  if (auto msg = formation_->introduction_to(to))
    peers_.send(to, *msg);
  else
    say(log_level::error, "founder",
        fmt::format("{} is back with a data directory that was replaced by "
                    "another one since, and either may have founded a cluster: "
                    "put back the one that was there last, or, if this one is "
                    "right, start this member again",
                    describe(to.id)));
}

/// Of an unformed member, to a formed one.
void node_state::answer_introduction(const introduce& msg) {
  auto verdict = core::answer_unformed(self_id(), *env_.zero,
                                       *committed().value, msg);
  if (!verdict)
    return hand_out_zero(msg.from);
  auto level = verdict->verdict == introduction_verdict::waiting
                 ? log_level::info
                 : log_level::error;
  say(level, "introduction of " + to_string(msg.from.id), verdict->text);
  peers_.send(msg.from, *verdict);
}

/// Does nothing where neither configuration zero nor the newest committed one
/// names this life of theirs.
void node_state::hand_out_zero(const sender& to) {
  founded what{self_id(), env_.cluster, *env_.zero, std::nullopt};
  if (!core::names(*env_.zero, to)) {
    if (!core::names(*committed().value, to))
      return;
    what.members = *committed().value;
  }
  peers_.send(to, what);
}

void node_state::found_if_complete() {
  if (!formation_ || founding_ || env_.expected_cluster)
    return;
  auto zero = formation_->complete();
  if (!zero)
    return;
  // Never the same twice, whatever the seed is: no other directory has our
  // incarnation.
  found(cluster_id{(rng_() ^ env_.incarnation.value) | 1}, *zero);
}

void node_state::found(cluster_id cluster, const configuration& zero) {
  founding_ = true;
  founding_client me = actor_cast<node_actor>(self_);
  post(self_, env_.log,
       found_cluster{cluster, std::make_shared<const configuration>(zero), me});
}

void node_state::check_again_later() {
  if (!formation_)
    return;
  ++timer_;
  wake_at(self_, now(self_) + introduction_interval, wake{timer_});
}

void node_state::say_for_whom_we_wait() {
  auto text = waiting_for();
  say(log_level::info, "formation", text);
  if (text == told_waiting_for_)
    return;
  told_waiting_for_ = text;
  tell_servers(not_formed{text});
}

std::string node_state::waiting_for() const {
  if (founding_)
    return "storing the first configuration";
  if (!formation_)
    return fmt::format("waiting for a leader that has {} in its configuration",
                       describe(env_.id));
  if (formation_->is_founder() && env_.expected_cluster)
    return fmt::format("waiting to be told of the cluster {}: a new cluster "
                       "gets an id of its own, so start without one to found "
                       "it",
                       to_string(env_.expected_cluster));
  return formation_->waiting_for();
}

} // namespace caf::raft

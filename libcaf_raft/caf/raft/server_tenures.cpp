#include "caf/raft/candidate_actor.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/follower_actor.hpp"
#include "caf/raft/leader_actor.hpp"
#include "caf/raft/server_actor.hpp"
#include "caf/raft/wire/codec.hpp"

// One role lives one tenure: this file begins and ends them, and is the fence
// before them.

namespace caf::raft {

namespace {

core::log_tail tail_of(storage::recovered_log&& log, configuration_ptr zero,
                       size_t max_recent_bytes) {
  core::log_tail::contents xs;
  xs.base = log.base;
  xs.base_configuration = log.base_configuration ? log.base_configuration
                                                 : std::move(zero);
  xs.base_configuration_index = log.base_configuration_index;
  xs.term_starts = std::move(log.term_starts);
  xs.last_index = log.last_index;
  xs.configurations = std::move(log.configurations);
  xs.recent = std::move(log.recent);
  xs.max_recent_bytes = max_recent_bytes;
  return core::log_tail{std::move(xs)};
}

/// A voter that is alone need not wait for a leader to be missed.
bool is_alone(const core::tenure& tenure) {
  return tenure.members().voters == std::vector{tenure.self.id}
         && tenure.members().outgoing.empty() && core::may_campaign(tenure);
}

/// Whether a member that was removed would disturb us with this (§4.2.3): it asks
/// for votes, or it answers or asks in a newer term. What a leader says is no such
/// thing: it may have been removed in a term that is over.
bool is_disturbance(term_t own, const message& what) {
  if (std::holds_alternative<request_vote>(what))
    return true;
  auto is_leaders = std::holds_alternative<append_entries>(what)
                    || std::holds_alternative<install_snapshot>(what)
                    || std::holds_alternative<heartbeat>(what)
                    || std::holds_alternative<commit_notice>(what);
  return !is_leaders && core::term_of(what) > own;
}

} // namespace

bool server_state::running() const {
  return static_cast<bool>(role_) || handing_over_;
}

void server_state::begin() {
  if (running() || !log_ || !zero_ || !snapshot_)
    return;
  waiting_for_.clear();
  auto first = std::make_shared<baton>();
  auto& tenure = first->tenure;
  tenure.group = env_.group;
  tenure.self = env_.self;
  tenure.term = log_->state.term;
  tenure.voted_for = log_->state.voted_for;
  tenure.commit_index = log_->base.index;
  first->released = log_->base.index;
  first->room.reported(usable_room(room_));
  tenure.log = tail_of(std::move(*log_), zero_, env_.cfg.recent_log_bytes);
  log_ = storage::recovered_log{};
  stored_term_ = tenure.term;
  if (!begin_with_snapshot(*first))
    return;
  commit_index_ = tenure.commit_index;
  first->newest = tenure.log.newest_configuration();
  first->committed = tenure.log.configuration_at(tenure.commit_index);
  on(members_known{first->newest, first->committed, {}});
  auto alone = is_alone(tenure);
  auto term = alone ? tenure.term + 1 : tenure.term;
  start_role(std::move(first),
             alone ? core::role_kind::candidate : core::role_kind::follower,
             term, false);
}

void server_state::start_role(std::shared_ptr<baton> begin_with,
                              core::role_kind kind, term_t term,
                              bool transfer) {
  auto& old = begin_with->tenure;
  auto enters_term = term != old.term;
  auto next = core::next_tenure(std::move(old), term, ++tenure_);
  auto setup = std::make_shared<role_setup>();
  adopt_snapshot(*begin_with, next);
  auto campaigns = kind == core::role_kind::pre_candidate
                   || kind == core::role_kind::candidate;
  // What was adopted may leave us no vote.
  if (campaigns && !core::may_campaign(next))
    kind = core::role_kind::follower;
  if (kind == core::role_kind::candidate)
    next.voted_for = env_.self.id;
  if (enters_term) {
    log_write what;
    what.group = env_.group;
    what.number = next.log.next_write();
    what.state = next.state();
    setup->term_write = what.number;
    terms_underway_.emplace_back(what.number, term);
    post(self_, env_.log, store{std::move(what)});
  }
  kind_ = kind;
  term_ = term;
  // Whoever leads this term says so, or is heard of.
  leader_ = server_id{};
  leads_to_the_end_ = false;
  hands_over_at_commit_ = false;
  has_committed_ = false;
  begin_with->tenure = std::move(next);
  setup->cfg = env_.cfg;
  setup->server = actor_cast<server_actor>(self_);
  setup->log = env_.log;
  setup->reader = env_.reader;
  setup->snapshotter = env_.snapshotter;
  setup->peers = peers_;
  setup->log_to = env_.log_to;
  setup->draw = rng_();
  setup->begin_with = std::move(begin_with);
  setup->transfer = transfer;
  handing_over_ = false;
  role_ = spawn_role(kind, std::move(setup));
  // What it may have missed between two roles.
  tell_role_of_snapshot();
  if (stored_)
    post(self_, role_, *stored_);
  post(self_, role_, room_);
  for (auto id : reports_.unanswered())
    post(self_, role_, report_role{id});
  for (auto& [unused, x] : elsewhere_)
    post(self_, role_, x);
  if (!env_.address.empty())
    post(self_, role_, member_seen{env_.self, env_.address, false});
}

role_actor server_state::spawn_role(core::role_kind kind,
                                    std::shared_ptr<role_setup> setup) {
  auto& sys = self_->system();
  auto where = env_.role_place;
  switch (kind) {
    case core::role_kind::pre_candidate:
      return spawn_at<candidate_state>(sys, where, std::move(setup), true);
    case core::role_kind::candidate:
      return spawn_at<candidate_state>(sys, where, std::move(setup), false);
    case core::role_kind::leader:
      return spawn_at<leader_state>(sys, where, std::move(setup));
    case core::role_kind::follower:
      break;
  }
  return spawn_at<follower_state>(sys, where, std::move(setup));
}

void server_state::on(const tenure_over& msg) {
  if (msg.number != tenure_)
    return;
  // What it was sent meanwhile it gives back, and is gone.
  post(self_, role_, end_tenure{});
  role_ = nullptr;
  refuse_remote_requests();
  clients_.tenure_over();
  membership_.tenure_over();
  if (msg.unread)
    held_.push_front(std::move(*msg.unread));
  auto own = msg.handed_over->tenure.term;
  auto kind = msg.next;
  auto term = kind == core::role_kind::candidate ? own + 1 : own;
  if (wanted_term_ > own) {
    kind = core::role_kind::follower;
    term = wanted_term_;
  }
  wanted_term_ = term_t{};
  start_role(msg.handed_over, kind, term, msg.transfer);
  reports_.publish(event(group_event::kind_t::role));
  leader_changed();
  while (!held_.empty() && !handing_over_) {
    auto next = std::move(held_.front());
    held_.pop_front();
    hear(next);
  }
}

// -- the fence ----------------------------------------------------------------

namespace {

/// More than that is not kept while one role hands over to the next, but for what
/// nobody says twice.
constexpr size_t max_held = 4096;

} // namespace

void server_state::on(received& msg) {
  if (auto* notice = std::get_if<removal_notice>(&msg.body))
    return on_removed(notice->index);
  if (msg.connection != 0
      && !is_newest_connection(core::sender_of(msg.body), msg.connection))
    return;
  // One after the other, also what settles requests: a farewell is about what was
  // not answered before.
  if (!handing_over_)
    hear(msg.body);
  else if (held_.size() < max_held || core::settles_requests(msg.body))
    held_.push_back(std::move(msg.body));
}

void server_state::hear(message& msg) {
  auto from = core::sender_of(msg).id;
  // It disturbs nobody, and learns why.
  if (was_removed(from) && is_disturbance(term_, msg)) {
    if (core::settles_requests(msg))
      to_role(msg);
    return tell_removed(from);
  }
  if (running())
    return deliver(msg);
  // Who takes us for a leader is not left waiting.
  if (auto answer = core::answer_unready(env_.self, msg))
    send(from, *answer);
}

/// A member that speaks on a new connection may have answered in vain before: what
/// it was passed until now has an unknown outcome, whatever it says from now on. (Not
/// already when it says hello: it sends nothing before it was let in.) What an
/// earlier connection still brings came too late, a farewell above all.
bool server_state::is_newest_connection(const sender& from, uint64_t number) {
  auto& newest = spoke_on_[from];
  if (number > newest) {
    newest = number;
    clients_.connection_lost(from.id);
    membership_.connection_lost(from.id);
    flush_soon();
  }
  return number == newest;
}

void server_state::deliver(message& msg) {
  auto from = core::sender_of(msg).id;
  switch (core::fence(term_, tenure_, msg, leader_is_alive(from))) {
    case core::passage::deliver:
      to_role(msg);
      break;
    case core::passage::drop:
      break;
    case core::passage::refuse:
      if (auto answer = core::answer_stale(env_.self, term_, msg))
        send(from, *answer);
      break;
    case core::passage::newer_term:
      end_tenure_for(core::term_of(msg));
      held_.push_front(std::move(msg));
      break;
  }
}

void server_state::end_tenure_for(term_t term) {
  wanted_term_ = std::max(wanted_term_, term);
  handing_over_ = true;
  post(self_, role_, end_tenure{});
}

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};

template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace

/// Its term is the role's own: a pre-vote asks about the next one.
void server_state::to_role(message& msg) {
  std::visit(
    overloaded{
      [this](append_entries& x) {
        leader_speaks();
        post(self_, role_, std::move(x));
      },
      [this](const heartbeat& x) {
        leader_speaks();
        post(self_, role_, x);
      },
      [this](install_snapshot& x) {
        leader_speaks();
        post(self_, role_, std::move(x));
      },
      [this](propose& x) { pass_on_commands(x); },
      [this](read_index& x) { pass_on_read(x); },
      [this](propose_result& x) {
        clients_.appended(x.results);
        flush_soon();
      },
      [this](read_index_result& x) {
        if (x.term == term_ && x.from.id == leader_ && x.commit)
          post(self_, role_,
               commit_notice{x.from, x.term, tenure_id{}, x.commit});
        clients_.read_confirmed(x.id, x.code, x.index, applier_);
        flush_soon();
      },
      [this](request_transfer& x) { pass_on_transfer(x); },
      [this](const farewell& x) { on_farewell(x); },
      [this](const farewell_result& x) { on_farewell_heard(x.from.id); },
      [this](const request_change& x) { pass_on_change(x); },
      [this](const change_result& x) {
        membership_.decided(x, now(self_) + env_.cfg.heartbeat_interval / 2);
        flush_soon();
      },
      [](const removal_notice&) { /* seen before the fence */ },
      [this](transfer_result& x) {
        leadership_.settled(x.id, x.code, x.to, leader_);
      },
      [this](const auto& x) { post(self_, role_, x); },
    },
    msg);
}

void server_state::leader_speaks() {
  leader_heard_ = now(self_);
  // What an earlier connection brings yet may be its last words.
  if (leader_was_lost_ && connected_.count(leader_) > 0) {
    leader_was_lost_ = false;
    flush_soon();
  }
}

bool server_state::leader_is_alive(server_id asking) const {
  if (kind_ == core::role_kind::leader)
    return true;
  return leader_ && leader_ != asking
         && now(self_) < leader_heard_ + env_.cfg.election_timeout;
}

} // namespace caf::raft

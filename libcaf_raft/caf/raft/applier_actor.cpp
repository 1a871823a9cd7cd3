#include "caf/raft/applier_actor.hpp"

#include "caf/raft/assert.hpp"

#include <exception>

namespace caf::raft {

namespace {

/// How many entries are applied before others on the thread have their turn.
constexpr size_t max_entries_per_turn = 512;

/// What is released beyond that is read from the log again when its turn comes:
/// everything released is durable.
constexpr size_t max_backlog_bytes = 32 << 20;

constexpr size_t max_read_bytes = 4 << 20;

constexpr size_t max_early_queries = 16384;

} // namespace

applier_state::applier_state(scheduled_actor* self, setup env)
  : self_(self),
    env_(std::move(env)),
    machine_(env_.make()),
    known_to_machine_(machine_->applied_index()) {
  // nop
}

applier_actor::behavior_type applier_state::make_behavior() {
  return {
    [this](apply_entries& msg) { on(msg); },
    [this](run_queries& msg) { on(msg); },
    [this](log_read& msg) { on(msg); },
    [this](const start_applying& msg) { on(msg); },
    [this](const load_snapshot& msg) { on(msg); },
    [this](const chunk_read& msg) { on(msg); },
    [this](const take_snapshot& msg) { on(msg); },
    [this](const chunk_written& msg) { on(msg); },
    [this](view_more msg) { on(msg); },
    [this](wake) {
      working_ = false;
      work();
    },
    [this](stop) { self_->quit(); },
  };
}

void applier_state::on(apply_entries& msg) {
  CAF_RAFT_ASSERT(msg.last >= target_);
  target_ = msg.last;
  answers_wanted_ = msg.answers_wanted || answers_wanted_;
  for (auto& x : msg.content) {
    // A gap within the backlog cannot be: what does not fit is read later.
    if (!backlog_.empty() && x.index() != backlog_.back().index() + 1)
      break;
    if (backlog_bytes_ > max_backlog_bytes)
      break;
    backlog_bytes_ += x.record().size();
    backlog_.push_back(std::move(x));
  }
  if (!working_)
    work();
}

void applier_state::on(run_queries& msg) {
  if (!started_) {
    // Whoever is not among them hears when its time is up.
    if (early_queries_.size() < max_early_queries)
      early_queries_.push_back(std::move(msg));
    return;
  }
  queries_answered result;
  result.answers.reserve(msg.queries.size());
  for (auto& x : msg.queries)
    result.answers.push_back({x.id, machine_->query(x.payload)});
  post(self_, env_.server, std::move(result));
}

void applier_state::on(log_read& msg) {
  reading_ = false;
  if (!msg.content && msg.content.error().code == errc::compacted) {
    // A snapshot has replaced the log, and is about to be loaded.
    env_.log.info("entries that were to be applied are gone: "
                  + msg.content.error().text);
    return;
  }
  if (!msg.content) {
    env_.log.error("cannot apply: " + msg.content.error().text);
    env_.fatal(msg.content.error());
    return;
  }
  auto& found = *msg.content;
  for (auto i = found.rbegin(); i != found.rend(); ++i) {
    if (i->index() <= applied_
        || (!backlog_.empty() && i->index() >= backlog_.front().index()))
      continue;
    backlog_bytes_ += i->record().size();
    backlog_.push_front(std::move(*i));
  }
  if (!working_)
    work();
}

void applier_state::work() {
  if (!started_ || loading_.what)
    return;
  entries_applied report;
  size_t turn = 0;
  while (!backlog_.empty() && backlog_.front().index() == applied_ + 1
         && turn < max_entries_per_turn) {
    apply(backlog_.front(), report);
    backlog_bytes_ -= backlog_.front().record().size();
    backlog_.pop_front();
    ++turn;
  }
  if (turn > 0) {
    report.last = applied_;
    if (applied_ == target_)
      answers_wanted_ = false;
    post(self_, env_.server, std::move(report));
  }
  if (turn == max_entries_per_turn) {
    working_ = true;
    post_self(self_, wake{});
  } else if (applied_ < target_ && !reading_) {
    read_missing();
  }
}

void applier_state::read_missing() {
  auto first = applied_ + 1;
  auto last = backlog_.empty() ? target_ + 1 : backlog_.front().index();
  reading_ = true;
  log_read_receiver me = actor_cast<applier_actor>(self_);
  post(self_, env_.reader,
       read_log{request_id{}, env_.group, first, last, max_read_bytes, me});
}

void applier_state::apply(const entry& what, entries_applied& report) {
  auto answer = apply_command(what);
  if (what.kind() == entry_kind::configuration)
    members_ = {what.index(), what.configuration()};
  applied_ = what.index();
  applied_term_ = what.term();
  ++report.count;
  report.bytes += what.record().size();
  if (answers_wanted_)
    report.answers.push_back({what.id(), std::move(answer)});
}

bytes applier_state::apply_command(const entry& what) {
  if (what.kind() != entry_kind::command || what.index() <= known_to_machine_)
    return {};
  try {
    return machine_->apply(what.index(), what.payload());
  } catch (const std::exception& ex) {
    fail("the state machine failed at entry " + to_string(what.index()),
         ex.what());
  }
  return {};
}

void applier_state::fail(const std::string& what,
                         const std::string& why) const {
  env_.log.error(what + ": " + why);
  env_.fatal({errc::storage_failed, why});
}

} // namespace caf::raft

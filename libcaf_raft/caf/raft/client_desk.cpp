#include "caf/raft/client_desk.hpp"

#include "caf/raft/wire/codec.hpp"

namespace caf::raft {

namespace {

std::string text_of(errc code) {
  switch (code) {
    case errc::no_leader:
      return "no leader took it in time; nothing was done and never will be";
    case errc::overloaded:
      return "too many requests are waiting; nothing was done";
    case errc::no_space:
      return "there is no room on the leader's disk; nothing was done";
    case errc::outcome_unknown:
      return "it may or may not have been done: its outcome was not known in "
             "time";
    case errc::too_large:
      return "the command is larger than the settings allow";
    default:
      return {};
  }
}

} // namespace

client_desk::client_desk(scheduled_actor* self, group_id group, sender me,
                         const settings& cfg, uint64_t first_id)
  : self_(self),
    group_(group),
    me_(me),
    cfg_(cfg),
    open_(first_id) {
  // nop
}

// -- from clients -------------------------------------------------------------

bool client_desk::add(submit& msg, time_point now) {
  auto limit = msg.time_left.count() > 0 ? msg.time_left : cfg_.request_timeout;
  client who{msg.id, msg.reply_to};
  open_.time_is(now);
  auto code
    = msg.kind == request_kind::command
        ? open_.add_command(who, std::move(msg.payload), now + limit, cfg_)
        : open_.add_query(who, std::move(msg.payload), now + limit, cfg_);
  if (code == errc::none)
    return true;
  post(self_, msg.reply_to, outcome{msg.id, code, {}, {}, text_of(code), {}});
  return false;
}

void client_desk::query_locally(submit& msg, const applier_actor& applier) {
  auto limit = msg.time_left.count() > 0 ? msg.time_left : cfg_.request_timeout;
  auto time = now(self_);
  open_.time_is(time);
  auto id = open_.add_local_query({msg.id, msg.reply_to}, time + limit, cfg_);
  if (!id) {
    post(
      self_, msg.reply_to,
      outcome{msg.id, errc::overloaded, {}, {}, text_of(errc::overloaded), {}});
    return;
  }
  run_queries order;
  order.queries.push_back({id, std::move(msg.payload)});
  post(self_, applier, std::move(order));
}

// -- to the leader ------------------------------------------------------------

void client_desk::pass_on(const way_to_leader& way) {
  if (!way)
    return;
  open_.time_is(now(self_));
  pass_commands(way);
  pass_reads(way);
}

bool client_desk::wants_to_pass_on() const {
  return open_.has_waiting_commands() || open_.has_waiting_queries();
}

void client_desk::pass_commands(const way_to_leader& way) {
  if (hold_commands_until_)
    return;
  while (open_.has_waiting_commands()) {
    auto taken = open_.take_commands({way.leader, way.term}, !way.role,
                                     cfg_.max_append_entries,
                                     cfg_.max_append_bytes);
    if (taken.empty())
      return;
    if (way.role) {
      append_commands what{me_.id, {}};
      what.commands.reserve(taken.size());
      for (auto& x : taken)
        what.commands.push_back({x.id, std::move(x.payload)});
      post(self_, way.role, std::move(what));
    } else {
      propose what{me_, way.term, {}};
      auto time = now(self_);
      for (auto& x : taken)
        what.proposals.push_back(
          {x.id, x.deadline - time, std::move(x.payload)});
      send(way, what);
    }
  }
}

void client_desk::pass_reads(const way_to_leader& way) {
  if (hold_reads_until_)
    return;
  auto batch = open_.take_queries();
  if (!batch)
    return;
  if (way.role)
    post(self_, way.role, confirm_read{{me_.id, batch}});
  else
    send(way, read_index{me_, way.term, batch});
  if (!ask_reads_at_)
    ask_reads_at_ = now(self_) + cfg_.election_timeout / 2;
}

void client_desk::send(const way_to_leader& way, const message& what) {
  post(self_, way.peer, send_frame{wire::encode(group_, what)});
}

// -- from the leader ----------------------------------------------------------

void client_desk::appended(const std::vector<proposal_result>& results) {
  open_.time_is(now(self_));
  for (auto& x : results) {
    if (x.code == errc::no_leader && !hold_commands_until_)
      hold_commands_until_ = now(self_) + cfg_.heartbeat_interval / 2;
    if (auto end = open_.appended(x.id, x.code, x.entry))
      answer(*end);
  }
}

void client_desk::read_confirmed(request_id batch, errc code, index_t index,
                                 const applier_actor& applier) {
  open_.time_is(now(self_));
  if (code == errc::no_leader && open_.asks(batch) && !hold_reads_until_)
    hold_reads_until_ = now(self_) + cfg_.heartbeat_interval / 2;
  run(open_.read_confirmed(batch, code, index), applier);
  if (!open_.has_unconfirmed_reads())
    ask_reads_at_.reset();
}

// -- what happens besides -----------------------------------------------------

void client_desk::tenure_over() {
  leader_known();
  ask_reads_at_.reset();
  open_.tenure_over();
}

void client_desk::leader_known() {
  hold_commands_until_.reset();
  hold_reads_until_.reset();
}

void client_desk::connection_lost(server_id member) {
  auto lost = open_.connection_lost(member);
  answer(lost);
  open_.ask_reads_anew();
  ask_reads_at_.reset();
}

void client_desk::refused_all(server_id member, term_t term) {
  open_.refused_all({member, term});
  open_.ask_reads_anew();
  ask_reads_at_.reset();
}

void client_desk::released(const entries_released& msg) {
  open_.time_is(now(self_));
  open_.released(msg.last, msg.stored);
}

void client_desk::applied(entries_applied& msg, const applier_actor& applier) {
  open_.time_is(now(self_));
  std::vector<requests::applied> answers;
  answers.reserve(msg.answers.size());
  for (auto& x : msg.answers)
    answers.push_back({x.entry, &x.answer});
  std::vector<requests::ready_query> ready;
  auto ended = open_.applied_up_to(msg.last, answers, ready);
  answer(ended);
  run(std::move(ready), applier);
}

void client_desk::answered(queries_answered& msg) {
  open_.time_is(now(self_));
  for (auto& x : msg.answers)
    if (auto end = open_.answered(x.id)) {
      end->answer = std::move(x.answer);
      answer(*end);
    }
}

void client_desk::run(std::vector<requests::ready_query> ready,
                      const applier_actor& applier) {
  if (ready.empty())
    return;
  run_queries order;
  order.queries.reserve(ready.size());
  for (auto& x : ready)
    order.queries.push_back({x.id, std::move(x.payload)});
  post(self_, applier, std::move(order));
}

// -- deadlines ----------------------------------------------------------------

std::optional<time_point> client_desk::next_deadline() {
  auto result = open_.next_deadline();
  for (auto& x : {hold_commands_until_, hold_reads_until_, ask_reads_at_})
    if (x && (!result || *x < *result))
      result = x;
  return result;
}

void client_desk::expire(time_point now) {
  auto ended = open_.expire(now);
  answer(ended);
  if (hold_commands_until_ && *hold_commands_until_ <= now)
    hold_commands_until_.reset();
  if (hold_reads_until_ && *hold_reads_until_ <= now)
    hold_reads_until_.reset();
  if (ask_reads_at_ && *ask_reads_at_ <= now) {
    open_.ask_reads_anew();
    ask_reads_at_.reset();
  }
}

void client_desk::close() {
  auto ended = open_.close();
  answer(ended);
}

void client_desk::answer(requests::settled_list& all) {
  for (auto& x : all)
    answer(x);
}

void client_desk::answer(requests::settled& what) {
  if (what.code == errc::none)
    (what.entry.index ? writes_ : reads_).add(what.times);
  post(self_, what.who.reply_to,
       outcome{what.who.id, what.code, std::move(what.answer), what.entry,
               text_of(what.code), what.times});
}

std::vector<stage_status> client_desk::stages() const {
  std::vector<stage_status> result;
  writes_.describe("write", result);
  reads_.describe("read", result);
  return result;
}

} // namespace caf::raft

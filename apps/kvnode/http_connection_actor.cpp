#include "kvnode/http_connection_actor.hpp"

#include "kvnode/answers.hpp"

#include <caf/raft/compat.hpp>

#include <caf/io/receive_policy.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace kvnode {

namespace {

using raft::time_point;

/// Each read fills as much, so a usual request should not need more.
constexpr size_t small_read = 4 << 10;
constexpr size_t large_read = 64 << 10;

/// The group answers before the deadline of the connection by so much at most,
/// since it knows more about what became of a request.
constexpr raft::timespan max_headstart = std::chrono::milliseconds(100);

std::string_view text_of(const caf::io::new_data_msg& msg) {
  return raft::as_text(raft::view_of(msg.buf));
}

} // namespace

http_connection_state::http_connection_state(caf::scheduled_actor* self,
                                             const setup& from)
  : self_(self),
    broker_(dynamic_cast<caf::io::abstract_broker*>(self)),
    setup_(from),
    cfg_(setup_.env->cfg),
    connection_(setup_.connection->hdl()),
    output_(broker_, connection_),
    parser_(cfg_.limits) {
  broker_->move_scribe(std::exchange(setup_.connection, nullptr));
  broker_->ack_writes(connection_, true);
  broker_->configure_read(connection_,
                          caf::io::receive_policy::at_most(small_read));
  if (setup_.refuse)
    refuse(error_answer(503, "overloaded", "there are too many connections"));
  end_turn();
}

http_connection_actor::behavior_type http_connection_state::make_behavior() {
  return {
    [this](const raft::outcome& msg) { on(msg); },
    [this](const raft::status_report& msg) { on(msg); },
    [this](const raft::log_page& msg) { on(msg); },
    [this](alarm msg) { on(msg); },
    [this](send_answers msg) { on(msg); },
    [this](finish msg) { on(msg); },
    [this](const caf::io::new_data_msg& msg) { on(msg); },
    [this](const caf::io::data_transferred_msg& msg) { on(msg); },
    [this](const caf::io::connection_closed_msg& msg) { on(msg); },
  };
}

// -- from the client ----------------------------------------------------------

void http_connection_state::on(const caf::io::new_data_msg& msg) {
  if (phase_ != phase_t::open)
    return;
  if (waiting_.empty()) {
    auto arrived = text_of(msg);
    waiting_ = arrived.substr(take_requests(arrived));
  } else {
    waiting_ += text_of(msg);
    take_waiting();
  }
  if (waiting_.size() > cfg_.max_waiting_bytes)
    output_.abort();
  end_turn();
}

void http_connection_state::take_waiting() {
  // Not for every single one that was answered.
  if (!waiting_.empty() && queue_.size() <= cfg_.max_open_requests / 2)
    waiting_.erase(0, take_requests(waiting_));
}

/// @returns How many bytes were read.
size_t http_connection_state::take_requests(std::string_view from) {
  auto rest = from;
  while (!rest.empty() && may_take_more()) {
    auto [state, consumed] = parser_.feed(rest);
    rest.remove_prefix(consumed);
    if (state == http_parser::state_t::incomplete)
      break;
    receive_by_ = time_point::max();
    idle_by_ = time_point::max();
    invited_ = false;
    if (state == http_parser::state_t::broken) {
      refuse(parser_.refusal());
    } else {
      begin(parser_.request());
      parser_.next();
    }
  }
  if (phase_ != phase_t::open)
    return from.size();
  return from.size() - rest.size();
}

bool http_connection_state::may_take_more() const {
  return phase_ == phase_t::open && queue_.size() < cfg_.max_open_requests
         && output_.outstanding() < cfg_.max_unread_bytes;
}

void http_connection_state::begin(const http_request& request) {
  ++setup_.env->counters.requests;
  auto todo = route(request, cfg_.routes);
  answer_form form{request.method == http_method::head, !request.keep_alive,
                   request.http_1_0};
  if (form.last)
    phase_ = phase_t::closing;
  auto limit = cfg_.request_timeout;
  if (std::holds_alternative<ask_status>(todo.first))
    limit = std::min(limit, cfg_.status_timeout);
  auto deadline = raft::now(self_) + limit;
  auto id = queue_.open(todo.then, form, deadline);
  std::visit(
    [&](auto& step) {
      if constexpr (std::is_same_v<decltype(step), http_answer&>)
        settle(id, step);
      else
        ask(id, step);
    },
    todo.first);
}

/// Answers what is no request.
void http_connection_state::refuse(const http_answer& why) {
  phase_ = phase_t::closing;
  settle(queue_.open({}, {false, true, false}, time_point::max()), why);
}

/// Lets a client go on that waits for that before it sends a body. It reads in
/// order, so all before that has to be answered.
void http_connection_state::invite_body() {
  if (phase_ != phase_t::open || invited_ || !queue_.empty()
      || !parser_.awaits_continue())
    return;
  invited_ = true;
  output_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
}

// -- to and from the group ----------------------------------------------------

raft::timespan http_connection_state::time_left() const {
  auto all = cfg_.request_timeout;
  return all - std::min(all / 10, max_headstart);
}

void http_connection_state::ask(raft::request_id id, ask_store& what) {
  auto me = caf::actor_cast<raft::client_actor>(self_);
  raft::post(self_, setup_.env->group,
             raft::submit{id, what.kind, std::move(what.payload), time_left(),
                          std::move(me)});
}

void http_connection_state::ask(raft::request_id id, ask_status&) {
  auto me = caf::actor_cast<raft::status_receiver>(self_);
  raft::post(self_, setup_.env->group, raft::get_status{id, std::move(me)});
}

void http_connection_state::ask(raft::request_id id, ask_log& what) {
  auto me = caf::actor_cast<raft::log_page_receiver>(self_);
  raft::post(self_, setup_.env->group,
             raft::get_log{id, what.from, what.limit, std::move(me)});
}

void http_connection_state::ask(raft::request_id id, ask_leadership& what) {
  auto me = caf::actor_cast<raft::client_actor>(self_);
  raft::post(self_, setup_.env->group,
             raft::transfer_leadership{id, what.to, time_left(),
                                       std::move(me)});
}

void http_connection_state::on(const raft::outcome& msg) {
  if (auto plan = queue_.find(msg.id))
    settle(msg.id, make_answer(*plan, msg));
  end_turn_with_others();
}

void http_connection_state::on(const raft::status_report& msg) {
  if (auto plan = queue_.find(msg.id))
    settle(msg.id, make_answer(*plan, msg.value, setup_.env->counters));
  end_turn_with_others();
}

void http_connection_state::on(const raft::log_page& msg) {
  settle(msg.id, make_answer(msg));
  end_turn_with_others();
}

void http_connection_state::settle(raft::request_id id,
                                   const http_answer& what) {
  queue_.settle(id, what, output_.text());
}

// -- the end of a turn --------------------------------------------------------

/// More answers may be waiting in the mailbox: they leave together.
void http_connection_state::end_turn_with_others() {
  take_waiting();
  if (queue_.empty())
    return end_turn();
  if (!std::exchange(sending_, true))
    raft::post_self(self_, send_answers{});
}

void http_connection_state::on(send_answers) {
  sending_ = false;
  end_turn();
}

void http_connection_state::end_turn() {
  if (phase_ == phase_t::over)
    return;
  invite_body();
  output_.flush();
  advance_closing();
  if (output_.broken())
    return leave();
  adapt_reading();
  set_deadlines();
}

/// Sends the end of the stream behind the last answer.
void http_connection_state::advance_closing() {
  if (phase_ != phase_t::closing || !queue_.empty()
      || output_.outstanding() > 0)
    return;
  output_.finish();
  if (output_.is_kept())
    // The client has finished already.
    return output_.abort();
  phase_ = phase_t::lingering;
}

/// Reads much at a time where much is to come.
void http_connection_state::adapt_reading() {
  auto large = parser_.in_request() && parser_.body_left() > 4 * small_read;
  if (large == std::exchange(reads_large_, large))
    return;
  auto size = large ? large_read : small_read;
  broker_->configure_read(connection_, caf::io::receive_policy::at_most(size));
}

void http_connection_state::on(const caf::io::data_transferred_msg& msg) {
  output_.on_written(msg.written);
  stall_by_ = time_point::max();
  take_waiting();
  end_turn();
}

void http_connection_state::on(const caf::io::connection_closed_msg&) {
  auto owes = !queue_.empty() || output_.outstanding() > 0;
  if (phase_ == phase_t::lingering || !owes || !output_.keep())
    return leave();
  // It may have closed its own side only.
  phase_ = phase_t::closing;
  end_turn();
}

void http_connection_state::on(finish) {
  if (std::exchange(finishing_, true))
    output_.abort();
  else if (phase_ == phase_t::open)
    phase_ = phase_t::closing;
  end_turn();
}

void http_connection_state::leave() {
  if (std::exchange(phase_, phase_t::over) == phase_t::over)
    return;
  raft::post(self_, setup_.acceptor, connection_over{setup_.number});
  self_->quit();
}

// -- time ---------------------------------------------------------------------

/// A deadline begins to run when it comes to apply.
void http_connection_state::set_deadline(time_point& which, bool applies,
                                         raft::timespan time) const {
  if (!applies)
    which = time_point::max();
  else if (which == time_point::max())
    which = raft::now(self_) + time;
}

void http_connection_state::set_deadlines() {
  auto is_open = phase_ == phase_t::open;
  auto receives = parser_.in_request()
                  || (!waiting_.empty() && may_take_more());
  auto is_idle = !receives && queue_.empty() && output_.outstanding() == 0;
  set_deadline(receive_by_, is_open && receives, cfg_.receive_timeout);
  set_deadline(idle_by_, is_open && is_idle, cfg_.idle_timeout);
  set_deadline(stall_by_, output_.is_stuck(), cfg_.stall_timeout);
  set_deadline(linger_by_, phase_ == phase_t::lingering, cfg_.linger);
  watch(std::min(
    {queue_.nearest_deadline(), receive_by_, idle_by_, stall_by_, linger_by_}));
}

void http_connection_state::on(alarm msg) {
  if (msg.generation != generation_ || phase_ == phase_t::over)
    return;
  armed_ = time_point::max();
  auto now = raft::now(self_);
  for (auto id : queue_.late(now))
    settle(id, late_answer(*queue_.find(id)));
  if (receive_by_ <= now)
    refuse(error_answer(408, "timeout", "the request did not arrive in time"));
  if (idle_by_ <= now)
    phase_ = phase_t::closing;
  if (stall_by_ <= now || linger_by_ <= now)
    output_.abort();
  take_waiting();
  end_turn();
}

/// Makes sure that there is a timer at that time or earlier.
void http_connection_state::watch(time_point deadline) {
  // A timer cannot be called back and keeps the actor in memory, so none runs
  // for longer than a request.
  auto when = std::min(deadline, raft::now(self_) + cfg_.request_timeout);
  if (deadline == time_point::max() || when >= armed_)
    return;
  armed_ = when;
  raft::wake_at(self_, when, alarm{++generation_});
}

} // namespace kvnode

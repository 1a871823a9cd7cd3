#include "kvnode/http_connection_actor.hpp"

#include "kvnode/answers.hpp"

#include <caf/raft/compat.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace kvnode {

namespace {

using raft::time_point;

std::string_view text_of(const caf::io::new_data_msg& msg) {
  return raft::as_text(raft::view_of(msg.buf));
}

/// Whether the answer will be as large as values are.
bool may_be_large(const plan& what) {
  auto* asked = std::get_if<ask_store>(&what.first);
  return std::holds_alternative<ask_log>(what.first)
         || (asked != nullptr && asked->kind != raft::request_kind::command);
}

/// Takes the connection over from the acceptor.
caf::io::connection_handle adopt(caf::io::abstract_broker* broker,
                                 caf::io::scribe_ptr from) {
  auto result = from->hdl();
  broker->move_scribe(std::move(from));
  return result;
}

} // namespace

http_connection_state::http_connection_state(caf::scheduled_actor* self,
                                             const setup& from)
  : self_(self),
    broker_(dynamic_cast<caf::io::abstract_broker*>(self)),
    setup_(from),
    cfg_(setup_.env->cfg),
    connection_(adopt(broker_, std::exchange(setup_.connection, nullptr))),
    input_(broker_, connection_),
    output_(broker_, connection_),
    parser_(cfg_.limits),
    held_(setup_.env->held_bytes) {
  if (setup_.refuse)
    refuse(error_answer(503, "overloaded", "there are too many connections"));
  end_turn();
}

http_connection_actor::behavior_type http_connection_state::make_behavior() {
  return {
    [this](const raft::outcome& msg) { on(msg); },
    [this](const raft::status_report& msg) { on(msg); },
    [this](const raft::log_page& msg) { on(msg); },
    [this](const raft::members_changed& msg) { on(msg); },
    [this](alarm msg) { on(msg); },
    [this](send_answers msg) { on(msg); },
    [this](read_on msg) { on(msg); },
    [this](finish msg) { on(msg); },
    [this](const caf::io::new_data_msg& msg) { on(msg); },
    [this](const caf::io::data_transferred_msg& msg) { on(msg); },
    [this](const caf::io::connection_closed_msg& msg) { on(msg); },
  };
}

// -- from the client ----------------------------------------------------------

void http_connection_state::on(const caf::io::new_data_msg& msg) {
  take(text_of(msg));
  end_turn();
  if (!may_read())
    input_.pause();
}

void http_connection_state::take(std::string_view arrived) {
  if (phase_ != phase_t::open)
    return;
  arrived_ = raft::now(self_);
  is_beginning_ = false;
  if (waiting_.empty()) {
    waiting_ = arrived.substr(take_requests(arrived));
  } else {
    waiting_ += arrived;
    take_waiting();
  }
}

void http_connection_state::take_waiting() {
  // Not for every single one that was answered.
  if (!wants_more() && queue_.size() <= cfg_.max_open_requests / 2)
    waiting_.erase(0, take_requests(waiting_));
}

/// @returns How many bytes were read.
size_t http_connection_state::take_requests(std::string_view from) {
  auto rest = from;
  while (!rest.empty() && may_take_more()) {
    auto [state, consumed] = parser_.feed(rest);
    rest.remove_prefix(consumed);
    if (state == http_parser::state_t::incomplete) {
      is_beginning_ = true;
      break;
    }
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

/// Whether nothing can be made of what waits before more of it arrives.
bool http_connection_state::wants_more() const {
  return waiting_.empty() || is_beginning_;
}

void http_connection_state::begin(const http_request& request) {
  ++setup_.env->counters.requests;
  auto todo = route(request, cfg_.routes);
  if (may_be_large(todo) && setup_.env->held_bytes > cfg_.max_held_bytes)
    todo = {error_answer(429, "overloaded",
                         "too much waits to be read by other clients")};
  answer_form form{request.method == http_method::head, !request.keep_alive,
                   request.http_1_0};
  if (form.last)
    phase_ = phase_t::closing;
  auto limit = cfg_.request_timeout;
  if (std::holds_alternative<ask_status>(todo.first))
    limit = std::min(limit, cfg_.status_timeout);
  todo.then.arrived = arrived_;
  todo.then.taken = raft::now(self_);
  auto deadline = todo.then.taken + limit;
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
  if (phase_ == phase_t::open && all_arrived_ && wants_more())
    phase_ = phase_t::closing;
  invite_body();
  output_.flush();
  advance_closing();
  if (output_.broken())
    return leave();
  held_.set(output_.outstanding() + queue_.held_bytes());
  input_.expect(parser_.body_left());
  if (input_.is_paused() && may_read())
    read_on_soon();
  set_deadlines();
}

/// Sends the end of the stream behind the last answer.
void http_connection_state::advance_closing() {
  if (phase_ != phase_t::closing || !queue_.empty()
      || output_.outstanding() > 0)
    return;
  output_.finish();
  if (all_arrived_)
    // Neither side says more.
    return output_.abort();
  phase_ = phase_t::lingering;
}

void http_connection_state::on(const caf::io::data_transferred_msg& msg) {
  output_.on_written(msg.written);
  stall_by_ = time_point::max();
  push_by_ = time_point::max();
  take_waiting();
  end_turn();
}

void http_connection_state::on(const caf::io::connection_closed_msg& msg) {
  if (output_.on_closed(msg.handle))
    return leave();
  auto owes = !queue_.empty() || !wants_more() || output_.outstanding() > 0;
  // It may have closed its own side only.
  all_arrived_ = true;
  if (phase_ == phase_t::lingering || !owes || !output_.keep())
    return leave();
  end_turn();
}

void http_connection_state::leave() {
  if (std::exchange(phase_, phase_t::over) == phase_t::over)
    return;
  raft::post(self_, setup_.acceptor, connection_over{setup_.number});
  self_->quit();
}

// -- the end of all -----------------------------------------------------------

void http_connection_state::on(finish) {
  if (std::exchange(finishing_, true)) {
    answer_all();
    output_.flush();
    output_.abort();
  } else {
    take_last();
    raft::post(self_, setup_.acceptor, nothing_new{setup_.number});
  }
  end_turn();
}

/// Takes what has arrived, and nothing more. What we have no room for is left
/// without an answer; that nothing was done about it can be told from the last
/// answer, which says that the connection ends there (RFC 9112, 9.6).
void http_connection_state::take_last() {
  if (!all_arrived_ && may_read())
    take(input_.take_arrived(cfg_.max_waiting_bytes + cfg_.limits.max_body));
  if (phase_ != phase_t::open)
    return;
  if (wants_more() && (parser_.in_request() || !waiting_.empty()))
    return refuse(
      error_answer(503, "stopping", "this member stops; nothing was done"));
  queue_.end_with_last();
  phase_ = phase_t::closing;
}

/// There is no time left to wait for the group.
void http_connection_state::answer_all() {
  for (auto id : queue_.late(time_point::max()))
    settle(id, late_answer(*queue_.find(id)));
}

// -- reading ------------------------------------------------------------------

/// What a client sends faster than it can be answered waits in the kernel. At
/// the end all is read, so that its last answers are not lost with a reset.
bool http_connection_state::may_read() const {
  return phase_ != phase_t::open || waiting_.size() <= cfg_.max_waiting_bytes;
}

/// By the clock: that is a later round of the I/O loop.
void http_connection_state::read_on_soon() {
  if (!std::exchange(reading_on_, true))
    raft::wake_at(self_, raft::now(self_), read_on{});
}

void http_connection_state::on(read_on) {
  reading_on_ = false;
  if (may_read())
    input_.go_on();
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
  auto receives = wants_more() && (parser_.in_request() || !waiting_.empty());
  auto is_idle = !receives && queue_.empty() && output_.outstanding() == 0;
  auto is_pushed = output_.is_stuck() && input_.is_paused();
  set_deadline(receive_by_, is_open && receives, cfg_.receive_timeout);
  set_deadline(idle_by_, is_open && is_idle, cfg_.idle_timeout);
  set_deadline(stall_by_, output_.is_stuck(), cfg_.stall_timeout);
  set_deadline(push_by_, is_pushed, cfg_.push_timeout);
  set_deadline(linger_by_, phase_ == phase_t::lingering, cfg_.linger);
  watch(std::min({queue_.nearest_deadline(), receive_by_, idle_by_, stall_by_,
                  push_by_, linger_by_}));
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
  if (std::min({stall_by_, push_by_, linger_by_}) <= now)
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

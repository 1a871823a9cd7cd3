#include "kvnode/answers.hpp"
#include "kvnode/http_connection_actor.hpp"

#include <caf/raft/compat.hpp>

#include <algorithm>
#include <utility>

// What a connection asks the group, and hears from it.

namespace kvnode {

namespace {

/// The group answers before the deadline of the connection by so much at most,
/// since it knows more about what became of a request.
constexpr raft::timespan max_headstart = std::chrono::milliseconds(100);

} // namespace

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

void http_connection_state::ask(raft::request_id id, ask_snapshot&) {
  auto me = caf::actor_cast<raft::client_actor>(self_);
  raft::post(self_, setup_.env->group,
             raft::request_snapshot{id, time_left(), std::move(me)});
}

void http_connection_state::ask(raft::request_id id, ask_change& what) {
  auto me = caf::actor_cast<raft::change_listener>(self_);
  raft::post(self_, setup_.env->group,
             raft::change_members{id, std::move(what.what),
                                  what.wait_for_voters, time_left(),
                                  std::move(me)});
}

void http_connection_state::on(const raft::outcome& msg) {
  if (auto plan = queue_.find(msg.id)) {
    auto what = make_answer(*plan, msg);
    if (plan->timed)
      what.timing = timing_text(*plan, msg.times, raft::now(self_));
    settle(msg.id, what);
  }
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

void http_connection_state::on(const raft::members_changed& msg) {
  if (auto plan = queue_.find(msg.id))
    settle(msg.id, make_answer(*plan, msg));
  end_turn_with_others();
}

void http_connection_state::settle(raft::request_id id,
                                   const http_answer& what) {
  queue_.settle(id, what, output_.text());
}

} // namespace kvnode

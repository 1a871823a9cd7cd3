#pragma once

#include "caf/raft/client.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/typed_machine.hpp"

#include <map>
#include <string>

// The handle of a replicated group: an ordinary typed actor with a message for
// each command and query of the state machine, and one each for what there is
// to know and to do besides. Good on any member.

namespace caf::raft {

/// What an error at the door means; `errc::none` for errors that are not ours,
/// such as a time-out of the request itself. A write that timed out there may
/// still happen: give requests more time than `settings::request_timeout`.
errc code_of(const caf::error& what);

/// The one place where our codes become CAF's errors.
caf::error make_door_error(errc code, const std::string& text);

namespace detail {

template <class Machine, class Commands, class Queries>
struct group_interface;

template <class Machine, class... Cs, class... Qs>
struct group_interface<Machine, list<Cs...>, list<Qs...>> {
  using machine = typed_machine<Machine>;

  using type = handle<
    caf::result<typename machine::template applied_type<Cs>>(Cs)...,
    caf::result<typename machine::template answer_type<Qs>>(Qs)...,
    caf::result<typename machine::template answer_type<Qs>>(local, Qs)...,
    caf::result<bool>(is_leader), caf::result<status>(get_state),
    caf::result<void>(transfer_to), caf::result<configuration>(get_members),
    caf::result<configuration>(change), caf::result<void>(subscribe),
    caf::result<uint64_t>(make_snapshot), caf::result<void>(leave),
    caf::result<void>(outcome), caf::result<void>(status_report),
    caf::result<void>(members_changed), caf::result<void>(stopped)>;
};

} // namespace detail

/// The handle of a group that replicates `Machine`.
template <class Machine>
using group_of =
  typename detail::group_interface<Machine, typename Machine::commands,
                                   typename Machine::queries>::type;

/// Translates between the types of a machine and the group's member: one for
/// each `group_of`.
template <class Machine>
class group_state {
public:
  using handle = group_of<Machine>;
  static constexpr const char* name = "raft.group";

  group_state(scheduled_actor* self, group_actor member)
    : self_(self),
      member_(std::move(member)) {
    // nop
  }

  typename handle::behavior_type make_behavior() {
    return behavior(typename Machine::commands{}, typename Machine::queries{});
  }

private:
  using machine = typed_machine<Machine>;

  /// A request that waits for its outcome.
  struct pending {
    response_promise promise;
    void (*deliver)(response_promise&, outcome&);
  };

  template <class... Cs, class... Qs>
  typename handle::behavior_type behavior(list<Cs...>, list<Qs...>) {
    return {
      [this](const Cs& x) {
        using answer = typename machine::template applied_type<Cs>;
        return ask<answer>(request_kind::command, machine::encode_command(x));
      }...,
      [this](const Qs& x) {
        using answer = typename machine::template answer_type<Qs>;
        return ask<answer>(request_kind::query, machine::encode_query(x));
      }...,
      [this](local, const Qs& x) {
        using answer = typename machine::template answer_type<Qs>;
        return ask<answer>(request_kind::local_query, machine::encode_query(x));
      }...,
      [this](is_leader) { return ask_leader(); },
      [this](get_state) { return ask_state(); },
      [this](transfer_to x) { return transfer(x); },
      [this](get_members) { return ask_members(); },
      [this](const change& x) { return change_them(x); },
      [this](const subscribe& x) { post(self_, member_, x); },
      [this](make_snapshot) { return snapshot(); },
      [this](leave) { return end(); },
      [this](outcome& x) { on(x); },
      [this](const status_report& x) { on(x); },
      [this](const members_changed& x) { on(x); },
      [this](stopped) { on_stopped(); },
    };
  }

  template <class Answer>
  static void deliver_answer(response_promise& promise, outcome& x) {
    Answer value{};
    if (codec<Answer>::decode(x.answer, value))
      promise.deliver(std::move(value));
    else
      promise.deliver(
        make_door_error(errc::invalid_argument, "the answer cannot be read"));
  }

  template <class Answer>
  caf::result<Answer> ask(request_kind kind, bytes payload) {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    open_.emplace(id, pending{promise, &deliver_answer<Answer>});
    post(self_, member_, submit{id, kind, std::move(payload), {}, me()});
    return delegated<Answer>{};
  }

  caf::result<bool> ask_leader() {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    open_.emplace(id, pending{promise, [](response_promise& to, outcome& x) {
                                to.deliver(!x.answer.empty()
                                           && x.answer[0] != std::byte{0});
                              }});
    post(self_, member_, raft::ask_is_leader{id, {}, me()});
    return delegated<bool>{};
  }

  caf::result<status> ask_state() {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    states_.emplace(id, promise);
    post(self_, member_, get_status{id, me()});
    return delegated<status>{};
  }

  caf::result<void> transfer(transfer_to x) {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    open_.emplace(id, pending{promise, [](response_promise& to, outcome&) {
                                to.deliver(unit);
                              }});
    post(self_, member_, transfer_leadership{id, x.member, {}, me()});
    return delegated<void>{};
  }

  caf::result<uint64_t> snapshot() {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    open_.emplace(id, pending{promise, [](response_promise& to, outcome& x) {
                                to.deliver(x.entry.index.value);
                              }});
    post(self_, member_, request_snapshot{id, {}, me()});
    return delegated<uint64_t>{};
  }

  /// The members, as this member's log has them.
  caf::result<configuration> ask_members() {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    members_.emplace(id, promise);
    post(self_, member_, get_status{id, me()});
    return delegated<configuration>{};
  }

  /// Answered with the members as soon as the change is committed.
  caf::result<configuration> change_them(const change& x) {
    auto promise = self_->make_response_promise();
    auto id = ++last_;
    members_.emplace(id, promise);
    post(self_, member_, change_members{id, x, false, {}, me()});
    return delegated<configuration>{};
  }

  caf::result<void> end() {
    auto promise = self_->make_response_promise();
    leaving_ = promise;
    post(self_, member_, stop_group{std::chrono::seconds(8), me()});
    return delegated<void>{};
  }

  void on(outcome& x) {
    auto i = open_.find(x.id);
    if (i == open_.end())
      return;
    auto found = std::move(i->second);
    open_.erase(i);
    if (x.code == errc::none)
      found.deliver(found.promise, x);
    else
      found.promise.deliver(make_door_error(x.code, x.text));
  }

  void on(const members_changed& x) {
    auto i = members_.find(x.id);
    if (i == members_.end())
      return;
    if (x.code == errc::none)
      i->second.deliver(x.members);
    else
      i->second.deliver(make_door_error(x.code, x.text));
    members_.erase(i);
  }

  void on(const status_report& x) {
    if (auto i = members_.find(x.id); i != members_.end()) {
      auto& value = x.value.members.value;
      i->second.deliver(value ? *value : configuration{});
      members_.erase(i);
      return;
    }
    auto i = states_.find(x.id);
    if (i == states_.end())
      return;
    i->second.deliver(x.value);
    states_.erase(i);
  }

  void on_stopped() {
    if (leaving_.pending())
      leaving_.deliver(unit);
    self_->quit();
  }

  handle me() const {
    return actor_cast<handle>(self_);
  }

  scheduled_actor* self_;
  group_actor member_;
  request_id last_;
  std::map<request_id, pending> open_;
  std::map<request_id, response_promise> states_;
  std::map<request_id, response_promise> members_;
  response_promise leaving_;
};

} // namespace caf::raft

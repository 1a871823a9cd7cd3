#include "kvnode/support/fake_group.hpp"

#include <algorithm>

namespace kvnode::testing {

fake_group_state::fake_group_state(caf::scheduled_actor* self,
                                   std::shared_ptr<group_control> control)
  : self_(self),
    control_(std::move(control)) {
  // nop
}

group_front::behavior_type fake_group_state::make_behavior() {
  return {
    [this](const raft::submit& msg) { on(msg); },
    [this](const raft::get_status& msg) { on(msg); },
    [this](const raft::get_log& msg) { on(msg); },
    [this](const raft::transfer_leadership& msg) { on(msg); },
    [this](const raft::request_snapshot& msg) { on(msg); },
    [this](const raft::change_members& msg) { on(msg); },
  };
}

raft::status fake_group_state::sample_status() {
  raft::status result;
  result.id = raft::server_id{1};
  result.role = raft::role_name::leader;
  result.term = raft::term_t{3};
  result.leader = result.id;
  return result;
}

void fake_group_state::on(const raft::submit& msg) {
  if (control_->keep(msg))
    return;
  raft::outcome result;
  result.id = msg.id;
  if (msg.kind == raft::request_kind::command) {
    raft::index_t index{log_.size() + 1};
    log_.push_back(raft::entry::make(index, raft::term_t{1},
                                     raft::entry_kind::command, msg.payload));
    result.entry = log_.back().id();
    result.answer = store_.apply(index, log_.back().payload());
  } else {
    result.answer = store_.query(msg.payload);
  }
  raft::post(self_, msg.reply_to, std::move(result));
}

void fake_group_state::on(const raft::get_status& msg) {
  if (!control_->holding())
    raft::post(self_, msg.reply_to,
               raft::status_report{msg.id, sample_status()});
}

void fake_group_state::on(const raft::get_log& msg) {
  raft::log_page page;
  page.id = msg.id;
  page.first_index = raft::index_t{1};
  page.last_index = raft::index_t{log_.size()};
  page.commit_index = page.last_index;
  auto first = std::max<uint64_t>(msg.from.value, 1) - 1;
  for (auto i = first; i < std::min(first + msg.limit, log_.size()); ++i)
    page.content.push_back(log_[i]);
  raft::post(self_, msg.reply_to, std::move(page));
}

void fake_group_state::on(const raft::request_snapshot& msg) {
  raft::outcome result;
  result.id = msg.id;
  result.entry = {raft::term_t{1}, raft::index_t{log_.size()}};
  raft::post(self_, msg.reply_to, std::move(result));
}

/// The members stand at index 7; whoever wants member 9 is told no.
void fake_group_state::on(const raft::change_members& msg) {
  raft::members_changed result;
  result.id = msg.id;
  result.index = raft::index_t{7};
  auto& what = msg.what;
  auto is_elsewhere = what.only_at && *what.only_at != result.index;
  for (auto& x : what.members)
    if (is_elsewhere || x.id == raft::server_id{9}) {
      result.code = raft::errc::rejected;
      result.text = "another change is under way";
    }
  result.members.members.push_back({raft::server_id{1}, "a:1", {}});
  result.members.voters.push_back(raft::server_id{1});
  raft::post(self_, msg.reply_to, std::move(result));
}

void fake_group_state::on(const raft::transfer_leadership& msg) {
  raft::outcome result;
  result.id = msg.id;
  if (msg.to == raft::server_id{9})
    result.code = raft::errc::rejected;
  raft::post(self_, msg.reply_to, std::move(result));
}

} // namespace kvnode::testing

#include "caf/raft/core/leader_membership.hpp"

#include "caf/raft/core/membership.hpp"
#include "caf/raft/leader_actor.hpp"
#include "caf/raft/wire/configuration_codec.hpp"

// How a leader changes the members, for clients and by itself.

namespace caf::raft {

void leader_state::on(const begin_change& msg) {
  change_result result;
  result.id = msg.id;
  if (desk_.over()) {
    result.code = errc::no_leader;
    desk_.tell_server(change_answered{std::move(result)});
    return;
  }
  auto begun = core::begin_change(rules_, msg.what, desk_.now(), desk_.cfg());
  if (!begun) {
    result.code = begun.error().code;
    result.text = begun.error().text;
  } else {
    result.members = begun->result;
    if (begun->append)
      result.entry = append_members(std::move(*begun->append));
  }
  result.newest = rules_.self.log.newest_configuration().index;
  desk_.tell_server(change_answered{std::move(result)});
  pump();
}

void leader_state::on(const member_seen& msg) {
  if (desk_.over())
    return;
  if (msg.unformed)
    core::on_unformed_member(rules_, msg.who, msg.address);
  else
    core::on_address(rules_, msg.who, msg.address);
  change_members();
}

/// Does what there is to do by itself.
void leader_state::change_members() {
  tell_of_slow_learners();
  if (auto next = core::next_configuration(rules_, desk_.now(), desk_.cfg())) {
    append_members(std::move(*next));
    pump();
  }
}

/// Once for each: whoever added them waits for them, and may not know why.
void leader_state::tell_of_slow_learners() {
  for (auto& [id, x] : rules_.catching_up)
    if (x.too_slow() && slow_.insert(id).second)
      desk_.log().warning(
        "member " + to_string(id)
        + " does not catch up: " + std::to_string(core::catch_up::max_rounds)
        + " rounds in a row took longer than an election timeout; it "
          "stays a learner until one does not");
}

entry_id leader_state::append_members(configuration what) {
  auto value = std::make_shared<const configuration>(std::move(what));
  auto encoded = wire::encode_configuration(*value);
  auto before = rules_.self.log.newest_configuration().value;
  auto result = core::append_configuration(rules_, value, encoded, desk_.now());
  for (auto& x : before->members) {
    auto* known = core::find_member(*value, x.id);
    if (known != nullptr && known->incarnation != x.incarnation)
      forget(x.id);
  }
  desk_.log().info("the members change: configuration at "
                   + to_string(result.index) + " with "
                   + std::to_string(value->voters.size()) + " voters of "
                   + std::to_string(value->members.size()) + " members"
                   + (core::is_joint(*value) ? ", joint" : ""));
  desk_.note_members(rules_.self);
  return result;
}

bool leader_state::is_member(server_id id) const {
  return core::find_member(rules_.self.members(), id) != nullptr;
}

/// Who was removed and knows it, or is gone, is followed no more.
void leader_state::forget_removed() {
  auto leaving = rules_.leaving;
  for (auto& [id, unused] : leaving)
    if (core::told_of_removal(rules_, id, told_[id])
        || core::give_up_on_removed(rules_, id, desk_.now(), desk_.cfg()))
      forget(id);
}

/// What was noted of a member that is none any more, or of its former life.
void leader_state::forget(server_id id) {
  told_.erase(id);
  awaited_.erase(id);
  reading_.erase(id);
  senders_.erase(id);
  slow_.erase(id);
}

/// Hands over to who can lead; without anybody the others find one by
/// themselves.
void leader_state::step_down() {
  if (!core::must_step_down(rules_) || rules_.handing_over)
    return;
  auto to = core::begin_transfer(rules_, server_id{}, desk_.now(), desk_.cfg());
  if (!to) {
    hand_over(core::role_kind::follower);
    return;
  }
  desk_.log().info("this member is no voter any more: leadership is handed "
                   "over to member "
                   + to_string(*to));
  tell_successor();
}

} // namespace caf::raft

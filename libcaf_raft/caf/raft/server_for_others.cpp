#include "caf/raft/server_actor.hpp"

// What other members ask of our leadership, and what its role answers.

namespace caf::raft {

void server_state::pass_on_commands(propose& msg) {
  append_commands commands{msg.from.id, {}};
  commands.commands.reserve(msg.proposals.size());
  for (auto& x : msg.proposals) {
    remote_commands_.insert({msg.from.id, x.id});
    commands.commands.push_back({x.id, std::move(x.command)});
  }
  post(self_, role_, std::move(commands));
}

void server_state::pass_on_read(const read_index& msg) {
  core::reader who{msg.from.id, msg.id};
  remote_reads_.insert(who);
  post(self_, role_, confirm_read{who});
}

void server_state::pass_on_transfer(const request_transfer& msg) {
  remote_transfers_[++last_transfer_] = {msg.from.id, msg.id};
  post(self_, role_, begin_transfer{last_transfer_, msg.to});
}

void server_state::on(const transfer_begun& msg) {
  if (auto i = remote_transfers_.find(msg.id); i != remote_transfers_.end()) {
    send(i->second.member,
         transfer_result{env_.self, term_, i->second.id, msg.why.code, msg.to});
    remote_transfers_.erase(i);
    return;
  }
  if (msg.why.code == errc::none)
    leadership_.begun(msg.id, msg.to, leader_);
  else
    leadership_.refuse(msg.id, msg.why);
  // There is nobody to hand over to: the end need not wait for it.
  if (stopping_ && !msg.id && msg.why.code != errc::none
      && kind_ == core::role_kind::leader) {
    leads_to_the_end_ = true;
    progress_of_stop();
  }
}

void server_state::on(const commands_appended& msg) {
  if (msg.origin == env_.self.id) {
    clients_.appended(msg.results);
    flush_soon();
    return;
  }
  // What a role refuses after its end was refused before.
  propose_result answer{env_.self, term_, {}};
  for (auto& x : msg.results)
    if (remote_commands_.erase({msg.origin, x.id}) > 0)
      answer.results.push_back(x);
  if (!answer.results.empty())
    send(msg.origin, answer);
}

void server_state::on(const reads_confirmed& msg) {
  for (auto& x : msg.readers) {
    if (x.member == env_.self.id) {
      clients_.read_confirmed(x.id, msg.code, msg.index, applier_);
      continue;
    }
    remote_reads_.erase(x);
    auto commit = msg.commits.find(x.member);
    send(x.member, read_index_result{
                     env_.self, term_, x.id, msg.code, msg.index,
                     commit == msg.commits.end() ? index_t{} : commit->second});
  }
  flush_soon();
}

/// The tenure is over: what its role was asked and did not answer was certainly
/// not appended. Also where it did not lead: it ended before it could say so.
void server_state::refuse_remote_requests() {
  std::map<server_id, std::vector<proposal_result>> results;
  for (auto& x : remote_commands_)
    results[x.member].push_back({x.id, errc::no_leader, {}});
  for (auto& [member, xs] : results)
    send(member, propose_result{env_.self, term_, std::move(xs)});
  for (auto& x : remote_reads_)
    send(x.member,
         read_index_result{env_.self, term_, x.id, errc::no_leader, {}, {}});
  remote_commands_.clear();
  for (auto& [unused, x] : remote_transfers_)
    send(x.member,
         transfer_result{env_.self, term_, x.id, errc::no_leader, {}});
  for (auto& [unused, x] : remote_changes_)
    send(x.member, change_result{
                     env_.self, term_, x.id, errc::no_leader, {}, {}, {}, {}});
  remote_reads_.clear();
  remote_transfers_.clear();
  remote_changes_.clear();
}

} // namespace caf::raft

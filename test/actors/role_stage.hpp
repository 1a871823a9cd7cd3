#pragma once

#include "actors/net_fakes.hpp"
#include "caf/raft/candidate_actor.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/follower_actor.hpp"
#include "caf/raft/leader_actor.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/testing/sim_disk.hpp"

#include <doctest/doctest.h>

#include <sstream>

// One role, with a test in the place of everyone that it talks to.

namespace roles {

using namespace caf::raft;

inline constexpr term_t term{5};
inline constexpr tenure_id ours{77};
inline constexpr tenure_id theirs{99};
inline const sender self{server_id{1}, incarnation_t{11}};
inline const sender peer{server_id{2}, incarnation_t{22}};

inline configuration_ptr three_members() {
  std::vector<member> members;
  for (uint64_t id = 1; id <= 3; ++id)
    members.push_back({server_id{id}, "host:1", incarnation_t{11 * id}});
  return std::make_shared<configuration>(
    core::founding_configuration(std::move(members)));
}

/// Entries 1@4 and 2@4 in the log, the first one committed.
inline core::tenure make_tenure(uint64_t first_in_memory) {
  core::tenure result;
  result.group = group_id{1};
  result.self = self;
  result.term = term;
  result.number = ours;
  core::log_tail::contents log;
  log.base_configuration = three_members();
  log.term_starts = {{term_t{4}, index_t{1}}};
  log.last_index = index_t{2};
  for (uint64_t i = first_in_memory; i <= 2; ++i)
    log.recent.push_back(
      entry::make(index_t{i}, term_t{4}, entry_kind::command, {}));
  result.log = core::log_tail{std::move(log)};
  result.commit_index = index_t{1};
  return result;
}

enum class role_t { follower, pre_candidate, candidate, leader };

/// One role with a test in the place of everyone it talks to.
struct stage {
  net::virtual_process process;
  net::collector<tenure_over, leader_known, entries_released, reads_confirmed,
                 commands_appended, transfer_begun, role_report, received,
                 snapshot_installed>
    server{process.sys.system()};
  net::collector<receive_chunk, read_chunk> snapshotter{process.sys.system()};
  net::collector<store> log{process.sys.system()};
  net::collector<read_log> reader{process.sys.system()};
  net::collector<send_frame> remote{process.sys.system()};
  role_actor role;
  /// The newest of the writes that it handed to the log.
  write_id newest_write;

  explicit stage(role_t kind, uint64_t first_in_memory = 1) {
    auto setup = std::make_shared<role_setup>();
    setup->server = server.as<server_actor>();
    setup->log = log.as<log_actor>();
    setup->reader = reader.as<log_reader_actor>();
    setup->snapshotter = snapshotter.as<snapshotter_actor>();
    setup->peers.emplace(server_id{2}, remote.as<peer_actor>());
    setup->begin_with = std::make_shared<baton>();
    setup->begin_with->tenure = make_tenure(first_in_memory);
    setup->begin_with->room.reported(1 << 20);
    setup->begin_with->released = index_t{1};
    if (kind == role_t::candidate || kind == role_t::leader)
      setup->begin_with->tenure.voted_for = self.id;
    if (kind == role_t::candidate)
      newest_write = setup->term_write
        = setup->begin_with->tenure.log.next_write();
    auto& sys = process.sys.system();
    switch (kind) {
      case role_t::follower:
        role = spawn_at<follower_state>(sys, placement::scheduled, setup);
        break;
      case role_t::leader:
        role = spawn_at<leader_state>(sys, placement::scheduled, setup);
        break;
      default:
        role = spawn_at<candidate_state>(sys, placement::scheduled, setup,
                                         kind == role_t::pre_candidate);
    }
    process.run();
    report();
  }

  /// What was sent, stored and told since the last call, in words.
  std::string report() {
    std::ostringstream out;
    for (auto& x : remote.take<send_frame>()) {
      auto view = x.frame->view();
      wire::frame_reader in{view.size()};
      in.feed(view);
      auto frame = in.next();
      auto what = wire::decode_group(self, (**frame).body, (**frame).owner);
      out << "sends " << core::name_of(what->body) << detail_of(what->body)
          << ";";
    }
    for (auto& x : log.take<store>()) {
      newest_write = x.what.number;
      out << "stores" << (x.what.state ? " state" : "")
          << (x.what.append.empty() ? "" : " entries")
          << (x.what.base ? " base" : "") << ";";
    }
    for (auto& x : server.take<tenure_over>())
      out << "ends, next " << static_cast<int>(x.next)
          << (x.unread ? " with the message" : "") << ";";
    for (auto& x : server.take<reads_confirmed>())
      out << "read " << to_string(x.code) << ";";
    for (auto& x : server.take<commands_appended>())
      for (auto& y : x.results)
        out << "command " << to_string(y.code) << ";";
    for (auto& x : server.take<transfer_begun>())
      out << "transfer " << to_string(x.why.code) << ";";
    for (auto& x : server.take<role_report>())
      out << "says " << to_string(x.value.role) << ";";
    for (auto& x : server.take<leader_known>())
      out << "follows " << to_string(x.leader) << ";";
    for (auto& x : server.take<received>())
      out << "gives back " << core::name_of(x.body) << ";";
    for (auto& x : server.take<entries_released>())
      out << "releases " << to_string(x.last) << ";";
    for (auto& x : server.take<snapshot_installed>())
      out << "installs " << to_string(x.head->last) << ";";
    for (auto& x : snapshotter.take<receive_chunk>())
      out << "takes chunk " << x.number << ";";
    for (auto& x : snapshotter.take<read_chunk>())
      out << "reads chunk " << x.number << ";";
    return out.str();
  }

  static std::string detail_of(const message& what) {
    if (auto* x = std::get_if<vote_result>(&what))
      return x->granted ? " yes" : " no";
    if (auto* x = std::get_if<append_result>(&what))
      return x->success ? " yes" : " no";
    return {};
  }

  template <class T>
  std::string after(T what) {
    process.tell(role, std::move(what));
    return report();
  }

  /// All writes so far are durable: only a real log can say so.
  std::string after_stored() {
    testing::sim_disk disk{self.id, self.incarnation};
    auto& sys = process.sys.system();
    net::collector<recovered, log_stored, log_room> server_of_log{sys};
    auto real = spawn_at<log_actor_state>(
      sys, placement::scheduled, disk.open(), logger{}, fatal_handler{});
    process.tell(real,
                 recover_group{group_id{1}, 0, server_of_log.as<log_client>()});
    log_write last;
    last.group = group_id{1};
    last.number = newest_write;
    process.tell(real, store{last});
    auto said = server_of_log.take<log_stored>();
    REQUIRE(said.size() == 1);
    return after(said.front());
  }
};

} // namespace roles

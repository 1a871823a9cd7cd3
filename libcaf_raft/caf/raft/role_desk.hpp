#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/core/stages.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/settings.hpp"

#include <algorithm>
#include <memory>

namespace caf::raft {

/// What a role is given when its tenure begins.
struct role_setup {
  settings cfg;
  server_actor server;
  log_actor log;
  log_reader_actor reader;
  snapshotter_actor snapshotter;
  peer_table peers;
  logger log_to;
  /// A random number, for the election timeout.
  uint64_t draw = 0;
  /// What was handed over, moved out by the role.
  std::shared_ptr<baton> begin_with;
  /// The write that made the term (and a candidate's own vote) durable; none
  /// where the term was entered before.
  write_id term_write;
  /// A candidacy that the leader asked for.
  bool transfer = false;
};

/// What all roles do alike: send, store, release what may be applied, hand
/// over.
class role_desk {
public:
  role_desk(scheduled_actor* self, const role_setup& setup);

  const settings& cfg() const {
    return cfg_;
  }

  const logger& log() const {
    return log_to_;
  }

  const log_reader_actor& reader() const {
    return reader_;
  }

  const snapshotter_actor& snapshotter() const {
    return snapshotter_;
  }

  core::room_gauge& room() {
    return room_;
  }

  time_point now() const {
    return raft::now(self_);
  }

  /// Sends to another member, if there is a way to it.
  void send(server_id to, group_id group, const message& what) const;

  void send(server_id to, const wire::frame_ptr& what,
            lane by = lane::messages) const;

  /// Hands a write to the log actor.
  void store(log_write what);

  template <class T>
  void tell_server(T&& what) const {
    post(self_, server_, std::forward<T>(what));
  }

  /// Tells the server what may be applied since the last call: committed and
  /// durable here.
  void release(const core::tenure& tenure);

  /// The log has stored something: tells of a snapshot that is installed by that,
  /// releases what may be applied, and lets the log become shorter.
  /// @param needed Entries behind this one are still wanted by somebody.
  void stored(core::tenure& tenure, index_t needed);

  /// A snapshot covers what was not released yet: that will not be applied.
  void jump_to(index_t index) {
    released_ = std::max(released_, index);
  }

  /// Tells the server of the members, where the newest configuration or the
  /// newest committed one has changed since the last call.
  void note_members(const core::tenure& tenure);

  void add_peers(const new_peers& msg) {
    peers_ = msg.peers;
  }

  /// Answers a change of the members that only a leader can begin.
  void refuse(const begin_change& msg) const;

  /// Arms the role's only timer; earlier ones are void.
  void wake_at(time_point when);

  bool is_current(wake msg) const {
    return msg.generation == generation_ && !over_;
  }

  /// Ends the tenure: the role hands everything over. It stays until the server
  /// has heard of it and says `end_tenure`, and gives back what the server has
  /// sent meanwhile.
  void hand_over(core::tenure&& tenure, core::role_kind next,
                 bool transfer = false, std::shared_ptr<message> unread = {});

  /// For the next role: it arrived between `hand_over` and `end_tenure`.
  void give_back(message what) const {
    tell_server(received{std::move(what)});
  }

  /// Nothing is to come any more: the role is gone.
  void leave() {
    self_->quit();
  }

  /// Whether the tenure has ended.
  bool over() const {
    return over_;
  }

private:
  scheduled_actor* self_;
  settings cfg_;
  server_actor server_;
  log_actor log_;
  log_reader_actor reader_;
  snapshotter_actor snapshotter_;
  peer_table peers_;
  logger log_to_;
  core::room_gauge room_;
  index_t released_;
  /// When entries were on this disk that are not released.
  core::releases durable_;
  /// The last write that was handed to the log.
  write_id last_write_;
  /// As the server was told.
  placed_configuration newest_;
  placed_configuration committed_;
  uint64_t generation_ = 0;
  bool over_ = false;
};

/// What may be admitted: nothing on a disk that counts as full. The rest is for
/// what was admitted before.
inline size_t usable_room(const log_room& msg) {
  return msg.trouble.empty() ? msg.room : 0;
}

/// What every role can say of itself.
status describe(const core::tenure& tenure, role_name role);

} // namespace caf::raft

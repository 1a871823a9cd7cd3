#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/log.hpp"
#include "caf/raft/storage/log_store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace caf::raft {

/// What happens when the process must not go on, because it cannot know what is
/// on its disk. Does not return in a real node.
using fatal_handler = std::function<void(const failure&)>;

/// The only one who writes: one per data directory, for all groups. Commits all
/// that queued up during the last commit as one transaction, and tells each
/// group's server up to which of its writes everything is durable. Decides
/// nothing.
///
/// A commit is durable with the next one, or by a sync, which runs at once when
/// nothing else is queued and always when a commit has a term or a vote in it
/// (docs/durability.md).
class log_actor_state {
public:
  using handle = log_actor;
  static constexpr const char* name = "raft.log";

  log_actor_state(scheduled_actor* self,
                  std::shared_ptr<storage::log_store> store, logger log,
                  fatal_handler fatal);

  handle::behavior_type make_behavior();

private:
  /// The newest write of each group in a commit.
  using commit_record = std::map<group_id, write_id>;

  void on(const recover_group& msg);
  void on(store& msg);
  void on(const found_cluster& msg);
  void on(drain);
  void on(settle);
  void on(wake);
  void on(const stop_log& msg);

  void commit_queue();
  void found();
  void sync();
  void make_room_soon();
  void retry_later();
  bool make_room();
  void report_durable();
  void report_room();
  void refused(const failure& why);
  void no_space(const failure& why);
  void fail(const failure& why);

  scheduled_actor* self_;
  std::shared_ptr<storage::log_store> store_;
  logger log_;
  fatal_handler fatal_;
  std::map<group_id, log_client> clients_;
  std::vector<log_write> queue_;
  /// The cluster that is not founded yet for lack of room.
  std::optional<found_cluster> founding_;
  /// Commits that are not known to be durable, oldest first.
  std::deque<commit_record> unconfirmed_;
  /// How many commits there were and how many of them were reported.
  uint64_t commits_ = 0;
  bool draining_ = false;
  bool making_room_ = false;
  /// The last step set no more room aside: there is enough, or can be no more.
  bool room_is_all_ = false;
  bool failed_ = false;
  size_t reported_room_ = 0;
  std::string trouble_;
};

} // namespace caf::raft

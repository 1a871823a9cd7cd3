#pragma once

#include "kvnode/http_actors.hpp"
#include "kvnode/kv_store.hpp"

#include <caf/raft/compat.hpp>

#include <mutex>
#include <vector>

namespace kvnode::testing {

/// What a test and its group share.
class group_control {
public:
  /// From now on requests are kept until the test answers them.
  void hold() {
    std::lock_guard guard{mutex_};
    holding_ = true;
  }

  /// @returns Whether it was kept.
  bool keep(const raft::submit& what) {
    std::lock_guard guard{mutex_};
    if (holding_)
      held_.push_back(what);
    return holding_;
  }

  bool holding() {
    std::lock_guard guard{mutex_};
    return holding_;
  }

  std::vector<raft::submit> held() {
    std::lock_guard guard{mutex_};
    return held_;
  }

private:
  std::mutex mutex_;
  bool holding_ = false;
  std::vector<raft::submit> held_;
};

/// A group of one member without Raft: what is submitted is applied at once.
class fake_group_state {
public:
  using handle = group_front;
  static constexpr const char* name = "fake_group";

  fake_group_state(caf::scheduled_actor* self,
                   std::shared_ptr<group_control> control);

  handle::behavior_type make_behavior();

  /// The status of all such groups.
  static raft::status sample_status();

private:
  void on(const raft::submit& msg);
  void on(const raft::get_status& msg);
  void on(const raft::get_log& msg);
  void on(const raft::transfer_leadership& msg);
  void on(const raft::change_members& msg);
  void on(const raft::request_snapshot& msg);

  caf::scheduled_actor* self_;
  std::shared_ptr<group_control> control_;
  kv_store store_;
  raft::entries log_;
};

} // namespace kvnode::testing

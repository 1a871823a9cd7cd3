#pragma once

#include "caf/raft/actors.hpp"

namespace caf::raft {

/// Looks names up, one after the other, on a thread of its own: asking the
/// system may take as long as it likes.
class resolver_state {
public:
  using handle = resolver_actor;
  static constexpr const char* name = "raft.resolver";

  explicit resolver_state(scheduled_actor* self);

  handle::behavior_type make_behavior();

private:
  void on(const resolve_name& msg);

  scheduled_actor* self_;
};

} // namespace caf::raft

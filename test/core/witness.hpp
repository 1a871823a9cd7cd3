#pragma once

#include "caf/raft/durable.hpp"

#include <utility>

namespace caf::raft {

/// Stands in for the log actor: says that something is on disk.
struct durability_witness {
  template <class T>
  static durable<T> make(T x) {
    return durable<T>{std::move(x)};
  }
};

} // namespace caf::raft

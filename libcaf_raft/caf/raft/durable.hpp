#pragma once

#include <utility>

namespace caf::raft {

/// The one who may say that something is on disk: the log actor, in its own
/// source file. Tests of rules define their own stand-in.
struct durability_witness;

/// Something that is on disk. Only the log actor can make one, so nothing that
/// promises can be sent before what it promises is durable: the functions that
/// build such messages take a `durable<T>` (docs/durability.md, rule 1).
template <class T>
class durable {
public:
  /// Nothing: CAF wants messages to be default constructible.
  durable() = default;

  const T& operator*() const {
    return value_;
  }

  const T* operator->() const {
    return &value_;
  }

private:
  friend durability_witness;

  explicit durable(T value) : value_(std::move(value)) {
    // nop
  }

  T value_{};
};

} // namespace caf::raft

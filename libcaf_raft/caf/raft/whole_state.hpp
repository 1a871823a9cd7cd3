#pragma once

#include "caf/raft/state_machine.hpp"

#include <functional>
#include <limits>

// Snapshots of machines whose whole state may be copied at once.

namespace caf::raft {

/// Gives bytes that were made when the view began.
class whole_view final : public state_view {
public:
  /// @param most How much a `read` gives at most, whatever is wanted.
  explicit whole_view(bytes all,
                      size_t most = std::numeric_limits<size_t>::max());

  bool read(bytes& to, size_t wanted) override;

private:
  bytes all_;
  size_t most_;
  size_t given_ = 0;
};

/// Collects all bytes, and hands them over at the end.
class whole_loader final : public state_loader {
public:
  /// @param load Replaces the state; throws if it cannot, and has changed
  ///             nothing then.
  explicit whole_loader(std::function<void(bytes_view)> load);

  void write(bytes_view from) override;

  void finish() override;

private:
  std::function<void(bytes_view)> load_;
  bytes all_;
};

} // namespace caf::raft

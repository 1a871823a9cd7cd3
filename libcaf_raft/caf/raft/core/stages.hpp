#pragma once

#include "caf/raft/stage_times.hpp"
#include "caf/raft/types.hpp"

#include <deque>
#include <optional>

namespace caf::raft::core {

/// When a request came where. What it has not come to is the zero of the clock.
struct stamps {
  time_point since{};
  /// Handed to the leader.
  time_point taken{};
  /// Appended, or, of a query, confirmed.
  time_point placed{};
};

/// When entries that may be applied were on this disk, and were known to be
/// committed.
struct release {
  index_t last;
  time_point stored{};
  time_point committed{};
};

/// The newest releases, for as long as anything that they cover waits to be
/// applied.
class releases {
public:
  void add(const release& x);

  /// @returns The release that an entry was part of; nothing for one that was
  ///          not released, or too long ago.
  std::optional<release> find(index_t index) const;

  /// What was behind an entry is there no more, or stands there anew.
  void forget_behind(index_t index);

  /// All up to an entry are applied.
  void forget_up_to(index_t index);

private:
  std::deque<release> all_;
};

/// Of a command that is answered now.
/// @param by What its entry was released with, where that is known.
stage_times command_stages(const stamps& from, const std::optional<release>& by,
                           time_point now);

/// Of a query that is answered now.
stage_times query_stages(const stamps& from, time_point now);

} // namespace caf::raft::core

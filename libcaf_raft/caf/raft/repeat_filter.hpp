#pragma once

#include "caf/raft/time.hpp"

#include <map>
#include <string>

namespace caf::raft {

/// Keeps a log from being flooded by what happens again and again: says which
/// lines are worth a line.
class repeat_filter {
public:
  /// @param matter What the line is about, such as "to member 2". The same line
  ///               as the last one about it passes after a minute; others pass,
  ///               six in a row and then one in ten seconds.
  bool passes(const std::string& matter, const std::string& line,
              time_point now);

private:
  struct record {
    std::string line;
    time_point said;
    /// How many lines may pass, and since when there are so many.
    int64_t allowance = 0;
    time_point counted;
  };

  record& find(const std::string& matter, time_point now);

  std::map<std::string, record> records_;
};

} // namespace caf::raft

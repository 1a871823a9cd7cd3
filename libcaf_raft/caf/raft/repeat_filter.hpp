#pragma once

#include "caf/raft/time.hpp"

#include <map>
#include <string>

namespace caf::raft {

/// Keeps a log from being flooded by what happens again and again: says which
/// lines are worth a line.
class repeat_filter {
public:
  /// @param matter What the line is about, such as "to member 2". Something new
  ///               about a matter passes, but not within five seconds of the
  ///               line before; the same again passes after a minute.
  bool passes(const std::string& matter, const std::string& line,
              time_point now);

private:
  struct record {
    std::string line;
    time_point at;
  };

  std::map<std::string, record> said_;
};

} // namespace caf::raft

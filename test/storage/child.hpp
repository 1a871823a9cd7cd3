#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace caf::raft::test {

/// What runs in a process of its own, which is killed in the end if it still
/// runs. The process sees a copy of everything here, and nothing of what it does
/// to it comes back but what it writes.
class child {
public:
  /// @param body Gets a descriptor that it may write to.
  explicit child(const std::function<void(int)>& body);

  child(const child&) = delete;

  ~child();

  /// Waits for the next byte that the child writes.
  /// @returns -1 when there will be none any more.
  int read();

  /// Lets the child go on: it waits in `child::wait`.
  void go_on();

  /// For the child.
  static void wait();

  void kill();

  /// Waits for the end.
  /// @returns The signal that ended it; zero if it ended by itself.
  int join();

private:
  int pid_ = -1;
  int from_ = -1;
  int to_ = -1;
};

/// How many cases ended how: 'x' if the process died of it, 'h' if it had to be
/// ended because it did not end by itself.
using outcomes = std::map<char, size_t>;

size_t count(const outcomes& xs, char what);

/// In the form "1200 ok, 3 lost".
std::string to_string(const outcomes& xs,
                      const std::map<char, std::string>& names);

/// Runs cases 0 to `count` in child processes, with no output: what LMDB does
/// with a damaged file may be the end of the process.
/// @param run Returns how the case ended.
void run_cases(size_t count, const std::function<char(size_t)>& run,
               outcomes& result);

} // namespace caf::raft::test

#pragma once

#include "process/support/waiting.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace harness {

/// What is run, and where.
struct command {
  /// The program and its arguments.
  std::vector<std::string> args;
  /// `NAME=VALUE`, added to what this process has.
  std::vector<std::string> environment;
  /// The working directory; empty: that of this process.
  std::string directory;
  /// Where stdout and stderr are appended to.
  std::string log = "/dev/null";
  /// The largest file that it may make, in bytes; none: as this process.
  std::optional<size_t> max_file_bytes = {};
};

/// How a process ended.
struct exit_status {
  /// The exit code, if it ended by itself.
  std::optional<int> code;
  /// The signal, if one ended it.
  std::optional<int> signal;
};

std::string to_string(const exit_status& status);

/// A child of this process. It is killed when the object dies, and by the kernel
/// when the thread that started it ends, in whatever way.
class process {
public:
  process() = default;

  /// Starts it.
  /// @throws failure if there is no such program.
  explicit process(const command& what);

  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;
  ~process();

  /// Zero if it was never started, or has ended and that was noticed.
  pid_t pid() const {
    return pid_;
  }

  bool running();

  /// Sends a signal if it runs.
  void send(int signal);

  /// Waits for the end.
  /// @returns Nothing if it still runs after `bound`.
  std::optional<exit_status> wait(steady::duration bound);

  /// Ends it with SIGKILL, and returns when it is gone.
  void kill();

private:
  pid_t pid_ = 0;
  std::optional<exit_status> ended_;
};

/// CPU time that a process has used, in seconds; zero if there is none.
double cpu_seconds(pid_t pid);

/// The memory of a process that is resident and its own (not mapped from a
/// file), in bytes; zero if there is none.
size_t private_bytes(pid_t pid);

} // namespace harness

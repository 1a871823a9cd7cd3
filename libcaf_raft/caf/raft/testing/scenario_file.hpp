#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace caf::raft::testing {

/// A scenario as it stands in a file: blocks of commands, each with the output
/// that it is to have (docs/testing.md).
///
///     # Comments and empty lines between blocks.
///     command
///     another command
///     ----
///     what they say
///
/// A block ends with an empty line.
class scenario_file {
public:
  /// Runs one command and returns what it says, a line each.
  using executor = std::function<std::string(std::string_view command)>;

  /// Hears at the end of each block what all of it said.
  using block_listener = std::function<void(const std::string& output)>;

  explicit scenario_file(std::string text);

  /// Runs all commands.
  /// @returns The text with the outputs as they are now.
  std::string run(const executor& execute,
                  const block_listener& on_block = {}) const;

  const std::string& text() const {
    return text_;
  }

private:
  std::string text_;
};

/// Where two texts differ first, for a person; empty where they do not.
std::string first_difference(std::string_view expected,
                             std::string_view actual);

} // namespace caf::raft::testing

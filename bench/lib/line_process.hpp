#pragma once

#include "process/support/process.hpp"
#include "process/support/socket.hpp"

#include <string>
#include <vector>

namespace bench {

/// A child that takes lines on its stdin and answers each with one on its
/// stdout.
class line_process {
public:
  /// Starts it.
  /// @param base Where its files are: what it is told, answers and complains
  ///             about is in BASE.in, BASE.out and BASE.log.
  line_process(const std::vector<std::string>& args, std::string base);

  /// @returns The answer.
  /// @throws harness::failure if there is none in time.
  std::string ask(const std::string& line, harness::steady::duration bound);

  double cpu() const;

private:
  /// What it has answered since the last line that was read.
  std::string unread() const;

  std::string base_;
  harness::file_descriptor input_;
  harness::process process_;
  size_t read_ = 0;
};

} // namespace bench

#include "caf/raft/testing/scenario_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace caf::raft::testing {

namespace {

constexpr std::string_view separator = "----";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

bool is_comment(std::string_view line) {
  return line.empty() || line.front() == '#';
}

} // namespace

scenario_file::scenario_file(std::string text) : text_(std::move(text)) {
  // nop
}

std::string scenario_file::run(const executor& execute,
                               const block_listener& on_block) const {
  std::string result;
  std::string output;
  auto lines = lines_of(text_);
  for (size_t i = 0; i < lines.size(); ++i) {
    result += lines[i];
    result += '\n';
    if (is_comment(lines[i]))
      continue;
    if (lines[i] != separator) {
      output += execute(lines[i]);
      continue;
    }
    if (on_block)
      on_block(output);
    result += std::exchange(output, {});
    while (i + 1 < lines.size() && !lines[i + 1].empty())
      ++i;
  }
  // What stands behind the last separator is expected output, not a command.
  if (!output.empty())
    result += std::string{separator} + "\n" + output;
  return result;
}

std::string first_difference(std::string_view expected,
                             std::string_view actual) {
  constexpr size_t shown = 15;
  auto xs = lines_of(expected);
  auto ys = lines_of(actual);
  auto [x, y] = std::mismatch(xs.begin(), xs.end(), ys.begin(), ys.end());
  if (x == xs.end() && y == ys.end())
    return {};
  auto result = fmt::format("line {}, expected:\n", x - xs.begin() + 1);
  for (auto i = x; i != xs.end() && i - x < ptrdiff_t{shown}; ++i)
    result += fmt::format("    {}\n", *i);
  result += "but it is:\n";
  for (auto i = y; i != ys.end() && i - y < ptrdiff_t{shown}; ++i)
    result += fmt::format("    {}\n", *i);
  return result;
}

} // namespace caf::raft::testing

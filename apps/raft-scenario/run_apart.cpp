#include "run_apart.hpp"

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

/// Says on stderr what is wrong, and when that was found.
[[noreturn]] void run_as_child(const swarm_plan& plan, timespan duration) {
  auto failure = find_failure(plan, duration);
  if (failure)
    fmt::print(stderr, "{} {}\n", failure->when.count(), failure->why);
  std::fflush(stderr);
  _exit(failure ? 1 : 0);
}

std::string read_all(int file) {
  std::string result;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto size = ::read(file, buffer.data(), buffer.size());
    if (size <= 0)
      return result;
    result.append(buffer.data(), static_cast<size_t>(size));
  }
}

swarm_finding parse(const std::string& said) {
  std::istringstream in{said};
  int64_t when = 0;
  swarm_finding result;
  in >> when;
  result.when = timespan{when};
  std::getline(in >> std::ws, result.why);
  return result;
}

swarm_finding broken_assertion(std::string_view said, timespan duration) {
  constexpr std::string_view mark = "invariant broken: ";
  auto begin = said.rfind(mark);
  if (begin == said.npos)
    return {"the process ended by itself", duration};
  auto what = said.substr(begin + mark.size());
  return {fmt::format("broken assertion {}", what.substr(0, what.find('\n'))),
          duration};
}

} // namespace

std::optional<swarm_finding> run_apart(const swarm_plan& plan,
                                       timespan duration) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0)
    throw std::runtime_error("cannot make a pipe");
  auto child = ::fork();
  if (child < 0)
    throw std::runtime_error("cannot make a process");
  if (child == 0) {
    ::close(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    run_as_child(plan, duration);
  }
  ::close(ends[1]);
  auto said = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status))
    return broken_assertion(said, duration);
  if (WEXITSTATUS(status) == 0)
    return std::nullopt;
  return parse(said);
}

#include "storage/child.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace caf::raft::test {

namespace {

/// Where this process, if it is a child, is told to go on.
int orders = -1;

/// Ends a child that hangs; far above what anything here takes.
constexpr unsigned patience_seconds = 60;

} // namespace

child::child(const std::function<void(int)>& body) {
  int up[2];
  int down[2];
  REQUIRE(pipe2(up, O_CLOEXEC) == 0);
  REQUIRE(pipe2(down, O_CLOEXEC) == 0);
  std::fflush(nullptr);
  pid_ = fork();
  REQUIRE(pid_ != -1);
  if (pid_ == 0) {
    // doctest's handlers would report the signals that are expected here.
    for (auto signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM})
      std::signal(signal, SIG_DFL);
    // And nobody wants to look at what is left of them.
    rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    close(up[0]);
    close(down[1]);
    orders = down[0];
    alarm(patience_seconds);
    body(up[1]);
    _exit(0);
  }
  close(up[1]);
  close(down[0]);
  from_ = up[0];
  to_ = down[1];
}

child::~child() {
  kill();
  join();
  close(from_);
  close(to_);
}

int child::read() {
  unsigned char result = 0;
  ssize_t n = 0;
  do
    n = ::read(from_, &result, 1);
  while (n < 0 && errno == EINTR);
  return n == 1 ? result : -1;
}

void child::go_on() {
  REQUIRE(::write(to_, "g", 1) == 1);
}

void child::wait() {
  char order = 0;
  if (::read(orders, &order, 1) != 1)
    _exit(1);
}

void child::kill() {
  if (pid_ != -1)
    ::kill(pid_, SIGKILL);
}

int child::join() {
  if (pid_ == -1)
    return 0;
  int status = 0;
  while (waitpid(pid_, &status, 0) == -1 && errno == EINTR)
    continue;
  pid_ = -1;
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

size_t count(const outcomes& xs, char what) {
  auto i = xs.find(what);
  return i == xs.end() ? 0 : i->second;
}

std::string to_string(const outcomes& xs,
                      const std::map<char, std::string>& names) {
  std::string result;
  for (auto& [what, n] : xs) {
    auto i = names.find(what);
    result += (result.empty() ? "" : ", ") + std::to_string(n) + " "
              + (i == names.end() ? std::string{what} : i->second);
  }
  return result;
}

void run_cases(size_t count, const std::function<char(size_t)>& run,
               outcomes& result) {
  size_t next = 0;
  while (next < count) {
    child process{[&](int out) {
      auto quiet = open("/dev/null", O_WRONLY);
      dup2(quiet, STDERR_FILENO);
      for (auto i = next; i < count; ++i) {
        // The one above is for all of them together.
        alarm(patience_seconds);
        auto outcome = run(i);
        if (::write(out, &outcome, 1) != 1)
          _exit(1);
      }
    }};
    for (int x = process.read(); x != -1; x = process.read(), ++next)
      ++result[static_cast<char>(x)];
    auto signal = process.join();
    if (next < count) {
      ++result[signal == SIGALRM ? 'h' : 'x'];
      ++next;
    }
  }
}

} // namespace caf::raft::test

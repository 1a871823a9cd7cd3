#pragma once

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace caf::raft::core::test {

/// Whether `f` stops the process, as a broken invariant must; it runs in a
/// child of its own.
template <class F>
bool dies(F f) {
  auto child = fork();
  if (child == 0) {
    // What was violated is not for this test's output.
    auto nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    // And nobody wants to look at what is left.
    rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    std::signal(SIGABRT, SIG_DFL);
    f();
    _exit(EXIT_SUCCESS);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

} // namespace caf::raft::core::test

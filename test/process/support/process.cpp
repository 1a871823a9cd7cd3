#include "process/support/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace harness {

namespace {

/// Pointers to strings, and a null one at the end, as exec takes them.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings)
    result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const command& what) {
  auto result = what.environment;
  for (auto var = environ; *var != nullptr; ++var)
    result.emplace_back(*var);
  return result;
}

/// In the child, between fork and exec: only what is safe there. Returns if
/// something fails.
void become(const command& what, char** args, char** environment,
            pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    return;
  auto input = open("/dev/null", O_RDONLY);
  auto log = open(what.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (input < 0 || log < 0 || dup2(input, 0) < 0 || dup2(log, 1) < 0
      || dup2(log, 2) < 0)
    return;
  if (!what.directory.empty() && chdir(what.directory.c_str()) != 0)
    return;
  if (what.max_file_bytes) {
    rlimit limit{*what.max_file_bytes, *what.max_file_bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
  }
  execve(args[0], args, environment);
}

} // namespace

std::string to_string(const exit_status& status) {
  if (status.code)
    return "exit status " + std::to_string(*status.code);
  return std::string{"ended by signal "} + strsignal(*status.signal);
}

process::process(const command& what) {
  auto arg_strings = what.args;
  auto args = pointers(arg_strings);
  auto environment_strings = environment_with(what);
  auto environment = pointers(environment_strings);
  if (access(args[0], X_OK) != 0)
    throw failure{"cannot run " + what.args[0] + ": " + strerror(errno)};
  auto parent = getpid();
  pid_ = fork();
  if (pid_ < 0)
    throw failure{std::string{"cannot fork: "} + strerror(errno)};
  if (pid_ == 0) {
    become(what, args.data(), environment.data(), parent);
    _exit(127);
  }
}

process::process(process&& other) noexcept
  : pid_(std::exchange(other.pid_, 0)),
    ended_(std::exchange(other.ended_, {})) {
  // nop
}

process& process::operator=(process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ended_, other.ended_);
  return *this;
}

process::~process() {
  kill();
}

bool process::running() {
  return pid_ != 0 && !wait(seconds(0));
}

void process::send(int signal) {
  if (pid_ != 0)
    ::kill(pid_, signal);
}

std::optional<exit_status> process::wait(steady::duration bound) {
  auto over = [this] {
    int status = 0;
    if (pid_ == 0)
      return true;
    if (waitpid(pid_, &status, WNOHANG) != pid_)
      return false;
    pid_ = 0;
    ended_ = exit_status{};
    if (WIFEXITED(status))
      ended_->code = WEXITSTATUS(status);
    else
      ended_->signal = WTERMSIG(status);
    return true;
  };
  if (!wait_until(over, bound))
    return {};
  return ended_;
}

void process::kill() {
  send(SIGKILL);
  while (pid_ != 0)
    wait(seconds(1));
}

double cpu_seconds(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  // The name, in brackets, may hold anything.
  auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos)
    return 0;
  std::istringstream fields{text.substr(end_of_name + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

size_t private_bytes(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  std::string line;
  while (std::getline(in, line))
    if (line.starts_with("RssAnon:"))
      return std::stoull(line.substr(8)) * 1024;
  return 0;
}

} // namespace harness

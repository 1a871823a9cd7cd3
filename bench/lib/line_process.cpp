#include "line_process.hpp"

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace bench {

namespace {

/// A pipe with a name, which stays open whoever reads from it.
harness::file_descriptor make_pipe(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0)
    throw harness::failure{"cannot make " + path};
  return harness::file_descriptor{open(path.c_str(), O_RDWR | O_CLOEXEC)};
}

/// The shell only says where the lines come from and go to.
harness::command redirected(const std::vector<std::string>& args,
                            const std::string& base) {
  harness::command result;
  result.args = {"/bin/sh", "-c", R"(exec "$@" <"$0.in" >"$0.out")", base};
  result.args.insert(result.args.end(), args.begin(), args.end());
  result.log = base + ".log";
  return result;
}

} // namespace

line_process::line_process(const std::vector<std::string>& args,
                           std::string base)
  : base_(std::move(base)),
    input_(make_pipe(base_ + ".in")),
    process_(redirected(args, base_)) {
  // nop
}

std::string line_process::ask(const std::string& line,
                              harness::steady::duration bound) {
  auto text = line + "\n";
  if (write(input_.get(), text.data(), text.size())
      != static_cast<ssize_t>(text.size()))
    throw harness::failure{"cannot write to " + base_ + ".in"};
  std::string answer;
  auto answered = [&] {
    answer = unread();
    if (answer.find('\n') == std::string::npos && !process_.running())
      throw harness::failure{"a process has ended; see " + base_ + ".log"};
    return answer.find('\n') != std::string::npos;
  };
  harness::await("an answer to '" + line + "' in " + base_ + ".out", answered,
                 bound);
  answer.resize(answer.find('\n'));
  read_ += answer.size() + 1;
  return answer;
}

double line_process::cpu() const {
  return harness::cpu_seconds(process_.pid());
}

std::string line_process::unread() const {
  std::ifstream in{base_ + ".out"};
  in.seekg(static_cast<std::streamoff>(read_));
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace bench

#include "kvnode/cli.hpp"
#include "kvnode/http_acceptor_actor.hpp"
#include "kvnode/kv_store.hpp"
#include "kvnode/listener.hpp"

#include <caf/raft/compat.hpp>
#include <caf/raft/node.hpp>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace {

using namespace kvnode;
using namespace std::chrono_literals;

/// Of the ten seconds in which the program has to end.
constexpr auto stop_limit = 9500ms;
constexpr auto node_stop_limit = 7s;
constexpr auto http_stop_limit = 500ms;

// -- the log ------------------------------------------------------------------

spdlog::level::level_enum level_of(raft::log_level level) {
  switch (level) {
    case raft::log_level::error:
      return spdlog::level::err;
    case raft::log_level::warning:
      return spdlog::level::warn;
    case raft::log_level::info:
      return spdlog::level::info;
    case raft::log_level::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

/// The log goes to stderr. Until the member runs, what is no error is kept: a
/// member that cannot run says why, and nothing else.
class log_output {
public:
  explicit log_output(raft::log_level level)
    : out_(spdlog::stderr_logger_mt("kvnode")) {
    out_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    out_->set_level(level_of(level));
  }

  void say(raft::log_level level, std::string_view text) {
    std::lock_guard guard{mutex_};
    if (running_ || level == raft::log_level::error)
      out_->log(level_of(level), text);
    else
      early_.emplace_back(level, text);
  }

  void begin() {
    std::lock_guard guard{mutex_};
    running_ = true;
    for (auto& [level, text] : early_)
      out_->log(level_of(level), text);
    early_.clear();
  }

private:
  std::mutex mutex_;
  bool running_ = false;
  std::vector<std::pair<raft::log_level, std::string>> early_;
  std::shared_ptr<spdlog::logger> out_;
};

// -- the process --------------------------------------------------------------

int complain(std::string_view text) {
  fmt::print(stderr, "kvnode: {}\n", text);
  return EXIT_FAILURE;
}

/// Threads inherit the mask, so this comes before all others.
sigset_t block_signals() {
  sigset_t result;
  sigemptyset(&result);
  sigaddset(&result, SIGTERM);
  sigaddset(&result, SIGINT);
  pthread_sigmask(SIG_BLOCK, &result, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return result;
}

/// Allows as many open files as there may be.
/// @returns How many that are.
size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 1024;
  auto soft = std::exchange(limit.rlim_cur, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}

/// Ends the process when the time for a clean end is over: what was acknowledged
/// is on disk. Further signals change nothing, since a terminal and a tool for
/// Procfiles both send one.
void limit_stop() {
  std::thread watch{[] {
    std::this_thread::sleep_for(stop_limit);
    complain("could not end in good order in time");
    std::_Exit(EXIT_SUCCESS);
  }};
  watch.detach();
}

// -- the member ---------------------------------------------------------------

http_environment_ptr make_environment(const options& opts, size_t max_files) {
  auto result = std::make_shared<http_environment>();
  auto& cfg = result->cfg;
  cfg.limits.max_body = opts.max_value;
  cfg.routes.ckite = opts.ckite;
  cfg.request_timeout = opts.group.request_timeout;
  // Slow clients may be as slow as 64 KiB/s.
  cfg.receive_timeout += std::chrono::seconds(opts.max_value >> 16);
  cfg.max_connections = std::min(cfg.max_connections, max_files / 2);
  return result;
}

void stop(raft::node& node, const http_acceptor_actor& acceptor,
          http_environment& http) {
  auto taken = http.taken.get_future();
  auto ended = http.ended.get_future();
  // From now on nothing new is taken. What has arrived has to be passed on
  // before the group ends: it answers what it has.
  raft::post_from_outside(acceptor, finish{});
  taken.wait_for(http_stop_limit);
  if (!node.stop(node_stop_limit))
    complain("the member did not end in good order");
  // What was answered has to be sent.
  if (ended.wait_for(http_stop_limit) == std::future_status::ready)
    return;
  raft::post_from_outside(acceptor, finish{});
  ended.wait_for(http_stop_limit);
}

/// Waits for the first status.
class log_watch {
public:
  using handle = raft::status_receiver;
  static constexpr const char* name = "kvnode.log_watch";

  log_watch(caf::scheduled_actor* self,
            std::shared_ptr<std::promise<void>> read)
    : self_(self),
      read_(std::move(read)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const raft::status_report&) {
        read_->set_value();
        self_->quit();
      },
    };
  }

private:
  caf::scheduled_actor* self_;
  std::shared_ptr<std::promise<void>> read_;
};

/// A member answers once it has read and checked its log. If that is damaged, the
/// process ends here.
void await_log(caf::actor_system& sys, const raft::group_actor& group) {
  auto read = std::make_shared<std::promise<void>>();
  auto done = read->get_future();
  auto me = raft::spawn_at<log_watch>(sys, raft::placement::io_thread, read);
  raft::post_from_outside(group, raft::get_status{raft::request_id{1}, me});
  done.wait();
}

int run(options opts, const sigset_t& signals) {
  log_output log{opts.level};
  // A member that was removed shuts itself down, in good order.
  opts.node.on_removed = [](raft::group_id) { kill(getpid(), SIGTERM); };
  opts.node.log = [&log](raft::log_level level, std::string_view text) {
    log.say(level, text);
  };
  auto http = make_environment(opts, raise_file_limit());
  auto socket = listener::open(opts.http_host, opts.http_port);
  if (!socket)
    return complain(socket.error().text);
  caf::actor_system_config cfg;
  raft::configure(cfg);
  caf::actor_system sys{cfg};
  auto node = raft::node::start(sys, opts.node);
  if (!node)
    return complain(node.error().text);
  auto group = (*node)->spawn_group([] { return std::make_unique<kv_store>(); },
                                    opts.group);
  if (!group)
    return complain(group.error().text);
  await_log(sys, *group);
  if (auto ok = socket->listen(); !ok)
    return complain(ok.error().text);
  http->group = *group;
  auto acceptor = raft::spawn_at<http_acceptor_state>(
    sys, raft::placement::io_thread, socket->release(), http);
  fmt::print("member {} serves HTTP on http://{}, peers on {}, data in {}\n",
             opts.node.id.value, socket->address(), (*node)->address(),
             opts.node.data_dir);
  std::fflush(stdout);
  log.begin();
  int signal = 0;
  sigwait(&signals, &signal);
  limit_stop();
  stop(**node, acceptor, *http);
  return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
  // Where glibc's allocator is the one (CAF_RAFT_ALLOCATOR): what one thread
  // allocates another one frees, so an arena for each is of no use, and all but
  // the first are slow to grow.
  mallopt(M_ARENA_MAX, 1);
  auto signals = block_signals();
  try {
    auto parsed = parse_command_line({argv + 1, argv + argc});
    if (!parsed)
      return complain(parsed.error().text);
    if (auto* wanted = std::get_if<text_wanted>(&*parsed)) {
      fmt::print("{}", wanted->text);
      return EXIT_SUCCESS;
    }
    return run(std::move(std::get<options>(*parsed)), signals);
  } catch (const std::exception& ex) {
    return complain(ex.what());
  }
}

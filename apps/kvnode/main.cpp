#include "kvnode/cli.hpp"
#include "kvnode/http_acceptor_actor.hpp"
#include "kvnode/kv_store.hpp"
#include "kvnode/listener.hpp"

#include <caf/raft/all.hpp>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

namespace {

using namespace kvnode;

/// The log goes to stderr. Until the member runs, only why it cannot is said.
class log_output {
public:
  explicit log_output(raft::log_level level) {
    out_ = spdlog::stderr_logger_mt("kvnode");
    out_->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    out_->set_level(level_of(level));
    out_->flush_on(spdlog::level::trace);
  }

  raft::log_sink sink() {
    return [this](raft::log_level level, std::string_view text) {
      std::lock_guard guard{mutex_};
      if (running_)
        out_->log(level_of(level), text);
      else
        early_.emplace_back(level, text);
    };
  }

  void begin() {
    std::lock_guard guard{mutex_};
    running_ = true;
    for (auto& [level, text] : early_)
      out_->log(level_of(level), text);
    early_.clear();
  }

private:
  static spdlog::level::level_enum level_of(raft::log_level level) {
    switch (level) {
      case raft::log_level::error:
        return spdlog::level::err;
      case raft::log_level::warning:
        return spdlog::level::warn;
      case raft::log_level::info:
        return spdlog::level::info;
      default:
        return spdlog::level::debug;
    }
  }

  std::mutex mutex_;
  bool running_ = false;
  std::vector<std::pair<raft::log_level, std::string>> early_;
  std::shared_ptr<spdlog::logger> out_;
};

int complain(const std::string& text) {
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

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

http_environment_ptr make_environment(const options& opts,
                                      raft::group_actor group) {
  auto result = std::make_shared<http_environment>();
  result->cfg.limits.max_body = opts.max_value;
  result->cfg.routes.ckite = opts.ckite;
  result->cfg.request_timeout = opts.group.request_timeout;
  result->group = std::move(group);
  return result;
}

/// Ends in good order; a second signal ends at once.
int stop(raft::node& node, const http_acceptor_actor& acceptor,
         http_environment& http, const sigset_t& signals) {
  std::thread impatient{[signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    std::_Exit(EXIT_FAILURE);
  }};
  impatient.detach();
  raft::post_from_outside(acceptor, finish{});
  auto ended = http.ended.get_future();
  // Connections answer what they took while the group can still answer them.
  ended.wait_for(std::chrono::milliseconds(200));
  auto in_order = node.stop(std::chrono::seconds(7));
  raft::post_from_outside(acceptor, finish{});
  ended.wait_for(std::chrono::seconds(1));
  return in_order ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(options opts, const sigset_t& signals) {
  log_output log{opts.level};
  opts.node.log = log.sink();
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
  log.begin();
  auto http = make_environment(opts, *group);
  auto address = socket->address();
  auto acceptor = raft::spawn_at<http_acceptor_state>(
    sys, raft::placement::io_thread, socket->release(), http);
  spdlog::get("kvnode")->info(
    "member {} serves HTTP on {}, peers on {}, data in {}", opts.node.id.value,
    address, (*node)->address(), opts.node.data_dir);
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::get("kvnode")->info("stopping");
  return stop(**node, acceptor, *http, signals);
}

} // namespace

int main(int argc, char** argv) {
  auto signals = block_signals();
  auto parsed = parse_command_line({argv + 1, argv + argc});
  if (!parsed)
    return complain(parsed.error().text);
  if (auto* text = std::get_if<text_wanted>(&*parsed)) {
    fmt::print("{}", text->text);
    return EXIT_SUCCESS;
  }
  raise_file_limit();
  return run(std::move(std::get<options>(*parsed)), signals);
}

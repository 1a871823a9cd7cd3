#include "load.hpp"

#include "figures.hpp"

#include "process/support/socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <deque>
#include <future>
#include <memory>
#include <random>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace bench {

namespace {

using harness::deadline;
using harness::file_descriptor;
using steady = std::chrono::steady_clock;

/// How long after the end an answer may come to a request that was due before.
constexpr std::chrono::seconds patience{15};

/// One client.
struct client {
  uint16_t port = 0;
  file_descriptor fd;
  std::string request;
  /// How much of it is on its way.
  size_t sent = 0;
  /// What there is of the answer.
  std::string answer;
  /// When its request was to be sent.
  steady::time_point due;
  /// Whether an answer is to come.
  bool busy = false;
};

bool is_complete(const std::string& answer) {
  auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos)
    return false;
  if (answer.starts_with("HTTP/1.1 204"))
    return true;
  auto head = std::string_view{answer}.substr(0, end + 2);
  size_t body = 0;
  for (auto name : {"Content-Length: ", "content-length: "}) {
    auto at = head.find(name);
    if (at != std::string_view::npos)
      std::from_chars(head.data() + at + 16, head.data() + head.size(), body);
  }
  return answer.size() >= end + 4 + body;
}

bool is_good(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 2");
}

/// CPU that this thread has used, in microseconds.
double thread_cpu_us() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  auto us = [](const timeval& x) {
    return static_cast<double>(x.tv_sec) * 1e6 + static_cast<double>(x.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

class generator {
public:
  explicit generator(const load& what)
    : what_(what),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (size_t i = 0; i < what.connections; ++i) {
      clients_.push_back(std::make_unique<client>());
      clients_.back()->port = what.ports[i % what.ports.size()];
    }
  }

  load_result run() {
    // Its own timer's being late would count as the server's.
    prctl(PR_SET_TIMERSLACK, 1);
    for (auto& each : clients_)
      open(*each);
    start_ = steady::now();
    begin_ = start_ + what_.warm_up;
    end_ = begin_ + what_.span;
    serve_until(begin_);
    auto cpu_before = thread_cpu_us();
    serve_until(end_);
    auto cpu_us = thread_cpu_us() - cpu_before;
    if (is_paced())
      finish();
    return summary(cpu_us);
  }

private:
  bool is_paced() const {
    return what_.rate > 0;
  }

  /// When the next request is to be sent.
  steady::time_point next_due(steady::time_point now) const {
    if (!is_paced())
      return now;
    std::chrono::duration<double> after{static_cast<double>(asked_)
                                        / what_.rate};
    return start_ + std::chrono::duration_cast<steady::duration>(after);
  }

  // -- a client ---------------------------------------------------------------

  /// Connects it. (Edges suffice, and are cheaper than levels: all there is to
  /// read is read, and what could not be sent makes the kernel tell when it
  /// can.)
  void open(client& self) {
    self.fd = harness::connect_to(self.port, deadline{std::chrono::seconds(5)});
    if (!self.fd)
      throw harness::failure{"no connection to port "
                             + std::to_string(self.port)};
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &self;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, self.fd.get(), &event);
    release(self);
  }

  /// It can take the next request.
  void release(client& self) {
    self.request.clear();
    self.sent = 0;
    self.answer.clear();
    self.busy = false;
    idle_.push_back(&self);
  }

  void ask(client& self, steady::time_point due) {
    ++asked_;
    self.busy = true;
    self.due = due;
    self.request = what_.next();
    send_more(self);
  }

  /// (Where the connection is broken, reading tells.)
  void send_more(client& self) {
    while (self.sent < self.request.size()) {
      auto n = send(self.fd.get(), self.request.data() + self.sent,
                    self.request.size() - self.sent, MSG_NOSIGNAL);
      if (n < 0)
        return;
      self.sent += static_cast<size_t>(n);
    }
  }

  /// Reads all there is.
  /// @param events What the kernel told of it.
  /// @returns False if the connection is over.
  bool receive(client& self, uint32_t events) {
    auto to_the_end = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    for (;;) {
      auto n = recv(self.fd.get(), chunk_.data(), chunk_.size(), 0);
      if (n < 0)
        return errno == EAGAIN;
      if (n == 0)
        return false;
      self.answer.append(chunk_.data(), static_cast<size_t>(n));
      if (static_cast<size_t>(n) < chunk_.size() && !to_the_end)
        return true;
    }
  }

  void hear(client& self, uint32_t events) {
    send_more(self);
    auto connected = receive(self, events);
    if (self.busy && self.sent == self.request.size()
        && is_complete(self.answer)) {
      settle(self);
      release(self);
    }
    if (!connected)
      lose(self);
  }

  void lose(client& self) {
    if (self.busy && counts(self, steady::now()))
      ++failed_;
    std::erase(idle_, &self);
    open(self);
  }

  /// Its request was answered.
  void settle(const client& self) {
    auto now = steady::now();
    if (!counts(self, now))
      return;
    if (is_good(self.answer))
      latencies_.push_back(
        std::chrono::duration<double, std::milli>(now - self.due).count());
    else
      ++failed_;
  }

  /// Whether a request that ends now is one of those that are measured.
  bool counts(const client& self, steady::time_point now) const {
    auto at = is_paced() ? self.due : now;
    return at >= begin_ && at < end_;
  }

  // -- all of them ------------------------------------------------------------

  void ask_what_is_due() {
    auto now = steady::now();
    while (!idle_.empty()) {
      auto due = next_due(now);
      if (due > now || due >= end_)
        return;
      auto& self = *idle_.front();
      idle_.pop_front();
      ask(self, due);
    }
  }

  void wait_and_hear(steady::time_point end) {
    if (is_paced() && !idle_.empty() && next_due(end_) < end_)
      end = std::min(end, next_due(end));
    auto left = std::max(end - steady::now(), steady::duration::zero());
    auto ns = std::chrono::nanoseconds(left).count();
    timespec limit{ns / 1'000'000'000, ns % 1'000'000'000};
    epoll_event events[64];
    auto n = epoll_pwait2(epoll_.get(), events, 64, &limit, nullptr);
    for (int i = 0; i < n; ++i) {
      hear(*static_cast<client*>(events[i].data.ptr), events[i].events);
      ask_what_is_due();
    }
  }

  void serve_until(steady::time_point end) {
    while (steady::now() < end) {
      ask_what_is_due();
      wait_and_hear(end);
    }
  }

  /// What was due before the end counts, whenever its answer comes.
  void finish() {
    auto limit = end_ + patience;
    auto waits = [this] {
      return next_due(end_) < end_ || idle_.size() < clients_.size();
    };
    while (waits() && steady::now() < limit) {
      ask_what_is_due();
      wait_and_hear(limit);
    }
    failed_ += clients_.size() - idle_.size();
    for (; next_due(end_) < end_; ++asked_)
      ++failed_;
  }

  load_result summary(double cpu_us) const {
    if (latencies_.empty())
      throw harness::failure{"nothing was done"};
    load_result result;
    result.done = latencies_.size();
    result.failed = failed_;
    result.seconds = std::chrono::duration<double>(what_.span).count();
    result.p50_ms = percentile(latencies_, 0.5);
    result.p99_ms = percentile(latencies_, 0.99);
    result.p999_ms = percentile(latencies_, 0.999);
    result.load_cpu_us = cpu_us / static_cast<double>(result.done);
    return result;
  }

  const load& what_;
  file_descriptor epoll_;
  std::vector<std::unique_ptr<client>> clients_;
  /// Those that wait for no answer.
  std::deque<client*> idle_;
  std::vector<char> chunk_ = std::vector<char>(64 << 10);
  /// How many requests were sent.
  size_t asked_ = 0;
  /// The first request is due, measuring begins, and it ends.
  steady::time_point start_;
  steady::time_point begin_;
  steady::time_point end_;
  std::vector<double> latencies_;
  size_t failed_ = 0;
};

} // namespace

load_result run_load(const load& what) {
  return generator{what}.run();
}

std::vector<load_result> run_loads(const std::vector<load>& all) {
  std::vector<std::future<load_result>> running;
  for (auto& each : all)
    running.push_back(
      std::async(std::launch::async, [&each] { return run_load(each); }));
  std::vector<load_result> results;
  for (auto& each : running)
    results.push_back(each.get());
  return results;
}

void keep(figures& to, const std::string& name, const load_result& result) {
  to.add(name + "_rate", result.rate());
  to.add(name + "_p50_ms", result.p50_ms);
  to.add(name + "_p99_ms", result.p99_ms);
  to.add(name + "_load_cpu_us", result.load_cpu_us);
  if (result.failed != 0)
    fmt::print("{}: {} requests failed\n", name, result.failed);
}

std::string http_text(const std::string& method, const std::string& target,
                      const std::string& body) {
  std::string result;
  result.reserve(method.size() + target.size() + body.size() + 80);
  result.append(method).append(" ").append(target);
  result.append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  if (method != "GET")
    result.append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n");
  return result.append("\r\n").append(body);
}

std::function<std::string()> puts(size_t value_bytes, size_t keys) {
  return [value = std::string(value_bytes, 'v'), keys,
          random = std::mt19937_64{1}]() mutable {
    return http_text("PUT", "/kv/key-" + std::to_string(random() % keys),
                     value);
  };
}

std::function<std::string()> gets(size_t keys) {
  return [keys, random = std::mt19937_64{2}]() mutable {
    return http_text("GET", "/kv/key-" + std::to_string(random() % keys));
  };
}

} // namespace bench

#include "load.hpp"

#include "figures.hpp"

#include "process/support/socket.hpp"

#include <charconv>
#include <memory>
#include <random>
#include <sys/epoll.h>

namespace bench {

namespace {

using harness::deadline;
using harness::file_descriptor;
using steady = std::chrono::steady_clock;

/// One client.
struct client {
  uint16_t port = 0;
  file_descriptor fd;
  std::string buffer;
  steady::time_point sent;
};

constexpr size_t incomplete = 0;

/// Finds the end of the first answer in a buffer.
/// @returns Its size, or `incomplete`.
size_t answer_size(const std::string& buffer) {
  auto end = buffer.find("\r\n\r\n");
  if (end == std::string::npos)
    return incomplete;
  auto head = std::string_view{buffer}.substr(0, end + 2);
  size_t body = 0;
  for (auto name : {"Content-Length: ", "content-length: "}) {
    auto at = head.find(name);
    if (at != std::string_view::npos)
      std::from_chars(head.data() + at + 16, head.data() + head.size(), body);
  }
  return buffer.size() >= end + 4 + body ? end + 4 + body : incomplete;
}

bool is_good(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 2");
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
    for (auto& each : clients_)
      open(*each);
    measure(what_.warm_up);
    latencies_.clear();
    result_ = {};
    auto start = steady::now();
    measure(what_.span);
    result_.seconds
      = std::chrono::duration<double>(steady::now() - start).count();
    result_.done = latencies_.size();
    result_.p50_ms = percentile(latencies_, 0.5);
    result_.p99_ms = percentile(latencies_, 0.99);
    if (result_.done == 0)
      throw harness::failure{"nothing was done"};
    return result_;
  }

private:
  void open(client& self) {
    self.buffer.clear();
    self.fd = harness::connect_to(self.port, deadline{std::chrono::seconds(5)});
    if (!self.fd)
      throw harness::failure{"no connection to port "
                             + std::to_string(self.port)};
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &self;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, self.fd.get(), &event);
    ask(self);
  }

  void ask(client& self) {
    self.sent = steady::now();
    harness::send_all(self.fd.get(), what_.next(),
                      deadline{std::chrono::seconds(5)});
  }

  void measure(std::chrono::milliseconds span) {
    deadline end{span};
    epoll_event events[64];
    while (!end.passed()) {
      auto n = epoll_wait(epoll_.get(), events, 64, end.left_ms());
      for (int i = 0; i < n; ++i)
        hear(*static_cast<client*>(events[i].data.ptr));
    }
  }

  void hear(client& self) {
    if (harness::receive_some(self.fd.get(), self.buffer,
                              deadline{std::chrono::seconds(0)})
        != harness::received::bytes) {
      ++result_.failed;
      open(self);
      return;
    }
    auto size = answer_size(self.buffer);
    if (size == incomplete)
      return;
    auto span = steady::now() - self.sent;
    if (is_good(self.buffer))
      latencies_.push_back(
        std::chrono::duration<double, std::milli>(span).count());
    else
      ++result_.failed;
    self.buffer.erase(0, size);
    ask(self);
  }

  const load& what_;
  file_descriptor epoll_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<double> latencies_;
  load_result result_;
};

} // namespace

load_result run_load(const load& what) {
  return generator{what}.run();
}

std::string http_text(const std::string& method, const std::string& target,
                      const std::string& body) {
  auto result = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (method != "GET")
    result += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return result + "\r\n" + body;
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

// Many clients keep connections to the leader of three members and say nothing:
// what memory does that take, and what do 64 who write notice of it?

#include "lib/figures.hpp"
#include "lib/load.hpp"

#include "process/support/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/resource.h>

using namespace bench;

namespace {

constexpr size_t active = 64;

/// Allows so many open files, to this process and those that it starts; where
/// that is not for it to say, as many as there may be.
/// @returns How many there may be.
size_t raise_file_limit(size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  auto most = std::max<rlim_t>(limit.rlim_max, wanted);
  rlimit raised{most, most};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
    return most;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw harness::failure{"cannot raise the limit of open files"};
  return limit.rlim_max;
}

/// Connections that have asked something, and stay open.
class idle_connections {
public:
  /// Makes as many as the server takes, but leaves some for others.
  idle_connections(uint16_t port, size_t count) {
    constexpr size_t spare = 2 * active;
    while (all_.size() < count + spare) {
      auto next = harness::connect_to(port, limit());
      if (!next || !is_served(next.get()))
        break;
      all_.push_back(std::move(next));
    }
    all_.resize(all_.size() - std::min(all_.size(), spare));
  }

  size_t count() const {
    return all_.size();
  }

private:
  static harness::deadline limit() {
    return harness::deadline{harness::seconds(5)};
  }

  static bool is_served(int fd) {
    std::string answer;
    return harness::send_all(fd, http_text("GET", "/health?live"), limit())
           && harness::receive_some(fd, answer, limit())
                == harness::received::bytes
           && answer.starts_with("HTTP/1.1 200");
  }

  std::vector<harness::file_descriptor> all_;
};

double private_mb(harness::cluster& servers, size_t id) {
  return static_cast<double>(harness::private_bytes(servers.process(id).pid()))
         / 1e6;
}

/// Memory that was used once does not shrink: each turn has members of its own.
void take_turn(const options& how, size_t count, figures& got) {
  harness::cluster servers{{.where = how.dir}};
  servers.start_all();
  auto leader = servers.await_leader();
  auto put = [&](const std::string& name) {
    auto result = run_load({.ports = {servers.http_port(leader)},
                            .connections = active,
                            .next = puts(),
                            .warm_up = how.span / 5,
                            .span = how.span});
    keep(got, name, result);
    return result.rate();
  };
  auto alone = put("alone");
  auto before = private_mb(servers, leader);
  idle_connections idle{servers.http_port(leader), count};
  harness::await("the status", [&] { return servers.status(leader); });
  auto grown = private_mb(servers, leader) - before;
  got.add("connections", static_cast<double>(idle.count()));
  got.add("memory_mb", grown);
  got.add("connection_kb", 1000 * grown / static_cast<double>(idle.count()));
  got.add("ratio", put("beside") / alone);
}

void show(size_t wanted, const figures& got) {
  fmt::print("idle connections:  {}, of {} that are wanted\n",
             got.show("connections", 0), wanted);
  fmt::print("memory they take:  {} MB, below 100 is wanted; {} kB each\n",
             got.show("memory_mb", 1), got.show("connection_kb", 1));
  for (auto [name, text] : {std::pair{"alone", "64 clients, alone: "},
                            {"beside", "64 beside them:    "}})
    fmt::print("{}{} PUT/s, p50 {} ms, p99 {} ms\n", text,
               got.show(std::string{name} + "_rate", 0),
               got.show(std::string{name} + "_p50_ms", 2),
               got.show(std::string{name} + "_p99_ms", 2));
  fmt::print("ratio of rates:    {}\n", got.show("ratio", 2));
}

void run(const options& how) {
  auto wanted = how.smoke ? size_t{200} : size_t{10000};
  // A server takes connections for half of its files. Here some are needed for
  // the active ones, and for everything else.
  if (raise_file_limit(2 * wanted + 10 * active) < wanted + 4 * active)
    throw harness::failure{"too few files may be open"};
  figures got;
  for (size_t run = 0; run < how.runs; ++run)
    take_turn(how, wanted, got);
  show(wanted, got);
  got.print_json(how, "connections");
}

} // namespace

int main(int argc, char** argv) {
  return answer(argc, argv,
                "10,000 idle connections: what memory do they take, and what "
                "do 64 clients notice of them?",
                run);
}

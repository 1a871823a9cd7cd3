#include "process/support/testing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>

namespace harness {

namespace {

using caf::raft::testing::check_linearizability;
using caf::raft::testing::op_kind;
using caf::raft::testing::verdict;

/// Adds to a history a read of each key in it, at a member.
void read_everything(const cluster& servers, size_t id, history& xs) {
  std::map<std::string, uint64_t> keys;
  uint64_t end = 0;
  for (const auto& x : xs) {
    keys.emplace(x.key, 0);
    end = std::max(end, x.invoked);
    if (x.returned != operation::never)
      end = std::max(end, x.returned);
  }
  for (const auto& [key, unused] : keys) {
    operation last;
    last.client = 1'000'000 + id;
    last.kind = op_kind::get;
    last.key = key;
    last.invoked = ++end;
    last.returned = ++end;
    settle(last, read_until_answered(servers, id, key));
    xs.push_back(std::move(last));
  }
}

/// Leaves a history that is not what it should be for a person to look at.
std::string save(const history& xs) {
  auto path = fmt::format("/tmp/caf_raft-history-{}.txt", getpid());
  std::ofstream out{path};
  caf::raft::testing::write(out, xs);
  return path;
}

} // namespace

fixed_ports::fixed_ports() {
  auto path = std::filesystem::temp_directory_path() / "caf_raft-fixed-ports";
  lock_
    = file_descriptor{open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0666)};
  if (!lock_ || flock(lock_.get(), LOCK_EX) != 0)
    throw failure{"cannot lock " + path.string()};
}

uint64_t number_from(const char* variable, uint64_t otherwise) {
  auto text = getenv(variable);
  return text != nullptr ? std::stoull(text) : otherwise;
}

double write_until_done(const cluster& servers, const std::string& key,
                        const std::string& value, size_t first,
                        steady::duration bound) {
  auto start = steady::now();
  std::string answers;
  auto id = first;
  auto write = [&] {
    auto answer = servers.client(id, seconds(1)).put("/kv/" + key, value);
    answers += fmt::format(" {}: {}", id, to_string(answer));
    id = id % servers.size() + 1;
    return answer.status == 204;
  };
  if (!wait_until(write, bound))
    throw failure{"no write was acknowledged:" + answers};
  return seconds_since(start);
}

http_answer read_until_answered(const cluster& servers, size_t id,
                                const std::string& key,
                                steady::duration bound) {
  http_answer result;
  auto client = servers.client(id);
  auto read = [&] {
    result = client.get("/kv/" + key);
    return result.status == 200 || result.status == 404;
  };
  if (!wait_until(read, bound))
    throw failure{fmt::format("member {} does not say what {} is: {} {}", id,
                              key, to_string(result), result.body)};
  return result;
}

void check_all(const cluster& servers, workload& clients) {
  auto seen = clients.stop();
  MESSAGE("answers: " << clients.counts());
  CHECK(clients.acknowledged() > 0);
  for (const auto& surprise : clients.surprises())
    FAIL_CHECK("unexpected: " << surprise);
  servers.await_leader();
  for (size_t id = 1; id <= servers.size(); ++id)
    read_everything(servers, id, seen);
  auto report = check_linearizability(seen);
  if (report.result != verdict::linearizable)
    FAIL_CHECK("key " << report.key << ", history in " << save(seen) << "\n"
                      << report.explanation);
  std::map<std::string, std::string> contents;
  for (const auto& pair : servers.await_equal())
    contents.emplace(pair.at("key"), pair.at("value"));
  for (const auto& [key, value] : clients.kept())
    if (!contents.contains(key))
      FAIL_CHECK("acknowledged and missing: " << key);
  MESSAGE(seen.size() << " operations, " << report.steps << " steps to check; "
                      << clients.kept().size() << " keys to be kept");
}

std::string spread(std::vector<double> xs, const char* unit) {
  if (xs.empty())
    return "nothing";
  std::sort(xs.begin(), xs.end());
  return fmt::format("median {:.3f}, min {:.3f}, max {:.3f} {} (n = {})",
                     xs[xs.size() / 2], xs.front(), xs.back(), unit, xs.size());
}

} // namespace harness

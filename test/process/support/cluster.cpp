#include "process/support/cluster.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>

namespace harness {

namespace fs = std::filesystem;

// -- temporary_directory ------------------------------------------------------

temporary_directory::temporary_directory(const std::string& where)
  : exceptions_(std::uncaught_exceptions()) {
  auto base = where.empty() ? fs::temp_directory_path() : fs::path{where};
  path_ = (fs::absolute(base) / "caf_raft-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr)
    throw failure{"cannot make a directory in " + base.string()};
}

temporary_directory::~temporary_directory() {
  if (std::uncaught_exceptions() > exceptions_
      || getenv("CAF_RAFT_KEEP") != nullptr) {
    fprintf(stderr, "left for you to look at: %s\n", path_.c_str());
    return;
  }
  std::error_code code;
  fs::remove_all(path_, code);
}

// -- cluster ------------------------------------------------------------------

struct cluster::member {
  uint16_t http_port = 0;
  /// Where its peers find it, and where it listens.
  uint16_t announced_port = 0;
  uint16_t raft_port = 0;
  std::unique_ptr<faulty_disk> disk;
  harness::process process;
};

std::vector<std::string> quick_timing() {
  return {"--election-timeout", "400", "--heartbeat", "50",
          "--request-timeout",  "1000"};
}

cluster::cluster(cluster_options options)
  : directory_(options.where),
    options_(std::move(options)) {
  if (options_.proxied)
    network_ = std::make_unique<harness::network>(options_.members);
  for (size_t id = 1; id <= options_.members; ++id) {
    auto next = std::make_unique<member>();
    next->http_port = free_port();
    next->raft_port = network_ ? network_->real_port(id) : free_port();
    next->announced_port = network_ ? network_->announced_port(id)
                                    : next->raft_port;
    members_.push_back(std::move(next));
    if (options_.faulty_disks)
      members_.back()->disk = std::make_unique<faulty_disk>(
        data_dir(id), directory_.path() + "/disk-" + std::to_string(id));
  }
}

cluster::~cluster() {
  // A stopped process dies of SIGKILL as well.
  for (const auto& member : members_)
    member->process.send(SIGKILL);
}

command cluster::command_of(size_t id) const {
  const auto& member = *members_.at(id - 1);
  command result;
  result.args = {KVNODE_PATH,
                 "--id",
                 std::to_string(id),
                 "--cluster",
                 list(id),
                 "--port",
                 std::to_string(member.http_port),
                 "--data-dir",
                 data_dir(id)};
  if (network_) {
    result.args.push_back("--listen");
    result.args.push_back("127.0.0.1:" + std::to_string(member.raft_port));
  }
  result.args.insert(result.args.end(), options_.args.begin(),
                     options_.args.end());
  if (id > size() - options_.joining)
    result.args.emplace_back("--join");
  if (member.disk)
    result.environment = member.disk->environment();
  result.directory = directory_.path();
  result.log = directory_.path() + "/log-" + std::to_string(id);
  return result;
}

void cluster::start(size_t id) {
  auto& member = *members_.at(id - 1);
  member.process = harness::process{command_of(id)};
  if (network_)
    network_->set_process(id, member.process.pid());
}

void cluster::start_all() {
  for (size_t id = 1; id <= size(); ++id)
    start(id);
}

void cluster::kill(size_t id) {
  process(id).kill();
}

void cluster::kill_all() {
  for (const auto& member : members_)
    member->process.send(SIGKILL);
  for (const auto& member : members_)
    member->process.kill();
}

exit_status cluster::stop(size_t id, steady::duration bound) {
  process(id).send(SIGTERM);
  auto result = process(id).wait(bound);
  if (!result)
    throw failure{"member " + std::to_string(id) + " does not stop; its log:\n"
                  + log_of(id)};
  return *result;
}

void cluster::pause(size_t id) {
  process(id).send(SIGSTOP);
}

void cluster::resume(size_t id) {
  process(id).send(SIGCONT);
}

size_t cluster::lose_power(size_t id, uint64_t seed) {
  kill(id);
  return disk(id).lose_power(seed);
}

void cluster::wipe(size_t id) {
  fs::remove_all(data_dir(id));
}

harness::process& cluster::process(size_t id) {
  return members_.at(id - 1)->process;
}

faulty_disk& cluster::disk(size_t id) {
  return *members_.at(id - 1)->disk;
}

harness::network& cluster::network() {
  return *network_;
}

uint16_t cluster::http_port(size_t id) const {
  return members_.at(id - 1)->http_port;
}

uint16_t cluster::raft_port(size_t id) const {
  return members_.at(id - 1)->raft_port;
}

uint16_t cluster::announced_port(size_t id) const {
  return members_.at(id - 1)->announced_port;
}

std::string cluster::data_dir(size_t id) const {
  return directory_.path() + "/data-" + std::to_string(id);
}

std::string cluster::list() const {
  return list(size() - options_.joining);
}

std::string cluster::list(size_t id) const {
  std::string result;
  for (size_t i = 1; i <= std::max(id, size() - options_.joining); ++i)
    result += (i == 1 ? "127.0.0.1:" : ",127.0.0.1:")
              + std::to_string(members_.at(i - 1)->announced_port);
  return result;
}

std::string cluster::log_of(size_t id) const {
  std::ifstream in{command_of(id).log};
  return {std::istreambuf_iterator<char>{in}, {}};
}

http_client cluster::client(size_t id, milliseconds limit) const {
  return http_client{http_port(id), limit};
}

std::optional<json> cluster::status(size_t id) const {
  auto answer = client(id, seconds(1)).get("/status");
  if (answer.status != 200)
    return std::nullopt;
  return json::parse(answer.body);
}

std::optional<size_t> cluster::leader() const {
  std::optional<size_t> result;
  uint64_t highest = 0;
  for (size_t id = 1; id <= size(); ++id) {
    if (members_[id - 1]->process.pid() == 0)
      continue;
    auto status = this->status(id);
    if (status && status->at("role") == "leader"
        && status->at("term").get<uint64_t>() > highest) {
      highest = status->at("term").get<uint64_t>();
      result = id;
    }
  }
  return result;
}

bool cluster::agreed(size_t leader) const {
  for (size_t id = 1; id <= size(); ++id) {
    if (!members_[id - 1]->process.running())
      continue;
    auto status = this->status(id);
    if (!status || status->at("leader") != json(leader))
      return false;
  }
  return true;
}

size_t cluster::await_leader(steady::duration bound) const {
  std::optional<size_t> result;
  auto follow_one = [&] {
    result = leader();
    return result && agreed(*result);
  };
  if (!wait_until(follow_one, bound)) {
    std::string logs;
    for (size_t id = 1; id <= size(); ++id)
      logs += "--- log of member " + std::to_string(id) + "\n" + log_of(id);
    throw failure{"no leader that all follow\n" + logs};
  }
  return *result;
}

json cluster::contents(size_t id) const {
  auto client = this->client(id);
  json result = json::array();
  std::string target = "/kv?consistency=local&limit=1000";
  for (auto start = std::string{};;) {
    auto answer = client.get(start.empty() ? target
                                           : target + "&start=" + start);
    if (answer.status != 200)
      return nullptr;
    auto page = json::parse(answer.body);
    for (auto& item : page.at("items"))
      result.push_back(std::move(item));
    if (page.at("next").is_null())
      return result;
    start = page.at("next").get<std::string>();
  }
}

json cluster::await_equal(steady::duration bound) const {
  json result;
  auto equal = [&] {
    std::vector<json> all;
    std::vector<json> applied;
    for (size_t id = 1; id <= size(); ++id) {
      auto status = this->status(id);
      if (!status)
        return false;
      applied.push_back(status->at("applied_index"));
      all.push_back(contents(id));
      if (all.back().is_null() || all.back() != all.front()
          || applied.back() != applied.front())
        return false;
    }
    result = all.front();
    return true;
  };
  if (!wait_until(equal, bound)) {
    std::string found;
    for (size_t id = 1; id <= size(); ++id) {
      auto status = this->status(id);
      found += "\nmember " + std::to_string(id) + ": "
               + (status ? status->dump() : "no status") + ", "
               + std::to_string(contents(id).size()) + " keys";
    }
    throw failure{"the members do not become equal:" + found};
  }
  return result;
}

} // namespace harness

#include "hashicorp.hpp"

#include "load.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace bench {

namespace {

std::string address(uint16_t port) {
  return fmt::format("127.0.0.1:{}", port);
}

} // namespace

std::string hashicorp_cluster::program() {
  auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  auto path = here / "peers" / "hashicorp";
  return std::filesystem::exists(path) ? path.string() : std::string{};
}

hashicorp_cluster::hashicorp_cluster(const std::string& where)
  : directory_(where) {
  for (int i = 0; i < 3; ++i)
    members_.push_back({harness::free_port(), harness::free_port(), {}});
  // The first one founds the cluster and asks the others for their votes.
  for (size_t i = members_.size(); i-- > 0;)
    members_[i].process = harness::process{command_of(i)};
}

harness::command hashicorp_cluster::command_of(size_t i) const {
  std::string all;
  for (auto& x : members_)
    all += (all.empty() ? "" : ",") + address(x.peer_port);
  auto dir = fmt::format("{}/m{}", directory_.path(), i + 1);
  harness::command result;
  result.args = {program(),
                 "-id",
                 std::to_string(i + 1),
                 "-members",
                 all,
                 "-http",
                 address(members_[i].client_port),
                 "-dir",
                 dir};
  result.log = dir + ".log";
  return result;
}

uint16_t hashicorp_cluster::await_leader() {
  uint16_t result = 0;
  harness::await("a leader of hashicorp/raft", [&] {
    for (auto& x : members_) {
      harness::http_client client{x.client_port, harness::seconds(2)};
      if (client.get("/leads").status == 200)
        result = x.client_port;
    }
    return result != 0;
  });
  return result;
}

double hashicorp_cluster::cpu() const {
  double result = 0;
  for (auto& x : members_)
    result += harness::cpu_seconds(x.process.pid());
  return result;
}

request_maker hashicorp_cluster::puts(size_t value_bytes, size_t keys) const {
  return bench::puts(value_bytes, keys);
}

request_maker hashicorp_cluster::gets(size_t keys) const {
  return bench::gets(keys);
}

} // namespace bench

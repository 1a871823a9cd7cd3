#include "hashicorp.hpp"

#include "load.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

std::string address(uint16_t port) {
  return fmt::format("127.0.0.1:{}", port);
}

} // namespace

std::string hashicorp_cluster::program() {
  return built_peer("hashicorp");
}

hashicorp_cluster::hashicorp_cluster(const std::string& where)
  : peer_processes(where) {
  // The first one founds the cluster and asks the others for their votes.
  for (size_t id = size(); id > 0; --id)
    start(id, command_of(id));
}

harness::command hashicorp_cluster::command_of(size_t id) const {
  harness::command result;
  result.args = {program(),
                 "-id",
                 std::to_string(id),
                 "-members",
                 list([this](size_t each) { return address(peer_port(each)); }),
                 "-http",
                 address(client_port(id)),
                 "-dir",
                 data_dir(id)};
  return result;
}

uint16_t hashicorp_cluster::await_leader() {
  return await_any("a leader of hashicorp/raft",
                   [](harness::http_client& client) {
                     return client.get("/leads").status == 200;
                   });
}

request_maker hashicorp_cluster::puts(size_t value_bytes, size_t keys) const {
  return bench::puts(value_bytes, keys);
}

request_maker hashicorp_cluster::gets(size_t keys) const {
  return bench::gets(keys);
}

} // namespace bench

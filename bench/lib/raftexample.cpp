#include "raftexample.hpp"

#include "load.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <random>

namespace bench {

namespace {

/// The key that tells how far it is.
constexpr const char* marker = "/settled";

std::string target(uint64_t number) {
  return fmt::format("/key-{}", number);
}

} // namespace

std::string raftexample_cluster::program() {
  return built_peer("raftexample");
}

raftexample_cluster::raftexample_cluster(const std::string& where)
  : peer_processes(where) {
  for (size_t id = 1; id <= size(); ++id)
    start(id, command_of(id));
}

harness::command raftexample_cluster::command_of(size_t id) const {
  harness::command result;
  result.args = {program(),
                 "--id",
                 std::to_string(id),
                 "--cluster",
                 list([this](size_t each) {
                   return fmt::format("http://127.0.0.1:{}", peer_port(each));
                 }),
                 "--port",
                 std::to_string(client_port(id))};
  // It keeps its data in the working directory.
  result.directory = data_dir(id);
  std::filesystem::create_directory(result.directory);
  return result;
}

uint16_t raftexample_cluster::await_leader() {
  settle();
  return client_port(1);
}

void raftexample_cluster::settle() {
  auto value = std::to_string(++settled_);
  harness::http_client first{client_port(1), harness::seconds(2)};
  harness::await("a write of raftexample at all members", [&] {
    // (One that met no leader is lost, so it is asked again.)
    if (first.put(marker, value).status != 204)
      return false;
    return harness::wait_until(
      [&] { return has(1, value) && has(2, value) && has(3, value); },
      harness::seconds(2));
  });
}

bool raftexample_cluster::has(size_t id, const std::string& value) const {
  harness::http_client client{client_port(id), harness::seconds(2)};
  auto answer = client.get(marker);
  return answer.status == 200 && answer.body == value;
}

request_maker raftexample_cluster::puts(size_t value_bytes, size_t keys) const {
  return [value = std::string(value_bytes, 'v'), keys,
          random = std::mt19937_64{1}]() mutable {
    return http_text("PUT", target(random() % keys), value);
  };
}

request_maker raftexample_cluster::gets(size_t keys) const {
  return [keys, random = std::mt19937_64{2}]() mutable {
    return http_text("GET", target(random() % keys));
  };
}

} // namespace bench

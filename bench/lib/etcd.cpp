#include "etcd.hpp"

#include "load.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <random>

namespace bench {

namespace {

std::string base64(std::string_view bytes) {
  constexpr char digits[]
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8
              | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      result += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63]
                                      : '=';
  }
  return result;
}

std::string key_text(uint64_t number) {
  return base64("key-" + std::to_string(number));
}

std::string url(uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

} // namespace

std::string etcd_cluster::program() {
  for (auto path : {"/usr/bin/etcd", "/usr/local/bin/etcd"})
    if (std::filesystem::exists(path))
      return path;
  return {};
}

etcd_cluster::etcd_cluster(const std::string& where) : peer_processes(where) {
  for (size_t id = 1; id <= size(); ++id)
    start(id, command_of(id));
}

harness::command etcd_cluster::command_of(size_t id) const {
  auto all = list([this](size_t each) {
    return fmt::format("m{}={}", each, url(peer_port(each)));
  });
  auto client = url(client_port(id));
  auto peer = url(peer_port(id));
  harness::command result;
  result.args = {program(),
                 "--name",
                 fmt::format("m{}", id),
                 "--data-dir",
                 data_dir(id),
                 "--listen-client-urls",
                 client,
                 "--advertise-client-urls",
                 client,
                 "--listen-peer-urls",
                 peer,
                 "--initial-advertise-peer-urls",
                 peer,
                 "--initial-cluster",
                 all,
                 "--log-level",
                 "error"};
  return result;
}

uint16_t etcd_cluster::await_leader() {
  return await_any("a leader of etcd", [](harness::http_client& client) {
    auto answer = client.post("/v3/maintenance/status", "{}");
    if (answer.status != 200)
      return false;
    auto status = harness::json::parse(answer.body);
    return status.value("leader", "none")
           == status.at("header").value("member_id", "");
  });
}

request_maker etcd_cluster::puts(size_t value_bytes, size_t keys) const {
  return [value = base64(std::string(value_bytes, 'v')), keys,
          random = std::mt19937_64{1}]() mutable {
    return http_text("POST", "/v3/kv/put",
                     fmt::format(R"({{"key":"{}","value":"{}"}})",
                                 key_text(random() % keys), value));
  };
}

request_maker etcd_cluster::gets(size_t keys) const {
  return [keys, random = std::mt19937_64{2}]() mutable {
    return http_text("POST", "/v3/kv/range",
                     fmt::format(R"({{"key":"{}"}})",
                                 key_text(random() % keys)));
  };
}

} // namespace bench

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

etcd_cluster::etcd_cluster(const std::string& where) : directory_(where) {
  for (int i = 0; i < 3; ++i)
    members_.push_back({harness::free_port(), harness::free_port(), {}});
  for (size_t i = 0; i < members_.size(); ++i)
    members_[i].process = harness::process{command_of(i)};
}

harness::command etcd_cluster::command_of(size_t i) const {
  std::string all;
  for (size_t k = 0; k < members_.size(); ++k)
    all += fmt::format("{}m{}={}", all.empty() ? "" : ",", k,
                       url(members_[k].peer_port));
  auto name = fmt::format("m{}", i);
  auto client = url(members_[i].client_port);
  auto peer = url(members_[i].peer_port);
  harness::command result;
  result.args = {program(),
                 "--name",
                 name,
                 "--data-dir",
                 directory_.path() + "/" + name,
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
  result.log = directory_.path() + "/" + name + ".log";
  return result;
}

uint16_t etcd_cluster::await_leader() {
  uint16_t result = 0;
  auto found = [&] {
    for (const auto& member : members_) {
      harness::http_client client{member.client_port, harness::seconds(2)};
      auto answer = client.post("/v3/maintenance/status", "{}");
      if (answer.status != 200)
        continue;
      auto status = harness::json::parse(answer.body);
      if (status.value("leader", "none")
          == status.at("header").value("member_id", ""))
        result = member.client_port;
    }
    return result != 0;
  };
  harness::await("a leader of etcd", found);
  return result;
}

double etcd_cluster::cpu() const {
  double result = 0;
  for (const auto& member : members_)
    result += harness::cpu_seconds(member.process.pid());
  return result;
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

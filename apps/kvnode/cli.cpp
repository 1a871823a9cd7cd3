#include "kvnode/cli.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <chrono>

namespace kvnode {

namespace {

using raft::errc;
using raft::failure;

failure bad(std::string text) {
  // One line, whatever the library says.
  for (auto& c : text)
    if (c == '\n')
      c = ' ';
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return {errc::invalid_argument, std::move(text)};
}

/// As they are written, before anything is made of them.
struct raw_options {
  uint64_t id = 1;
  std::string cluster = "127.0.0.1:9021";
  std::string listen;
  std::string cluster_id;
  uint16_t port = 9121;
  std::string host = "127.0.0.1";
  std::string data_dir;
  bool join = false;
  uint64_t election_timeout = 1000;
  uint64_t heartbeat = 100;
  uint64_t snapshot_entries = 100'000;
  uint64_t request_timeout = 5000;
  uint64_t max_value = 1 << 20;
  std::string dialect = "none";
  std::string log_level = "info";
};

constexpr uint64_t one_day_ms = 24 * 60 * 60 * 1000;

void describe(CLI::App& app, raw_options& xs) {
  app.set_config("--config", "", "Read the same options from a file");
  app.set_version_flag("--version", std::string{CAF_RAFT_VERSION});
  auto milliseconds = CLI::Range(uint64_t{1}, one_day_ms);
  app.add_option("--id", xs.id, "This member's id: the N-th of --cluster")
    ->check(CLI::Range(uint64_t{1}, uint64_t{64}))
    ->capture_default_str();
  app
    .add_option("--cluster", xs.cluster,
                "Raft addresses of the initial members in order of id, comma "
                "separated: HOST:PORT or http://HOST:PORT")
    ->capture_default_str();
  app.add_option("--listen", xs.listen,
                 "Where peers are accepted, if not at the own entry of "
                 "--cluster");
  app.add_option("--cluster-id", xs.cluster_id,
                 "Check that the directory and the peers belong to this "
                 "cluster (16 hexadecimal digits, as /status shows them)");
  app.add_option("--port", xs.port, "Port of the HTTP server; 0: any free one")
    ->capture_default_str();
  app.add_option("--host", xs.host, "Address of the HTTP server")
    ->capture_default_str();
  app.add_option("--data-dir", xs.data_dir,
                 "Durable state [kvnode-N]; what is there wins over --cluster");
  app.add_flag("--join", xs.join,
               "Join a running cluster (not in this version)");
  app
    .add_option("--election-timeout", xs.election_timeout,
                "Milliseconds without a leader before an election, at least; "
                "drawn from [MS, 2 MS)")
    ->check(milliseconds)
    ->capture_default_str();
  app
    .add_option("--heartbeat", xs.heartbeat,
                "Milliseconds between an idle leader's heartbeats")
    ->check(milliseconds)
    ->capture_default_str();
  app
    .add_option("--snapshot-entries", xs.snapshot_entries,
                "Entries between snapshots (checked only: this version keeps "
                "the whole log)")
    ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
    ->capture_default_str();
  app
    .add_option("--request-timeout", xs.request_timeout,
                "Milliseconds in which every HTTP request is answered")
    ->check(milliseconds)
    ->capture_default_str();
  app.add_option("--max-value", xs.max_value, "The largest value in bytes")
    ->check(CLI::Range(uint64_t{1}, uint64_t{64} << 20))
    ->capture_default_str();
  app
    .add_option("--dialect", xs.dialect,
                "none; or ckite: also take its two state-changing GETs")
    ->check(CLI::IsMember({"none", "ckite"}))
    ->capture_default_str();
  app.add_option("--log-level", xs.log_level, "error, warning, info or debug")
    ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
    ->capture_default_str();
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> result;
  size_t begin = 0;
  while (true) {
    auto end = list.find(',', begin);
    result.push_back(list.substr(begin, end - begin));
    if (end == std::string::npos)
      return result;
    begin = end + 1;
  }
}

raft::log_level level_of(const std::string& name) {
  if (name == "error")
    return raft::log_level::error;
  if (name == "warning")
    return raft::log_level::warning;
  return name == "debug" ? raft::log_level::debug : raft::log_level::info;
}

/// What cannot be said of one option alone.
raft::result_of<parsed_options> make_options(const raw_options& xs) {
  if (xs.join)
    return bad("--join: this version cannot add members to a running cluster; "
               "start all members of --cluster together");
  options result;
  result.node.id = raft::server_id{xs.id};
  result.node.members = split(xs.cluster);
  for (auto& x : result.node.members) {
    auto address = raft::parse_address(x);
    if (!address)
      return bad("--cluster: " + address.error().text);
    x = *address;
  }
  if (xs.id > result.node.members.size())
    return bad(fmt::format("--id {}: --cluster has {} entries only", xs.id,
                           result.node.members.size()));
  if (!xs.listen.empty()) {
    auto address = raft::parse_address(xs.listen);
    if (!address)
      return bad("--listen: " + address.error().text);
    result.node.listen = *address;
  }
  if (!xs.cluster_id.empty()) {
    if (xs.cluster_id.size() != 16
        || xs.cluster_id.find_first_not_of("0123456789abcdef")
             != std::string::npos)
      return bad("--cluster-id: 16 hexadecimal digits are wanted, as /status "
                 "shows them");
    result.node.cluster
      = raft::cluster_id{std::stoull(xs.cluster_id, nullptr, 16)};
  }
  using std::chrono::milliseconds;
  result.node.data_dir = xs.data_dir.empty() ? fmt::format("kvnode-{}", xs.id)
                                             : xs.data_dir;
  result.group.election_timeout = milliseconds(xs.election_timeout);
  result.group.heartbeat_interval = milliseconds(xs.heartbeat);
  result.group.request_timeout = milliseconds(xs.request_timeout);
  // Room for the key and the condition beside the value.
  result.group.max_command_bytes = xs.max_value + (16 << 10);
  if (auto ok = raft::validate(result.group); !ok)
    return bad(ok.error().text);
  result.http_host = xs.host;
  result.http_port = xs.port;
  result.max_value = xs.max_value;
  result.snapshot_entries = xs.snapshot_entries;
  result.ckite = xs.dialect == "ckite";
  result.level = level_of(xs.log_level);
  return parsed_options{std::move(result)};
}

} // namespace

raft::result_of<parsed_options>
parse_command_line(const std::vector<std::string>& args) {
  CLI::App app{"kvnode: a replicated key-value store with an HTTP interface",
               "kvnode"};
  raw_options raw;
  describe(app, raw);
  std::vector<std::string> reversed{args.rbegin(), args.rend()};
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return parsed_options{text_wanted{app.help()}};
  } catch (const CLI::CallForVersion& ex) {
    return parsed_options{text_wanted{std::string{ex.what()} + "\n"}};
  } catch (const CLI::Error& ex) {
    return bad(std::string{ex.what()} + " (--help tells the options)");
  }
  return make_options(raw);
}

} // namespace kvnode

#include "kvnode/cli.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
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
  std::vector<std::string> cluster;
  std::string listen;
  std::string cluster_id;
  uint16_t port = 9121;
  std::string host = "127.0.0.1";
  std::string data_dir;
  std::string journal = "on";
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

/// For the key and the condition beside the value.
constexpr size_t command_overhead = 16 << 10;

CLI::Validator between(uint64_t least, uint64_t most) {
  // Without the range in the help, where it only disturbs.
  return CLI::Range(least, most).description("");
}

void describe_member(CLI::App& app, raw_options& xs) {
  app.add_option("--id", xs.id, "This member's id: the N-th of --cluster")
    ->type_name("N")
    ->check(between(1, 64))
    ->capture_default_str();
  app
    .add_option("--cluster", xs.cluster,
                "Raft addresses of the initial members in order of id: "
                "HOST:PORT or http://HOST:PORT [127.0.0.1:9021]")
    ->type_name("URL[,URL...]")
    ->allow_extra_args(false);
  app
    .add_option("--listen", xs.listen,
                "Where peers are accepted, if not at the own entry of "
                "--cluster")
    ->type_name("ADDR");
  app
    .add_option("--cluster-id", xs.cluster_id,
                "Check that the directory and the peers belong to this "
                "cluster: 16 hexadecimal digits, as /status shows them")
    ->type_name("TEXT");
  app
    .add_option("--data-dir", xs.data_dir,
                "Durable state; what is there wins over --cluster [kvnode-N]")
    ->type_name("DIR");
  app
    .add_option(
      "--journal", xs.journal,
      "on: write to a journal first, one flush a commit; off: to LMDB "
      "alone, two")
    ->type_name("NAME")
    ->check(CLI::IsMember({"on", "off"}))
    ->capture_default_str();
  app.add_flag("--join", xs.join,
               "Join a running cluster instead of founding one");
}

void describe_raft(CLI::App& app, raw_options& xs) {
  app
    .add_option("--election-timeout", xs.election_timeout,
                "An election starts after a time without a leader drawn from "
                "[MS, 2*MS)")
    ->type_name("MS")
    ->check(between(1, one_day_ms))
    ->capture_default_str();
  app
    .add_option("--heartbeat", xs.heartbeat,
                "How often an idle leader is heard")
    ->type_name("MS")
    ->check(between(1, one_day_ms))
    ->capture_default_str();
  app
    .add_option("--snapshot-entries", xs.snapshot_entries,
                "Take a snapshot every N applied entries, and forget the log "
                "before it, but for a tenth of N")
    ->type_name("N")
    ->check(between(1, uint64_t{1} << 40))
    ->capture_default_str();
}

void describe_http(CLI::App& app, raw_options& xs) {
  app.add_option("--port", xs.port, "Where HTTP is served; 0: any free port")
    ->type_name("P")
    ->capture_default_str();
  app.add_option("--host", xs.host, "Where HTTP is served")
    ->type_name("ADDR")
    ->capture_default_str();
  app
    .add_option("--request-timeout", xs.request_timeout,
                "Every HTTP request is answered within this time")
    ->type_name("MS")
    ->check(between(1, one_day_ms))
    ->capture_default_str();
  app
    .add_option("--max-value", xs.max_value,
                "The largest value; the same for all members")
    ->type_name("BYTES")
    ->check(between(1, uint64_t{64} << 20))
    ->capture_default_str();
  app
    .add_option("--dialect", xs.dialect,
                "ckite: also take CKite's two state-changing GETs")
    ->type_name("NAME")
    ->check(CLI::IsMember({"none", "ckite"}))
    ->capture_default_str();
}

void describe(CLI::App& app, raw_options& xs) {
  describe_member(app, xs);
  describe_http(app, xs);
  describe_raft(app, xs);
  app
    .set_config("--config", "",
                "The same options from a file, without the "
                "dashes: port = 9121")
    ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--log-level", xs.log_level, "error, warning, info or debug")
    ->type_name("NAME")
    ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
    ->capture_default_str();
  app.set_version_flag("--version", "kvnode " CAF_RAFT_VERSION,
                       "Print the version and end");
  app.set_help_flag("-h,--help", "Print this and end");
}

raft::log_level level_of(const std::string& name) {
  if (name == "error")
    return raft::log_level::error;
  if (name == "warning")
    return raft::log_level::warning;
  return name == "debug" ? raft::log_level::debug : raft::log_level::info;
}

/// Takes lists apart. An empty entry stays: the place of each tells its id.
std::vector<std::string> split(const std::vector<std::string>& lists) {
  std::vector<std::string> result;
  for (auto& list : lists) {
    size_t begin = 0;
    for (auto end = list.find(','); end != list.npos;
         end = list.find(',', begin)) {
      result.push_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
    result.push_back(list.substr(begin));
  }
  return result;
}

/// Returns the addresses of the initial members.
/// @param may_repeat Whether two of them, not both there any more, may be the same.
raft::result_of<std::vector<std::string>>
parse_cluster(const std::vector<std::string>& lists, bool may_repeat) {
  std::vector<std::string> result;
  for (auto& x : split(lists)) {
    auto address = raft::parse_address(x);
    if (!address)
      return bad("--cluster: " + address.error().text);
    if (address->find_last_not_of('0') == address->rfind(':'))
      return bad(fmt::format("--cluster: {} has no port that others could "
                             "find",
                             *address));
    if (!may_repeat
        && std::find(result.begin(), result.end(), *address) != result.end())
      return bad(fmt::format("--cluster: {} stands there twice", *address));
    result.push_back(std::move(*address));
  }
  return result;
}

raft::result_of<raft::cluster_id> parse_cluster_id(const std::string& text) {
  uint64_t value = 0;
  auto last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, value, 16);
  if (text.size() != 16 || error != std::errc{} || end != last || value == 0)
    return bad("--cluster-id: 16 hexadecimal digits are wanted, as /status "
               "shows them");
  return raft::cluster_id{value};
}

raft::result_of<raft::node_settings> make_node(const raw_options& xs) {
  raft::node_settings result;
  result.join = xs.join;
  result.id = raft::server_id{xs.id};
  if (!xs.cluster.empty()) {
    auto members = parse_cluster(xs.cluster, xs.join);
    if (!members)
      return members.error();
    result.members = *members;
  }
  if (xs.id > result.members.size())
    return bad(fmt::format("--id {}: the last member of --cluster is {}", xs.id,
                           result.members.size()));
  if (!xs.listen.empty()) {
    auto address = raft::parse_address(xs.listen);
    if (!address)
      return bad("--listen: " + address.error().text);
    result.listen = *address;
  }
  if (!xs.cluster_id.empty()) {
    auto cluster = parse_cluster_id(xs.cluster_id);
    if (!cluster)
      return cluster.error();
    result.cluster = *cluster;
  }
  result.data_dir = xs.data_dir.empty() ? fmt::format("kvnode-{}", xs.id)
                                        : xs.data_dir;
  if (xs.journal == "off")
    result.journal_bytes = 0;
  return result;
}

raft::result_of<raft::settings> make_group(const raw_options& xs) {
  using std::chrono::milliseconds;
  raft::settings result;
  result.election_timeout = milliseconds(xs.election_timeout);
  result.heartbeat_interval = milliseconds(xs.heartbeat);
  result.request_timeout = milliseconds(xs.request_timeout);
  result.snapshot_entries = xs.snapshot_entries;
  // Not less than usual: what other members, or earlier runs, took is to be
  // replicated too.
  result.max_command_bytes = std::max(result.max_command_bytes,
                                      xs.max_value + command_overhead);
  result.max_open_bytes = std::max(result.max_open_bytes,
                                   4 * result.max_command_bytes);
  if (auto ok = raft::validate(result); !ok)
    return bad(ok.error().text);
  return result;
}

raft::result_of<parsed_options> make_options(const raw_options& xs) {
  options result;
  auto node = make_node(xs);
  if (!node)
    return node.error();
  auto group = make_group(xs);
  if (!group)
    return group.error();
  // Less than half of it can be filled at worst; the largest must fit.
  node->reserve_bytes = std::max(node->reserve_bytes,
                                 4 * group->max_command_bytes);
  result.node = std::move(*node);
  result.group = *group;
  result.http_host = xs.host;
  result.http_port = xs.port;
  result.max_value = xs.max_value;
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

#include "kvnode/cli.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <stdlib.h>
#include <unistd.h>

using namespace kvnode;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

options parsed(const words& args) {
  auto result = parse_command_line(args);
  if (!result)
    FAIL(result.error().text);
  REQUIRE(std::holds_alternative<options>(*result));
  return std::get<options>(*result);
}

std::string refused(const words& args) {
  auto result = parse_command_line(args);
  return result ? "" : result.error().text;
}

std::string told(const words& args) {
  auto result = parse_command_line(args);
  REQUIRE(result);
  REQUIRE(std::holds_alternative<text_wanted>(*result));
  return std::get<text_wanted>(*result).text;
}

/// A configuration file.
class file {
public:
  explicit file(std::string_view text) {
    auto fd = mkstemp(name_.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream{name_} << text;
  }

  ~file() {
    std::remove(name_.c_str());
  }

  const std::string& name() const {
    return name_;
  }

private:
  std::string name_ = "/tmp/kvnode-test-XXXXXX";
};

} // namespace

TEST_CASE("without options: a store of one member") {
  auto x = parsed({});
  CHECK(x.node.id == caf::raft::server_id{1});
  CHECK(x.node.members == words{"127.0.0.1:9021"});
  CHECK(x.node.data_dir == "kvnode-1");
  CHECK(x.node.journal_bytes == 16 << 20);
  CHECK(x.node.reserve_bytes == 64 << 20);
  CHECK(x.http_host == "127.0.0.1");
  CHECK(x.http_port == 9121);
  CHECK(x.max_value == 1 << 20);
  CHECK(x.group.election_timeout == 1s);
  CHECK(x.group.heartbeat_interval == 100ms);
  CHECK(x.group.request_timeout == 5s);
  CHECK(x.group.snapshot_entries == 100'000);
  CHECK_FALSE(x.ckite);
  CHECK(x.level == caf::raft::log_level::info);
}

TEST_CASE("options are written with a space or an equals sign") {
  words lines[] = {
    {"--id",
     "2",
     "--cluster",
     "http://a:1,b:2,http://[::1]:3/",
     "--port",
     "80",
     "--host",
     "::1",
     "--data-dir",
     "d",
     "--journal",
     "off",
     "--listen",
     "http://0.0.0.0:1",
     "--cluster-id",
     "00000000000000ff",
     "--election-timeout",
     "500",
     "--heartbeat",
     "50",
     "--snapshot-entries",
     "10",
     "--request-timeout",
     "100",
     "--max-value",
     "10000000",
     "--dialect",
     "ckite",
     "--log-level",
     "debug"},
    {"--id=2", "--cluster=http://a:1,b:2,http://[::1]:3/", "--port=80",
     "--host=::1", "--data-dir=d", "--journal=off", "--listen=http://0.0.0.0:1",
     "--cluster-id=00000000000000ff", "--election-timeout=500",
     "--heartbeat=50", "--snapshot-entries=10", "--request-timeout=100",
     "--max-value=10000000", "--dialect=ckite", "--log-level=debug"},
  };
  for (auto& line : lines) {
    auto x = parsed(line);
    CHECK(x.node.id == caf::raft::server_id{2});
    CHECK(x.node.members == words{"a:1", "b:2", "[::1]:3"});
    CHECK(x.node.listen == "0.0.0.0:1");
    CHECK(x.node.cluster == caf::raft::cluster_id{255});
    CHECK(x.node.data_dir == "d");
    CHECK(x.node.journal_bytes == 0);
    CHECK(x.http_host == "::1");
    CHECK(x.http_port == 80);
    CHECK(x.group.election_timeout == 500ms);
    CHECK(x.group.heartbeat_interval == 50ms);
    CHECK(x.group.request_timeout == 100ms);
    CHECK(x.group.max_command_bytes > 10'000'000 + 4096);
    CHECK(x.node.reserve_bytes >= 4 * x.group.max_command_bytes);
    CHECK(x.group.snapshot_entries == 10);
    CHECK(x.ckite);
    CHECK(x.level == caf::raft::log_level::debug);
  }
}

TEST_CASE("what cannot be meant is refused with one line") {
  const words mistakes[] = {
    {"--no-such-option"},
    {"-id", "1"},
    {"stray"},
    {"--id"},
    {"--id", "0"},
    {"--id", "-1"},
    {"--id", "x"},
    {"--id", "1", "--id", "2"},
    {"--id", "2"},
    {"--id", "4", "--cluster", "a:1,b:2,c:3"},
    {"--cluster", ""},
    {"--cluster", "a"},
    {"--cluster", "a:"},
    {"--cluster", ":1"},
    {"--cluster", "a:99999"},
    {"--cluster", "a:0"},
    {"--cluster", "ftp://a:1"},
    {"--cluster", "a:1,"},
    {"--cluster", "a:1,,b:2"},
    {"--cluster", "a:1,b:2,a:1"},
    {"--cluster", "a:1,http://a:1"},
    {"--cluster", "a:1", "b:2"},
    {"--listen", "a"},
    {"--cluster-id", "x"},
    {"--cluster-id", "0000000000000000"},
    {"--cluster-id", "00000000000000fg"},
    {"--port", "0x"},
    {"--port", "-1"},
    {"--port", "65536"},
    {"--election-timeout", "0"},
    {"--election-timeout", "1s"},
    {"--election-timeout", "100", "--heartbeat", "200"},
    {"--heartbeat", "0"},
    {"--heartbeat", "-5"},
    {"--heartbeat", "600"},
    {"--snapshot-entries", "0"},
    {"--request-timeout", "soon"},
    {"--request-timeout", "0"},
    {"--max-value", "0"},
    {"--max-value", "-1"},
    {"--max-value", "99999999999"},
    {"--dialect", "latin"},
    {"--log-level", "shouting"},
    {"--config", "/no/such/file"},
    {"--config"},
  };
  for (auto& line : mistakes) {
    std::string all;
    for (auto& x : line)
      all += x + " ";
    CAPTURE(all);
    auto text = refused(line);
    CHECK_FALSE(text.empty());
    CHECK(text.find('\n') == text.npos);
  }
}

TEST_CASE("a member may join") {
  CHECK_FALSE(parsed({}).node.join);
  CHECK(parsed({"--id", "2", "--cluster", "a:1,b:2", "--join"}).node.join);
  // At the address of one that is gone.
  CHECK(parsed({"--id", "3", "--cluster", "a:1,b:2,a:1", "--join"})
          .node.members.size()
        == 3);
}

TEST_CASE("the same options from a file, which the command line overrides") {
  file all{"# a member\n"
           "id = 2\n"
           "cluster = a:1,http://b:2\n"
           "data-dir = \"/x y\"\n"
           "port=7\n"
           "\n"
           "dialect = ckite\n"};
  auto x = parsed({"--config", all.name()});
  CHECK(x.node.id == caf::raft::server_id{2});
  CHECK(x.node.members == words{"a:1", "b:2"});
  CHECK(x.node.data_dir == "/x y");
  CHECK(x.http_port == 7);
  CHECK(x.ckite);
  auto y = parsed({"--config=" + all.name(), "--port", "8", "--id=1"});
  CHECK(y.http_port == 8);
  CHECK(y.node.id == caf::raft::server_id{1});
  for (auto list :
       {"cluster = \"a:1,b:2\"\n", "cluster = [\"a:1\", \"b:2\"]\n"}) {
    file other{list};
    CHECK(parsed({"--config", other.name()}).node.members
          == words{"a:1", "b:2"});
  }
}

TEST_CASE("a mistake in a file is one, too") {
  for (auto text :
       {"no-such-option = 1\n", "id = 0\n", "[section]\nid = 1\n", "port = x\n",
        "join = maybe\n", "cluster = \n", "heartbeat = 1000\n"}) {
    CAPTURE(text);
    file bad{text};
    auto line = refused({"--config", bad.name()});
    CHECK_FALSE(line.empty());
    CHECK(line.find('\n') == line.npos);
  }
}

TEST_CASE("help and version") {
  auto help = told({"--help"});
  for (auto option :
       {"--id", "--cluster", "--listen", "--cluster-id", "--port", "--host",
        "--data-dir", "--join", "--election-timeout", "--heartbeat",
        "--snapshot-entries", "--request-timeout", "--max-value", "--config",
        "--dialect", "--log-level", "--version"})
    CHECK_MESSAGE(help.find(option) != std::string::npos, option);
  CHECK(told({"--version"}) == "kvnode " CAF_RAFT_VERSION "\n");
}

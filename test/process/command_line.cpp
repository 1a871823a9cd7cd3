// What the command line takes, and how it refuses the rest.

#include "process/support/testing.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace harness;

namespace {

/// What a kvnode that should end at once says, and how it ends.
struct run_result {
  exit_status end;
  std::string output;
};

run_result run(std::vector<std::string> args) {
  temporary_directory home;
  command what{.args = {KVNODE_PATH},
               .environment = {},
               .directory = home.path(),
               .log = home.path() + "/log"};
  what.args.insert(what.args.end(), args.begin(), args.end());
  process child{what};
  auto end = child.wait(seconds(10));
  if (!end)
    throw failure{"still running: kvnode " + args[0] + " ..."};
  std::ifstream in{what.log};
  return {*end, {std::istreambuf_iterator<char>{in}, {}}};
}

void check_refused(const run_result& result) {
  CAPTURE(result.output);
  CHECK(result.end.code.value_or(0) != 0);
  CHECK(!result.end.signal);
  CHECK(result.output.size() > 10);
  CHECK(std::count(result.output.begin(), result.output.end(), '\n') == 1);
}

} // namespace

TEST_CASE("what cannot be meant is refused with one line") {
  const std::vector<std::vector<std::string>> mistakes{
    {"--no-such-option"},
    {"--id", "0"},
    {"--id", "x"},
    {"--id", "-1"},
    {"--id", "4", "--cluster", "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"},
    {"--id"},
    {"--cluster", ""},
    {"--cluster", "127.0.0.1"},
    {"--cluster", "127.0.0.1:99999"},
    {"--cluster", "ftp://127.0.0.1:9021"},
    {"--port", "0x"},
    {"--port", "70000"},
    {"--election-timeout", "0"},
    {"--election-timeout", "100", "--heartbeat", "200"},
    {"--heartbeat", "-5"},
    {"--request-timeout", "soon"},
    {"--max-value", "-1"},
    {"--dialect", "latin"},
    {"--log-level", "shouting"},
    {"--config", "/no/such/file"},
    {"--data-dir", "/dev/null/no"},
    {"stray"},
  };
  for (const auto& args : mistakes) {
    std::string line;
    for (const auto& arg : args)
      line += " " + arg;
    CAPTURE(line);
    auto complete = args;
    auto given = [&](const char* option) {
      return std::find(args.begin(), args.end(), option) != args.end();
    };
    // So that a mistake that is taken does not meet other people's ports.
    if (!given("--port"))
      complete.insert(complete.end(), {"--port", std::to_string(free_port())});
    if (!given("--cluster"))
      complete.insert(complete.end(),
                      {"--cluster",
                       "127.0.0.1:" + std::to_string(free_port())});
    check_refused(run(complete));
  }
}

TEST_CASE("help and version are told, and that is all") {
  auto help = run({"--help"});
  CHECK(help.end.code == 0);
  for (auto option :
       {"--id", "--cluster", "--listen", "--cluster-id", "--port", "--host",
        "--data-dir", "--election-timeout", "--heartbeat", "--request-timeout",
        "--max-value", "--config", "--dialect", "--log-level", "--version"})
    CHECK_MESSAGE(help.output.find(option) != std::string::npos, option);
  auto version = run({"--version"});
  CHECK(version.end.code == 0);
  CHECK(version.output.find('.') != std::string::npos);
}

TEST_CASE("a port or directory in use ends the second one at once") {
  cluster servers{{.members = 1}};
  servers.start(1);
  servers.await_leader();
  auto again = [&](size_t arg, const std::string& value) {
    auto args = servers.command_of(1).args;
    args[arg] = value;
    return std::vector<std::string>(args.begin() + 1, args.end());
  };
  auto other_list = "127.0.0.1:" + std::to_string(free_port());
  auto other_port = std::to_string(free_port());
  temporary_directory other_dir;
  SUBCASE("the HTTP port") {
    auto args = again(4, other_list);
    args[7] = other_dir.path();
    check_refused(run(args));
  }
  SUBCASE("the Raft port") {
    auto args = again(6, other_port);
    args[7] = other_dir.path();
    check_refused(run(args));
  }
  SUBCASE("the directory") {
    auto args = again(4, other_list);
    args[5] = other_port;
    check_refused(run(args));
  }
  CHECK(servers.client(1).put("/kv/a", "b").status == 204);
}

TEST_CASE("a directory of another member is refused") {
  cluster servers;
  servers.start_all();
  servers.await_leader();
  servers.kill(1);
  servers.kill(2);
  auto args = servers.command_of(1).args;
  args.back() = servers.data_dir(2);
  check_refused(run({args.begin() + 1, args.end()}));
  servers.start(1);
  servers.start(2);
  servers.await_leader();
}

TEST_CASE("options may be written with an equals sign") {
  temporary_directory home;
  auto port = free_port();
  command kvnode;
  kvnode.args = {KVNODE_PATH,
                 "--id=1",
                 "--cluster=http://127.0.0.1:" + std::to_string(free_port()),
                 "--port=" + std::to_string(port),
                 "--data-dir=" + home.path() + "/data",
                 "--log-level=debug"};
  kvnode.log = home.path() + "/log";
  process child{kvnode};
  http_client client{port};
  await("health", [&] { return client.get("/health").status == 200; });
  CHECK(client.put("/kv/a", "b").status == 204);
}

TEST_CASE("options may stand in a file") {
  temporary_directory home;
  auto port = free_port();
  std::ofstream{home.path() + "/kvnode.conf"}
    << "port = " << port << "\ncluster = \"127.0.0.1:" << free_port()
    << "\"\ndata-dir = \"" << home.path() << "/data\"\n";
  command kvnode;
  kvnode.args = {KVNODE_PATH, "--config", home.path() + "/kvnode.conf"};
  kvnode.log = home.path() + "/log";
  process child{kvnode};
  http_client client{port};
  await("health", [&] { return client.get("/health").status == 200; });
  CHECK(std::filesystem::exists(home.path() + "/data"));
}

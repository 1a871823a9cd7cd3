// What the READMEs of the systems that kvnode follows tell their users to type.

#include "process/support/testing.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace harness;

namespace {

/// What a command line prints.
std::string shell(const std::string& line) {
  temporary_directory home;
  command what{.args = {"/bin/sh", "-c", "curl -sS " + line},
               .environment = {},
               .directory = home.path(),
               .log = home.path() + "/log"};
  what.environment = {"no_proxy=127.0.0.1,localhost"};
  process child{what};
  if (!child.wait(seconds(20)))
    throw failure{"does not end: " + line};
  std::ifstream in{what.log};
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool taken(std::initializer_list<uint16_t> ports) {
  for (auto port : ports)
    if (connect_to(port, deadline{seconds(1)}))
      return true;
  return false;
}

void await_health(uint16_t port) {
  http_client client{port};
  await("health of " + std::to_string(port),
        [&] { return client.get("/health").status == 200; });
}

/// The members of the Procfile, run as a tool for Procfiles does, but in a
/// directory of their own.
class procfile {
public:
  procfile() {
    std::ifstream in{TEST_SOURCE_DIR "/../Procfile"};
    std::string line;
    while (std::getline(in, line)) {
      auto colon = line.find(':');
      std::istringstream words{line.substr(colon + 1)};
      command what{.args = {},
                   .environment = {},
                   .directory = home_.path(),
                   .log = home_.path() + "/log"};
      for (std::string word; words >> word;)
        what.args.push_back(word);
      what.args.at(0) = KVNODE_PATH;
      commands_.emplace(line.substr(0, colon), what);
    }
  }

  /// One more, beside those of the Procfile.
  void add(const std::string& name, const std::string& arguments) {
    auto what = commands_.begin()->second;
    what.args.resize(1);
    std::istringstream words{arguments};
    for (std::string word; words >> word;)
      what.args.push_back(word);
    commands_.emplace(name, what);
  }

  /// It shuts itself down.
  void await_end(const std::string& name) {
    auto end = running_[name].wait(seconds(20));
    REQUIRE(end);
    CHECK(end->code == 0);
  }

  void start(const std::string& name) {
    running_[name] = process{commands_.at(name)};
  }

  void stop(const std::string& name) {
    running_[name].send(SIGTERM);
    CHECK(running_[name].wait(seconds(10)).value().code == 0);
  }

private:
  temporary_directory home_;
  std::map<std::string, command> commands_;
  std::map<std::string, process> running_;
};

} // namespace

TEST_CASE("raftexample's walk-through: a single node") {
  fixed_ports mine;
  if (taken({12379, 12380})) {
    MESSAGE("SKIPPED: port 12379 or 12380 is taken");
    return;
  }
  temporary_directory home;
  command kvnode{.args = {KVNODE_PATH, "--id", "1", "--cluster",
                          "http://127.0.0.1:12379", "--port", "12380"},
                 .environment = {},
                 .directory = home.path(),
                 .log = home.path() + "/log"};
  process child{kvnode};
  await_health(12380);
  CHECK(shell("-L http://127.0.0.1:12380/my-key -XPUT -d hello").empty());
  CHECK(shell("-L http://127.0.0.1:12380/my-key") == "hello");
}

TEST_CASE("raftexample's walk-through: a cluster that tolerates a fault") {
  fixed_ports mine;
  if (taken({12379, 12380, 22379, 22380, 32379, 32380})) {
    MESSAGE("SKIPPED: a port of the Procfile is taken");
    return;
  }
  procfile members;
  for (auto name : {"kvnode1", "kvnode2", "kvnode3"})
    members.start(name);
  for (uint16_t port : {12380, 22380, 32380})
    await_health(port);
  CHECK(shell("-L http://127.0.0.1:12380/my-key -XPUT -d hello").empty());
  CHECK(shell("-L http://127.0.0.1:12380/my-key") == "hello");

  CHECK(shell("-L http://127.0.0.1:12380/my-key -XPUT -d foo").empty());
  CHECK(shell("-L http://127.0.0.1:32380/my-key") == "foo");
  members.stop("kvnode2");
  CHECK(shell("-L http://127.0.0.1:12380/my-key -XPUT -d bar").empty());
  CHECK(shell("-L http://127.0.0.1:32380/my-key") == "bar");
  members.start("kvnode2");
  await_health(22380);
  CHECK(shell("-L http://127.0.0.1:22380/my-key") == "bar");

  // Dynamic cluster reconfiguration. Member 4 is at other ports than there: 42379
  // and 42380 may be those of somebody's connection.
  auto peers = std::to_string(free_port());
  auto http = free_port();
  auto url = "http://127.0.0.1:" + std::to_string(http);
  CHECK(shell("-L http://127.0.0.1:12380/4 -XPOST -d http://127.0.0.1:" + peers)
          .empty());
  members.add("kvnode4", "--id 4 --cluster http://127.0.0.1:12379,"
                         "http://127.0.0.1:22379,http://127.0.0.1:32379,"
                         "http://127.0.0.1:"
                           + peers + " --port " + std::to_string(http)
                           + " --join");
  members.start("kvnode4");
  await_health(http);
  CHECK(shell("-L " + url + "/my-key") == "bar");
  CHECK(shell("-L " + url + "/my-key -XPUT -d foo").empty());
  CHECK(shell("-L http://127.0.0.1:12380/my-key") == "foo");
  CHECK(shell("-L http://127.0.0.1:12380/3 -XDELETE").empty());
  members.await_end("kvnode3");
  CHECK(shell("-L " + url + "/my-key") == "foo");
}

TEST_CASE("raftexample's other methods and paths") {
  cluster servers{{.members = 1}};
  servers.start(1);
  servers.await_leader();
  auto client = servers.client(1);
  CHECK(client.put("/some/longer/key", "value").status == 204);
  CHECK(client.get("/some/longer/key").body == "value");
  CHECK(client.get("/kv/some/longer/key").body == "value");
  CHECK(client.get("/missing").status == 404);
  CHECK(client.post("/no-number", "http://127.0.0.1:1").status == 400);
  CHECK(client.remove("/no-number").status == 400);
  auto patch = client.send({.method = "PATCH", .target = "/my-key"});
  CHECK(patch.status == 405);
  for (auto method : {"PUT", "GET", "POST", "DELETE"})
    CHECK(patch.header("allow").find(method) != std::string::npos);
}

TEST_CASE(
  "CKite's reading routes always work, its writing ones when asked for") {
  for (bool dialect : {false, true}) {
    CAPTURE(dialect);
    cluster_options options;
    if (dialect)
      options.args = {"--dialect", "ckite"};
    cluster servers{options};
    servers.start_all();
    servers.await_leader();
    auto url = [&](size_t id) {
      return "http://localhost:" + std::to_string(servers.http_port(id));
    };
    if (dialect) {
      shell(url(1) + "/put/key1/value1");
    } else {
      auto refused = servers.client(1).get("/put/key1/value0");
      CHECK(refused.status == 405);
      CHECK(refused.body.find("--dialect ckite") != std::string::npos);
      CHECK(servers.client(1).get("/kv/key1").status == 404);
      CHECK(servers.client(1).put("/kv/key1", "value1").status == 204);
    }
    // Linearizably, so at another member, too.
    CHECK(shell(url(2) + "/get/key1") == "value1");
    auto log = shell(url(2) + "/rlog");
    CHECK(log.find("key1") != std::string::npos);
    CHECK(log.find("value1") != std::string::npos);
    auto status = json::parse(shell(url(3) + "/status"));
    CHECK(status.at("last_log").at("command")
          == json{{"op", "put"}, {"key", "key1"}, {"value", "value1"}});
    CHECK(servers.client(1).post("/kv/key2/value2").status / 100 == 2);
    CHECK(servers.client(2).get("/kv/key2").body == "value2");
    CHECK(read_until_answered(servers, 3, "key2?local=true").what
          == outcome::answered);
  }
}

TEST_CASE("CKite's walk-through: a cluster that changes while it runs") {
  cluster_options options;
  options.members = 5;
  options.joining = 2;
  options.args = {"--dialect", "ckite"};
  cluster servers{options};
  for (size_t id = 1; id <= 3; ++id)
    servers.start(id);
  await("a leader", [&] { return servers.leader().has_value(); });
  auto peer = [&](size_t id) {
    return "127.0.0.1:" + std::to_string(servers.raft_port(id));
  };
  auto url = "http://localhost:" + std::to_string(servers.http_port(1));
  shell(url + "/put/key1/value1");
  // As its README has it: the new member is started, the list names all.
  servers.start(4);
  auto members = json::parse(shell(url + "/changecluster/" + peer(1) + ","
                                   + peer(2) + "," + peer(3) + "," + peer(4)));
  CHECK(members.at("members").size() == 4);
  auto has_voters = [&](size_t at, std::vector<size_t> ids) {
    auto status = servers.status(at);
    std::vector<size_t> found;
    if (status)
      for (auto& x : (*status)["members"])
        if (x["voter"] == true && !x.contains("outgoing_voter"))
          found.push_back(x["id"].get<size_t>());
    return found == ids;
  };
  await("the fourth member", [&] { return has_voters(4, {1, 2, 3, 4}); });
  CHECK(shell("http://localhost:" + std::to_string(servers.http_port(4))
              + "/get/key1")
        == "value1");
  // And its later app's: a colon means an address.
  servers.start(5);
  CHECK(servers.client(2).post("/members/" + peer(5)).status == 200);
  await("the fifth member", [&] { return has_voters(2, {1, 2, 3, 4, 5}); });
  // It may be that the change before is not quite over.
  await("the removal", [&] {
    return servers.client(2).remove("/members/" + peer(3)).status == 200;
  });
  CHECK(servers.process(3).wait(seconds(20)).value().code == 0);
  // Without --dialect ckite nothing is changed by a GET.
  cluster plain{{.members = 1}};
  plain.start(1);
  plain.await_leader();
  CHECK(plain.client(1).get("/changecluster/" + peer(1)).status == 405);
}

#include "caf/raft/testing/scenario.hpp"
#include "caf/raft/testing/scenario_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

// Runs all of test/scenario/. With RAFT_REWRITE=1 the outputs in the files are
// renewed: look at the difference as at code.

using namespace caf::raft::testing;

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> scenario_files() {
  std::vector<fs::path> result;
  fs::path dir{TEST_SOURCE_DIR "/scenario"};
  for (auto& x : fs::recursive_directory_iterator{dir})
    if (x.path().extension() == ".txt")
      result.push_back(x.path());
  std::sort(result.begin(), result.end());
  return result;
}

std::string read(const fs::path& path) {
  std::ifstream in{path};
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

bool is_set(const char* variable) {
  auto* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && *value != '0';
}

} // namespace

TEST_CASE("every scenario goes as its file says") {
  auto files = scenario_files();
  CHECK(files.size() >= 12);
  for (auto& path : files) {
    SUBCASE(path.filename().c_str()) {
      auto expected = read(path);
      auto actual = run_scenario(expected);
      if (actual != expected && is_set("RAFT_REWRITE"))
        std::ofstream{path} << actual;
      else
        CHECK_MESSAGE(actual == expected, path.string(), "\n",
                      first_difference(expected, actual));
    }
  }
}

TEST_CASE("a scenario that cannot be says why, and goes no further") {
  auto fails = [](const std::string& command, const std::string& why) {
    CAPTURE(command);
    auto text = "cluster 1=(1) 2=(1) 3=(1)\n" + command + "\n----\n";
    CHECK_THROWS_WITH_AS(run_scenario(text), doctest::Contains(why.c_str()),
                         scenario_error);
  };
  fails("elect 1", "there is no such command");
  fails("crash 4", "there is no member 4");
  fails("crash 1 pwoer", "of the process or of the `power`");
  fails("crash 1\ncrash 1", "member 1 is down");
  fails("crash 1\npropose 1 put a b", "member 1 is down");
  fails("crash 1\nread 1 a", "member 1 is down");
  fails("crash 1\nstall-disk 1", "member 1 is down");
  fails("crash 1\nheartbeat 1", "member 1 is down");
  fails("propose 1 nonsense", "the store knows");
  fails("propose 1 get a", "a get is no command");
  fails("read 1", "the store knows");
  fails("group 7", "there is no group 7");
  fails("deliver 1->2 append_entris", "there is no message append_entris");
  fails("run reqest_vote", "there is no message reqest_vote");
}

TEST_CASE("what follows the last command is compared too") {
  std::string text = "cluster 1=(1) 2=(1) 3=(1)\n----\n";
  auto whole = run_scenario(text);
  CHECK(run_scenario(whole) == whole);
  // Without a separator nothing is expected, but something is said.
  auto open = text + "\nelection-timeout 1\n";
  CHECK(run_scenario(open).size() > whole.size() + 30);
}

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

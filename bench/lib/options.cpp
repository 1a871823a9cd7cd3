#include "options.hpp"

#include "floor.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace bench {

options parse(int argc, char** argv, const std::string& question) {
  // For ourselves: PROGRAM --floor KIND ARGUMENT...
  if (argc >= 3 && std::string{argv[1]} == "--floor")
    exit(become_floor({argv + 2, argv + argc}));
  options result;
  CLI::App app{question};
  double seconds = 3;
  app.add_flag("--smoke", result.smoke, "run briefly, judge nothing");
  app.add_flag("--json", result.json, "print the figures as JSON, too");
  app.add_option("--runs", result.runs, "how often everything takes its turn")
    ->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "how long each turn measures")
    ->check(CLI::PositiveNumber);
  app.add_option("--dir", result.dir, "where the members keep their data");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& ex) {
    exit(app.exit(ex));
  }
  result.span = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
  if (result.smoke) {
    result.runs = 1;
    result.span = std::chrono::milliseconds(150);
  }
  printf("%s\n", question.c_str());
  return result;
}

} // namespace bench

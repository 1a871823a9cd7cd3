#include "options.hpp"

#include "floor.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace bench {

namespace {

void declare_common(CLI::App& app, options& to, double& seconds) {
  app.add_flag("--smoke", to.smoke, "run briefly, judge nothing");
  app.add_flag("--json", to.json, "print the figures as JSON, too");
  app.add_option("--runs", to.runs, "how often everything takes its turn")
    ->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "how long each turn measures")
    ->check(CLI::PositiveNumber);
  app.add_option("--dir", to.dir, "where the members keep their data");
}

} // namespace

int answer(int argc, char** argv, const std::string& question,
           const std::function<void(const options&)>& run,
           const std::function<void(CLI::App&)>& declare) {
  // For ourselves: PROGRAM --floor KIND ARGUMENT...
  if (argc >= 3 && std::string{argv[1]} == "--floor")
    return become_floor({argv + 2, argv + argc});
  options how;
  double seconds = 3;
  CLI::App app{question};
  declare_common(app, how, seconds);
  if (declare)
    declare(app);
  try {
    app.parse(argc, argv);
    how.span = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
    if (how.smoke) {
      how.runs = 1;
      how.span = std::chrono::milliseconds(150);
    }
    printf("%s\n", question.c_str());
    fflush(stdout);
    run(how);
    return 0;
  } catch (const CLI::ParseError& ex) {
    return app.exit(ex);
  } catch (const std::exception& ex) {
    fprintf(stderr, "%s\n", ex.what());
    return 1;
  }
}

} // namespace bench

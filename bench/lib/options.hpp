#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace CLI {

class App;

} // namespace CLI

namespace bench {

/// What every program here takes.
struct options {
  /// Run briefly, just to see that everything works.
  bool smoke = false;
  /// Print the figures as a line of JSON, too.
  bool json = false;
  /// How often everything takes its turn.
  size_t runs = 3;
  /// How long each turn measures.
  std::chrono::milliseconds span{3000};
  /// Where the members keep their data; empty: the directory for temporary files.
  std::string dir;
};

/// The main function of a program here: reads the command line, prints the
/// question, and runs what answers it. Where the command line asks for a floor
/// (floor.hpp), it becomes that.
/// @param declare Adds the program's own options, if it has any.
/// @returns The exit code.
int answer(int argc, char** argv, const std::string& question,
           const std::function<void(const options&)>& run,
           const std::function<void(CLI::App&)>& declare = {});

} // namespace bench

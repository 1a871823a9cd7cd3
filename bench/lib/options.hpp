#pragma once

#include <chrono>
#include <string>
#include <vector>

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

/// Reads the command line; where it cannot be meant, or asks for help, prints how
/// the program is used, and exits. Where it asks for a floor (floor.hpp), becomes
/// that.
options parse(int argc, char** argv, const std::string& question);

} // namespace bench

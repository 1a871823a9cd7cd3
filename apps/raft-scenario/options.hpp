#pragma once

#include "caf/raft/testing/swarm_shrink.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

/// What raft-scenario is told to do.
struct options {
  std::string file;
  bool check = false;
  uint64_t seed = 0;
  /// Of what the seed draws.
  caf::raft::testing::plan_reduction without;
  bool trace = false;
  /// Where to write the run as a page; empty: nowhere.
  std::string html;
  bool shrink = false;
  size_t budget = 200;
};

/// Lets the command line set them. Both outlive the parsing.
void describe_options(CLI::App& app, options& xs);

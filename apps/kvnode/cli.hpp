#pragma once

#include <caf/raft/error.hpp>
#include <caf/raft/log.hpp>
#include <caf/raft/node.hpp>
#include <caf/raft/settings.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace kvnode {

namespace raft = caf::raft;

/// What the command line and the configuration file say.
struct options {
  raft::node_settings node;
  raft::settings group;
  std::string http_host = "127.0.0.1";
  uint16_t http_port = 9121;
  size_t max_value = 1 << 20;
  bool ckite = false;
  raft::log_level level = raft::log_level::info;
};

/// The command line asked for a text only: --help, --version.
struct text_wanted {
  std::string text;
};

using parsed_options = std::variant<options, text_wanted>;

/// Reads `--opt VALUE` and `--opt=VALUE`, and a file of the same options.
/// @param args Without the name of the program.
/// @returns `invalid_argument` with one line for the operator.
raft::result_of<parsed_options>
parse_command_line(const std::vector<std::string>& args);

} // namespace kvnode

#include "caf/raft/testing/html_text.hpp"

#include <fmt/format.h>

namespace caf::raft::testing {

namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
}

} // namespace

std::string html_escaped(std::string_view text) {
  std::string result;
  for (auto c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (c == '\'')
      result += "&#39;";
    else if (is_control(c) && c != '\n' && c != '\t')
      result += "&#xfffd;";
    else
      result += c;
  }
  return result;
}

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (auto c : text) {
    if (c == '"' || c == '\\')
      (result += '\\') += c;
    else if (is_control(c) || c == '<' || c == '>' || c == '&')
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      result += c;
  }
  return result + "\"";
}

} // namespace caf::raft::testing

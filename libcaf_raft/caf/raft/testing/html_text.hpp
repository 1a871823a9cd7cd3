#pragma once

#include <string>
#include <string_view>

namespace caf::raft::testing {

/// A text as content of an HTML element, or as the value of an attribute in
/// quotation marks.
std::string html_escaped(std::string_view text);

/// A text as a string of JSON, in its quotation marks. Nothing in it can end the
/// element `script` around it.
std::string json_string(std::string_view text);

} // namespace caf::raft::testing

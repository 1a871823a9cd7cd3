#pragma once

// Keys and values as URLs and JSON have them.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvnode {

/// Undoes percent-encoding.
/// @returns Nothing where a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view xs);

/// The part of a URL behind the `?`, as HTML forms encode it: `+` is a space.
class query_string {
public:
  /// @returns Nothing where it is badly encoded.
  static std::optional<query_string> parse(std::string_view xs);

  /// Returns the first value of a parameter; empty, not absent, for one that
  /// stands there without any.
  std::optional<std::string_view> find(std::string_view name) const;

private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// Reads a whole number, decimal and without a sign, that takes up all of `xs`.
std::optional<uint64_t> parse_number(std::string_view xs);

/// Whether JSON can hold these bytes as a string.
bool is_utf8(std::string_view xs);

std::string base64(std::string_view xs);

} // namespace kvnode

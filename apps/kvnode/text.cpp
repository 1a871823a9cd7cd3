#include "kvnode/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace kvnode {

namespace {

/// @returns -1 for what is no hexadecimal digit.
int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::optional<std::string> form_decoded(std::string_view xs) {
  std::string spaced{xs};
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

/// Cuts off what stands before the first `separator`, which is dropped.
std::string_view cut(std::string_view& from, char separator) {
  auto end = from.find(separator);
  auto result = from.substr(0, end);
  from = end == from.npos ? std::string_view{} : from.substr(end + 1);
  return result;
}

} // namespace

std::optional<std::string> percent_decoded(std::string_view xs) {
  std::string result;
  result.reserve(xs.size());
  for (size_t i = 0; i < xs.size(); ++i) {
    if (xs[i] != '%') {
      result += xs[i];
      continue;
    }
    auto high = i + 2 < xs.size() ? digit(xs[i + 1]) : -1;
    auto low = i + 2 < xs.size() ? digit(xs[i + 2]) : -1;
    if (high < 0 || low < 0)
      return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

std::optional<query_string> query_string::parse(std::string_view xs) {
  query_string result;
  while (!xs.empty()) {
    auto value = cut(xs, '&');
    auto name = form_decoded(cut(value, '='));
    auto decoded = form_decoded(value);
    if (!name || !decoded)
      return std::nullopt;
    result.parameters_.emplace_back(std::move(*name), std::move(*decoded));
  }
  return result;
}

std::optional<std::string_view>
query_string::find(std::string_view name) const {
  for (auto& [key, value] : parameters_)
    if (key == name)
      return value;
  return std::nullopt;
}

std::optional<uint64_t> parse_number(std::string_view xs) {
  uint64_t result = 0;
  auto last = xs.data() + xs.size();
  auto [end, error] = std::from_chars(xs.data(), last, result);
  if (error != std::errc{} || end != last)
    return std::nullopt;
  return result;
}

bool is_utf8(std::string_view xs) {
  // Unicode, table 3-7: what may follow depends on the first byte.
  auto at = [&](size_t i) -> unsigned {
    return i < xs.size() ? static_cast<unsigned char>(xs[i]) : 0;
  };
  auto in = [](unsigned x, unsigned low, unsigned high) {
    return x >= low && x <= high;
  };
  for (size_t i = 0; i < xs.size();) {
    auto first = at(i++);
    if (first < 0x80)
      continue;
    auto more = in(first, 0xc2, 0xdf)   ? 1
                : in(first, 0xe0, 0xef) ? 2
                : in(first, 0xf0, 0xf4) ? 3
                                        : 0;
    auto low = first == 0xe0 ? 0xa0u : first == 0xf0 ? 0x90u : 0x80u;
    auto high = first == 0xed ? 0x9fu : first == 0xf4 ? 0x8fu : 0xbfu;
    if (more == 0 || !in(at(i++), low, high))
      return false;
    for (; more > 1; --more)
      if (!in(at(i++), 0x80, 0xbf))
        return false;
  }
  return true;
}

std::string base64(std::string_view xs) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((xs.size() + 2) / 3 * 4);
  for (size_t i = 0; i < xs.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = i; j < i + 3; ++j)
      group = group << 8
              | (j < xs.size() ? static_cast<unsigned char>(xs[j]) : 0u);
    for (int shift = 18; shift >= 0; shift -= 6)
      result += digits[(group >> shift) & 63];
  }
  if (auto rest = xs.size() % 3; rest != 0)
    result.replace(result.size() - (3 - rest), 3 - rest, 3 - rest, '=');
  return result;
}

} // namespace kvnode

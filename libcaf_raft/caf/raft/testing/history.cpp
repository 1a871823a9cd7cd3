#include "caf/raft/testing/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <istream>
#include <iterator>
#include <ostream>

namespace caf::raft::testing {

namespace {

constexpr std::array<std::string_view, 3> kind_names{"get", "put", "delete"};

constexpr std::array<std::string_view, 5> result_names{
  "ok", "absent", "mismatch", "failed", "unknown"};

template <class Names>
std::optional<size_t> find_name(const Names& names, std::string_view what) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == what)
      return i;
  return std::nullopt;
}

bool is_plain(char c) {
  return c > ' ' && c < 127 && c != '%';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// An empty text is a lone `%`.
std::string encode(std::string_view text) {
  if (text.empty())
    return "%";
  std::string result;
  result.reserve(text.size());
  // Values may be long, and few of their characters are not plain.
  while (!text.empty()) {
    auto end = std::find_if_not(text.begin(), text.end(), is_plain);
    result.append(text.begin(), end);
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
    if (text.empty())
      break;
    fmt::format_to(std::back_inserter(result), "%{:02x}",
                   static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
  }
  return result;
}

template <class T>
std::optional<T> number_of(std::string_view text, int base = 10) {
  T result{};
  auto end = text.data() + text.size();
  auto [ptr, error] = std::from_chars(text.data(), end, result, base);
  if (error != std::errc{} || ptr != end || text.empty())
    return std::nullopt;
  return result;
}

std::optional<std::string> decode(std::string_view text) {
  if (text == "%")
    return std::string{};
  std::string result;
  result.reserve(text.size());
  for (;;) {
    auto escape = text.find('%');
    result += text.substr(0, escape);
    if (escape == std::string_view::npos)
      return result;
    text.remove_prefix(escape + 1);
    auto code = number_of<uint8_t>(text.substr(0, 2), 16);
    if (!code || text.size() < 2)
      return std::nullopt;
    result += static_cast<char>(*code);
    text.remove_prefix(2);
  }
}

/// Takes a line apart at its blanks; throws a sentence where a word is not what
/// it should be.
class line_reader {
public:
  explicit line_reader(std::string_view line) : rest_(line) {
    // nop
  }

  bool at_end() {
    rest_.remove_prefix(
      std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
    return rest_.empty();
  }

  std::string_view word(const char* what) {
    if (at_end())
      throw fmt::format("{} is missing", what);
    auto end = std::find_if(rest_.begin(), rest_.end(), is_blank);
    auto result = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(result.size());
    return result;
  }

  bool accept(std::string_view what) {
    auto before = rest_;
    if (!at_end() && word("word") == what)
      return true;
    rest_ = before;
    return false;
  }

  uint64_t number(const char* what) {
    if (auto result = number_of<uint64_t>(word(what)))
      return *result;
    throw fmt::format("{} is not a number", what);
  }

  std::string text(const char* what) {
    if (auto result = decode(word(what)))
      return std::move(*result);
    throw fmt::format("{} is not encoded as it should be", what);
  }

private:
  std::string_view rest_;
};

bool has_version(const operation& x) {
  return x.result == op_result::ok;
}

void parse_result(line_reader& in, operation& x) {
  if (!in.accept("="))
    throw std::string{"the result is missing"};
  auto result = find_name(result_names, in.word("the result"));
  if (!result)
    throw std::string{"there is no such result"};
  x.result = static_cast<op_result>(*result);
  if (!has_version(x))
    return;
  if (x.kind == op_kind::get)
    x.value = in.text("the value that was read");
  x.version = in.number("the version");
}

operation parse(line_reader in) {
  operation x;
  x.client = in.number("the client");
  x.invoked = in.number("the time of the invocation");
  if (!in.accept("-"))
    x.returned = in.number("the time of the return");
  auto kind = find_name(kind_names, in.word("the operation"));
  if (!kind)
    throw std::string{"there is no such operation"};
  x.kind = static_cast<op_kind>(*kind);
  x.key = in.text("the key");
  if (x.kind == op_kind::put)
    x.value = in.text("the value");
  if (x.kind != op_kind::get && in.accept("if"))
    x.expected = in.number("the expected version");
  parse_result(in, x);
  if (!in.at_end())
    throw std::string{"there is more than one operation"};
  return x;
}

} // namespace

std::string to_string(const operation& x) {
  auto result = fmt::format("{} {} ", x.client, x.invoked);
  result += x.returned == operation::never ? "-" : std::to_string(x.returned);
  result += fmt::format(" {} {}", kind_names[static_cast<size_t>(x.kind)],
                        encode(x.key));
  if (x.kind == op_kind::put)
    result += " " + encode(x.value);
  if (x.expected)
    result += fmt::format(" if {}", *x.expected);
  result += fmt::format(" = {}", result_names[static_cast<size_t>(x.result)]);
  if (has_version(x) && x.kind == op_kind::get)
    result += " " + encode(x.value);
  if (has_version(x))
    result += fmt::format(" {}", x.version);
  return result;
}

result_of<operation> parse_operation(std::string_view line) {
  try {
    return parse(line_reader{line});
  } catch (const std::string& why) {
    return failure{errc::invalid_argument, why};
  }
}

void write(std::ostream& out, const history& xs) {
  for (auto& x : xs)
    out << to_string(x) << '\n';
}

result_of<history> read_history(std::istream& in) {
  history result;
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    if (line_reader{line}.at_end() || line.front() == '#')
      continue;
    auto x = parse_operation(line);
    if (!x)
      return failure{x.error().code,
                     fmt::format("line {}: {}", number, x.error().text)};
    result.push_back(std::move(*x));
  }
  return result;
}

} // namespace caf::raft::testing

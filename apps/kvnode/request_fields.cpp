#include "kvnode/request_fields.hpp"

#include <algorithm>
#include <charconv>

namespace kvnode {

namespace {

using raft::failure;
using raft::result_of;

failure invalid(const char* text) {
  return {raft::errc::invalid_argument, text};
}

} // namespace

result_of<std::string> decode_key(std::string_view encoded) {
  auto key = percent_decoded(encoded);
  if (!key)
    return invalid("a % in the key is not followed by two hexadecimal digits");
  if (key->empty())
    return invalid("the key is empty");
  if (key->size() > max_key_size)
    return invalid("the key is longer than 4096 bytes");
  return std::move(*key);
}

result_of<version_t> parse_etag(std::string_view text) {
  auto tag = text.substr(text.starts_with("W/") ? 2 : 0);
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"'
      || std::count(tag.begin(), tag.end(), '"') != 2)
    return invalid("a condition is * or one entity tag in double quotes");
  auto version = parse_number(tag.substr(1, tag.size() - 2));
  return version_t{version && *version != 0 ? *version : ~uint64_t{0}};
}

result_of<condition> parse_condition(const http_request& request) {
  using kind = condition::kind_t;
  if (request.if_match && request.if_none_match)
    return invalid("If-Match and If-None-Match do not go together");
  if (request.if_none_match) {
    if (request.method == http_method::del)
      return invalid("If-None-Match is not for DELETE");
    if (*request.if_none_match != "*")
      return invalid("If-None-Match takes nothing but * for a write");
    return condition{kind::absent, {}};
  }
  if (!request.if_match)
    return condition{};
  if (*request.if_match == "*")
    return condition{kind::present, {}};
  auto version = parse_etag(*request.if_match);
  if (!version)
    return version.error();
  // A weak tag fits nothing here (RFC 9110, 13.1.1).
  if (request.if_match->starts_with("W/"))
    return condition{kind::version, version_t{~uint64_t{0}}};
  return condition{kind::version, *version};
}

result_of<raft::request_kind> parse_consistency(const query_string& from) {
  if (auto local = from.find("local")) {
    if (*local == "true" || local->empty())
      return raft::request_kind::local_query;
    if (*local != "false")
      return invalid("local is true or false");
  }
  auto asked = from.find("consistency").value_or("linearizable");
  if (asked == "local")
    return raft::request_kind::local_query;
  // There are no leases yet.
  if (asked == "linearizable" || asked == "lease")
    return raft::request_kind::query;
  return invalid("consistency is linearizable, lease or local");
}

result_of<uint64_t> parse_number(const query_string& from,
                                 std::string_view name, uint64_t otherwise) {
  auto text = from.find(name);
  if (!text)
    return otherwise;
  auto value = parse_number(*text);
  if (!value)
    return failure{raft::errc::invalid_argument,
                   std::string{name} + " is not a number"};
  return *value;
}

result_of<uint64_t> parse_page_limit(const query_string& from) {
  auto limit = parse_number(from, "limit", 100);
  if (!limit)
    return limit;
  if (*limit == 0)
    return invalid("limit is zero");
  return std::min(*limit, max_page_items);
}

bool is_member_id(std::string_view xs) {
  if (!xs.starts_with("0x") && !xs.starts_with("0X"))
    return parse_number(xs).has_value();
  xs.remove_prefix(2);
  return !xs.empty() && xs.size() <= 16
         && xs.find_first_not_of("0123456789abcdefABCDEF") == xs.npos;
}

std::optional<raft::server_id> parse_member_id(std::string_view xs) {
  if (!is_member_id(xs))
    return std::nullopt;
  auto is_hex = xs.starts_with("0x") || xs.starts_with("0X");
  if (is_hex)
    xs.remove_prefix(2);
  uint64_t value = 0;
  auto end = xs.data() + xs.size();
  auto found = std::from_chars(xs.data(), end, value, is_hex ? 16 : 10);
  if (found.ec != std::errc{} || found.ptr != end || value == 0)
    return std::nullopt;
  return raft::server_id{value};
}

} // namespace kvnode

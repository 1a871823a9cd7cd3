#include "kvnode/member_routes.hpp"

#include "kvnode/request_fields.hpp"

#include <caf/raft/node.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace kvnode {

namespace {

using nlohmann::json;
using raft::change_kind;
using raft::failure;
using raft::result_of;
using raft::wanted_member;

constexpr size_t max_body = 64 << 10;

constexpr auto expected_member
  = R"(expected {"id":ID,"address":"HOST:PORT","voter":true})";

failure invalid(std::string text) {
  return {raft::errc::invalid_argument, std::move(text)};
}

json parse_body(const http_request& from) {
  if (from.body.size() > max_body)
    return json::value_t::discarded;
  return json::parse(from.body, nullptr, false);
}

/// @returns Nothing where it is no address.
std::optional<std::string> address_of(std::string_view text) {
  auto result = raft::parse_address(text);
  return result ? std::optional{*result} : std::nullopt;
}

/// Reads a member; what is not there stays as it is.
bool read_member(const json& from, wanted_member& to) {
  if (!from.is_object())
    return false;
  auto is_promoted = false;
  for (auto& [key, value] : from.items()) {
    if (key == "id" && value.is_number_unsigned() && value != 0) {
      to.id = raft::server_id{value.get<uint64_t>()};
    } else if (key == "address" && value.is_string()) {
      auto address = address_of(value.get<std::string>());
      if (!address)
        return false;
      to.address = *address;
    } else if (key == "voter" && value.is_boolean()) {
      to.voter = value.get<bool>();
    } else if (key == "promote" && value.is_boolean()) {
      is_promoted = value.get<bool>();
    } else if (key == "id" || key == "address" || key == "voter") {
      return false;
    }
  }
  // A learner that is to become a voter, as GET /members shows it.
  to.voter = to.voter || is_promoted;
  return to.id || !to.address.empty();
}

/// What any change has besides.
result_of<ask_change> with_conditions(ask_change what, const http_request& from,
                                      const query_string& query) {
  if (auto dry_run = query.find("dry_run")) {
    if (*dry_run != "" && *dry_run != "true" && *dry_run != "false")
      return invalid("dry_run is true or false");
    what.what.dry_run = *dry_run != "false";
  }
  if (auto wait = query.find("wait")) {
    if (*wait != "voter")
      return invalid("wait takes nothing but voter");
    what.wait_for_voters = true;
  }
  if (from.if_none_match)
    return invalid("If-None-Match is not for members");
  if (!from.if_match || *from.if_match == "*")
    return what;
  // Unlike a key's, the index of a configuration may be zero.
  if (*from.if_match == R"("0")") {
    what.what.only_at = raft::index_t{};
    return what;
  }
  auto tag = parse_etag(*from.if_match);
  if (!tag)
    return tag.error();
  // A weak tag fits nothing here (RFC 9110, 13.1.1).
  auto is_weak = from.if_match->starts_with("W/");
  what.what.only_at = raft::index_t{is_weak ? ~uint64_t{0} : tag->value};
  return what;
}

ask_change one(change_kind kind, wanted_member who) {
  ask_change result;
  result.what.kind = kind;
  result.what.members.push_back(std::move(who));
  return result;
}

} // namespace

result_of<ask_change> parse_new_member(const http_request& from,
                                       const query_string& query) {
  wanted_member who;
  if (!read_member(parse_body(from), who) || who.address.empty())
    return invalid(expected_member);
  return with_conditions(one(change_kind::add, std::move(who)), from, query);
}

result_of<ask_change> parse_all_members(const http_request& from,
                                        const query_string& query) {
  auto body = parse_body(from);
  if (body.is_object() && body.contains("members"))
    body = body["members"];
  if (!body.is_array() || body.empty())
    return invalid("expected a list of members, as GET /members shows them");
  ask_change result;
  result.what.kind = change_kind::set;
  for (auto& x : body) {
    wanted_member who;
    if (!read_member(x, who))
      return invalid(expected_member);
    result.what.members.push_back(std::move(who));
  }
  return with_conditions(std::move(result), from, query);
}

result_of<ask_change> parse_member_change(const http_request& from,
                                          std::string_view id,
                                          const query_string& query) {
  auto body = parse_body(from);
  wanted_member who;
  auto number = parse_member_id(id);
  if (!number)
    return invalid("the id of a member is a number");
  who.id = *number;
  if (!read_member(body, who) || who.id != *number
      || body.contains("voter") == body.contains("address"))
    return invalid(
      R"(expected {"voter":true}, {"voter":false} or {"address":"HOST:PORT"})");
  auto kind = body.contains("address") ? change_kind::address
              : who.voter              ? change_kind::promote
                                       : change_kind::demote;
  return with_conditions(one(kind, std::move(who)), from, query);
}

result_of<ask_change> parse_removal(const http_request& from,
                                    std::string_view who,
                                    const query_string& query) {
  wanted_member result;
  if (auto id = parse_member_id(who)) {
    result.id = *id;
  } else if (auto address = address_of(who)) {
    result.address = *address;
  } else {
    return invalid("expected the id or the address of a member");
  }
  return with_conditions(one(change_kind::remove, std::move(result)), from,
                         query);
}

result_of<ask_change> parse_new_address(const http_request& from,
                                        std::string_view address,
                                        const query_string& query) {
  auto found = address_of(address);
  if (!found)
    return invalid("expected the address of a member, HOST:PORT");
  return with_conditions(one(change_kind::add, {{}, *found, true}), from,
                         query);
}

result_of<ask_change> parse_example_member(const http_request& from,
                                           std::string_view id) {
  auto number = parse_member_id(id);
  if (!number)
    return invalid("the id of a member is a number above zero");
  auto address = raft::parse_address(from.body);
  if (!address)
    return address.error();
  return one(change_kind::add, {*number, *address, true});
}

result_of<ask_change> parse_cluster_list(std::string_view list) {
  ask_change result;
  result.what.kind = change_kind::set;
  while (true) {
    auto end = std::min(list.find(','), list.size());
    auto address = raft::parse_address(list.substr(0, end));
    if (!address)
      return address.error();
    result.what.members.push_back({{}, *address, true});
    if (end == list.size())
      return result;
    list.remove_prefix(end + 1);
  }
}

} // namespace kvnode

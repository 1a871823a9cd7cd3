#include "kvnode/json_views.hpp"

#include "kvnode/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace kvnode {

namespace {

using json = nlohmann::ordered_json;

/// Of a value that stands in /status.
constexpr size_t max_status_value = 4096;

/// A page of the log ends once it has more bytes of commands.
constexpr size_t max_log_page_bytes = 4 << 20;

std::string dump(const json& what) {
  // A path in a message may be no UTF-8.
  return what.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class Tag>
json number_or_null(raft::number<Tag> x) {
  return x ? json(x.value) : json(nullptr);
}

json text_or_null(const std::string& x) {
  return x.empty() ? json(nullptr) : json(x);
}

/// Sets `NAME` to a text, or, where the bytes are none, `NAME_base64`.
void set_text(json& to, const std::string& name, std::string_view value) {
  if (is_utf8(value))
    to[name] = value;
  else
    to[name + "_base64"] = base64(value);
}

void set_condition(json& to, const condition& from) {
  switch (from.kind) {
    case condition::kind_t::always:
      break;
    case condition::kind_t::absent:
      to["if_none_match"] = "*";
      break;
    case condition::kind_t::present:
      to["if_match"] = "*";
      break;
    case condition::kind_t::version:
      to["if_match"] = raft::to_string(from.version);
      break;
  }
}

json command_view(raft::bytes_view payload, size_t max_value) {
  auto cmd = decode_command(payload);
  if (!cmd)
    return json{{"op", "unknown"}, {"size", payload.size()}};
  json result;
  result["op"] = cmd->op == command::op_t::put ? "put" : "delete";
  set_text(result, "key", cmd->key);
  if (cmd->op == command::op_t::put) {
    if (cmd->value.size() <= max_value)
      set_text(result, "value", raft::as_text(cmd->value));
    else
      result["value_size"] = cmd->value.size();
  }
  set_condition(result, cmd->only);
  return result;
}

json members_view(const raft::configuration& from) {
  auto result = json::array();
  auto is_in = [](auto& xs, raft::server_id id) {
    return std::binary_search(xs.begin(), xs.end(), id);
  };
  for (auto& x : from.members) {
    json member{{"id", x.id.value},
                {"address", x.address},
                {"voter", is_in(from.voters, x.id)}};
    if (x.incarnation)
      member["incarnation"] = fmt::format("{:016x}", x.incarnation.value);
    if (x.promote)
      member["promote"] = true;
    if (x.leave)
      member["leave"] = true;
    if (!from.outgoing.empty())
      member["outgoing_voter"] = is_in(from.outgoing, x.id);
    result.push_back(std::move(member));
  }
  return result;
}

/// Sets what an entry is besides its index and term.
void set_content(json& to, const raft::entry& from, size_t max_value) {
  switch (from.kind()) {
    case raft::entry_kind::noop:
      to["kind"] = "noop";
      return;
    case raft::entry_kind::command:
      to["kind"] = "command";
      to["command"] = command_view(from.payload(), max_value);
      return;
    case raft::entry_kind::configuration:
      to["kind"] = "configuration";
      if (from.configuration())
        to["members"] = members_view(*from.configuration());
      return;
  }
}

int64_t ms(raft::timespan x) {
  using namespace std::chrono;
  return duration_cast<milliseconds>(x).count();
}

json peers_view(const raft::status& from) {
  auto result = json::array();
  for (auto& x : from.peers)
    result.push_back({{"id", x.id.value},
                      {"match_index", x.match_index.value},
                      {"next_index", x.next_index.value},
                      {"state", x.state},
                      {"last_ack_ms", ms(x.last_ack)}});
  return result;
}

/// By request and stage, in microseconds.
json stages_view(const raft::status& from) {
  auto us = [](raft::timespan x) {
    return std::chrono::duration<double, std::micro>(x).count();
  };
  auto result = json::object();
  for (auto& x : from.stages)
    result[std::string{x.request}][std::string{x.stage}]
      = {{"count", x.count},
         {"p50", us(x.p50)},
         {"p99", us(x.p99)},
         {"max", us(x.largest)}};
  return result;
}

json last_log_view(const raft::entry& from) {
  if (!from.index())
    return nullptr;
  json result{{"term", from.term().value}, {"index", from.index().value}};
  set_content(result, from, max_status_value);
  return result;
}

} // namespace

std::string status_json(const raft::status& from, const http_counters& counts) {
  json result{
    {"id", from.id.value},
    {"role", raft::to_string(from.role)},
    {"term", from.term.value},
    {"leader", number_or_null(from.leader)},
    {"commit_index", from.commit_index.value},
    {"applied_index", from.applied_index.value},
    {"first_index", from.first_index.value},
    {"last_index", from.last_index.value},
    {"snapshot_index", from.snapshot_index.value},
    {"members",
     from.members.value ? members_view(*from.members.value) : json::array()},
  };
  if (from.role == raft::role_name::leader) {
    result["peers"] = peers_view(from);
    result["leader_uptime_ms"]
      = ms(from.leader_uptime.value_or(raft::timespan{}));
  }
  result["last_log"] = last_log_view(from.last_entry);
  result["cluster_id"] = from.cluster ? json(raft::to_string(from.cluster))
                                      : json(nullptr);
  result["incarnation"] = fmt::format("{:016x}", from.incarnation.value);
  result["waiting_for"] = text_or_null(from.waiting_for);
  result["trouble"] = text_or_null(from.trouble);
  result["stages_us"] = stages_view(from);
  result["http"] = {{"connections", counts.connections.load()},
                    {"requests", counts.requests.load()}};
  return dump(result);
}

std::string members_json(const raft::status& from) {
  json result{{"index", nullptr}, {"members", json::array()}};
  if (from.members.value) {
    result["index"] = from.members.index.value;
    result["members"] = members_view(*from.members.value);
  }
  return dump(result);
}

std::string change_json(const raft::members_changed& from) {
  return dump({{"index", from.index.value},
               {"members", members_view(from.members)},
               {"losses_survived", from.losses_survived}});
}

std::string log_json(const raft::log_page& from) {
  auto list = json::array();
  json next = nullptr;
  size_t taken = 0;
  for (auto& x : from.content) {
    taken += x.payload().size();
    if (taken > max_log_page_bytes && !list.empty())
      break;
    json view{{"index", x.index().value}, {"term", x.term().value}};
    set_content(view, x, ~size_t{0});
    list.push_back(std::move(view));
  }
  if (!list.empty()) {
    auto last = from.content[list.size() - 1].index();
    if (last < from.last_index)
      next = last.value + 1;
  }
  json result{{"first_index", from.first_index.value},
              {"last_index", from.last_index.value},
              {"commit_index", from.commit_index.value},
              {"entries", std::move(list)},
              {"next", std::move(next)}};
  return dump(result);
}

std::string page_json(const answer& from) {
  auto items = json::array();
  for (auto& x : from.items) {
    json view;
    set_text(view, "key", x.key);
    view["value"] = base64(raft::as_text(x.value));
    view["version"] = x.version.value;
    items.push_back(std::move(view));
  }
  json result{{"items", std::move(items)}};
  if (from.next.empty())
    result["next"] = nullptr;
  else
    set_text(result, "next", from.next);
  return dump(result);
}

} // namespace kvnode

#include "caf/raft/testing/scenario_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace caf::raft::testing {

uint64_t parse_number(std::string_view word) {
  uint64_t result = 0;
  auto end = word.data() + word.size();
  auto [ptr, error] = std::from_chars(word.data(), end, result);
  if (error != std::errc{} || ptr != end)
    throw scenario_error(fmt::format("{} is not a number", word));
  return result;
}

timespan parse_duration(std::string_view word) {
  if (word.ends_with("ms"))
    return std::chrono::milliseconds(
      parse_number(word.substr(0, word.size() - 2)));
  if (word.ends_with("s"))
    return std::chrono::seconds(parse_number(word.substr(0, word.size() - 1)));
  throw scenario_error(fmt::format("{} is not a time", word));
}

namespace {

bool on_off(std::string_view word) {
  if (word != "on" && word != "off")
    throw scenario_error(fmt::format("{} is neither on nor off", word));
  return word == "on";
}

/// The entry of that id is the same in every scenario and at every member.
entry sample_entry(index_t index, term_t term) {
  auto command = fmt::format("put k{} v{}", index.value, term.value);
  return entry::make(index, term, entry_kind::command, as_bytes(command));
}

/// `(1,1,2)`: the terms of its entries.
entries parse_log(std::string_view text) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')')
    throw scenario_error(fmt::format("{} is not a log", text));
  text = text.substr(1, text.size() - 2);
  entries result;
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    auto term = term_t{parse_number(text.substr(0, end))};
    result.push_back(sample_entry(index_t{result.size() + 1}, term));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

void add_log(scenario_plan::stored& to, const std::string& value) {
  to.log = parse_log(value);
  if (!to.log.empty())
    to.state.term = std::max(to.state.term, to.log.back().term());
}

void add_state(scenario_plan::stored& to, const std::string& key,
               uint64_t value) {
  if (key == "term")
    to.state.term = term_t{value};
  else if (key == "vote")
    to.state.voted_for = server_id{value};
  else
    throw scenario_error(key + " is nothing that a member stores");
}

} // namespace

scenario_plan::scenario_plan() {
  cfg.members = 0;
  cfg.in_order = true;
  cfg.group.pre_vote = false;
}

void scenario_plan::add(const std::string& word) {
  auto equals = word.find('=');
  auto key = word.substr(0, equals);
  auto value = equals == std::string::npos ? std::string{}
                                           : word.substr(equals + 1);
  auto dot = key.find('.');
  if (dot != std::string::npos) {
    add_state(members[parse_number(key.substr(0, dot))], key.substr(dot + 1),
              parse_number(value));
  } else if (!key.empty() && key.find_first_not_of("0123456789") == key.npos) {
    add_log(members[parse_number(key)], value);
    cfg.members = std::max<size_t>(cfg.members, parse_number(key));
  } else {
    add_setting(key, value);
  }
}

void scenario_plan::add_setting(const std::string& key,
                                const std::string& value) {
  auto& group = cfg.group;
  if (key == "seed")
    cfg.seed = parse_number(value);
  else if (key == "groups")
    for (uint64_t i = 2; i <= parse_number(value); ++i)
      cfg.groups.push_back(group_id{i});
  else if (key == "committed")
    committed = parse_number(value);
  else if (key == "down")
    down.insert(parse_number(value));
  else if (key == "unformed")
    cfg.formed = false;
  else if (key == "pre-vote")
    group.pre_vote = on_off(value);
  else if (key == "check-quorum")
    group.check_quorum = on_off(value);
  else if (key == "max-entries")
    group.max_append_entries = parse_number(value);
  else if (key == "snapshots")
    group.snapshot_entries = parse_number(value);
  else if (key == "keep")
    group.snapshot_keep_entries = parse_number(value);
  else if (key == "recent-bytes")
    group.recent_log_bytes = parse_number(value);
  else
    throw scenario_error(key + " is no setting of a cluster");
}

} // namespace caf::raft::testing

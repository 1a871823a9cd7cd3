#include "caf/raft/testing/scenario.hpp"

#include "caf/raft/core/tenure.hpp"
#include "caf/raft/testing/describe.hpp"
#include "caf/raft/testing/scenario_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace caf::raft::testing {

namespace {

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> result;
  while (!line.empty()) {
    auto end = std::min(line.find(' '), line.size());
    if (end > 0)
      result.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return result;
}

std::string prefix(group_id group) {
  return group == group_id{1} ? std::string{}
                              : fmt::format("g{} ", group.value);
}

entry_id last_of(const raft::status& x) {
  return {x.last_entry.index() ? x.last_entry.term() : term_t{}, x.last_index};
}

} // namespace

scenario::scenario(event_handler events) : events_(std::move(events)) {
  // nop
}

scenario::~scenario() = default;

std::string scenario::execute(std::string_view line) {
  tell(command_given{std::string{line}});
  auto args = split(line);
  auto i = commands().find(args.at(0));
  if (i == commands().end())
    throw scenario_error("there is no such command");
  args.erase(args.begin());
  (this->*i->second)(args);
  sim().settle();
  note_messages();
  auto changed = changes();
  note_messages();
  return changed + std::exchange(messages_, {}) + std::exchange(answers_, {});
}

/// Before there is a cluster it is no time yet.
void scenario::tell(run_event::content what) {
  if (sim_)
    sim_->tell(std::move(what));
  else if (events_)
    events_({{}, std::move(what)});
}

// -- arguments ----------------------------------------------------------------

sim_cluster& scenario::sim() {
  if (!sim_)
    throw scenario_error("there is no cluster yet");
  return *sim_;
}

server_id scenario::member(const std::string& word) {
  uint64_t id = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(),
                                      id);
  if (error != std::errc{} || end != word.data() + word.size() || id == 0
      || id > sim().ids().size())
    throw scenario_error("there is no member " + word);
  return server_id{id};
}

server_id scenario::member_that_is_up(const std::string& word) {
  auto result = member(word);
  if (!sim().is_up(result))
    throw scenario_error("member " + word + " is down");
  return result;
}

std::vector<server_id> scenario::members(const words& args, size_t first) {
  std::vector<server_id> result;
  for (auto i = first; i < args.size(); ++i)
    result.push_back(member(args[i]));
  return result;
}

/// Takes `late`, `FROM->TO`, `FROM->*`, `*->TO` and names of messages.
scenario::selection scenario::select(const words& args) {
  selection result;
  for (auto& x : args) {
    auto arrow = x.find("->");
    if (x == "late") {
      result.late = true;
    } else if (arrow == std::string::npos) {
      if (!core::is_name_of_message(x))
        throw scenario_error("there is no message " + x);
      result.name = x;
    } else {
      if (x.substr(0, arrow) != "*")
        result.from = member(x.substr(0, arrow));
      if (x.substr(arrow + 2) != "*")
        result.to = member(x.substr(arrow + 2));
    }
  }
  return result;
}

std::vector<uint64_t> scenario::find(const selection& which) {
  std::vector<uint64_t> result;
  for (auto& x : sim().network().waiting())
    if ((!which.from || *which.from == x.from)
        && (!which.to || *which.to == x.to)
        && (which.name.empty() || which.name == core::name_of(x.content.body))
        && which.late == (late_.count(x.number) > 0)
        && !sim().network().is_cut(x.from, x.to))
      result.push_back(x.number);
  return result;
}

// -- clients ------------------------------------------------------------------

void scenario::submit(server_id at, request_kind kind,
                      const std::string& text) {
  auto say = [this, at, text, kind](const outcome& x) {
    auto line = fmt::format("{} {} -> ", at.value, text);
    if (x.code != errc::none)
      line += to_string(x.code);
    else
      line += as_text(x.answer);
    if (x.code == errc::none && kind == request_kind::command)
      line += fmt::format(", entry {}", to_string(x.entry));
    answer(line);
  };
  sim().submit(at, group_, kind, to_bytes(text), {}, say);
}

void scenario::answer(const std::string& line) {
  answers_ += line + "\n";
}

// -- what follows -------------------------------------------------------------

void scenario::note_messages() {
  for (auto& x : sim().network().waiting()) {
    if (x.number <= last_message_)
      continue;
    last_message_ = x.number;
    messages_ += prefix(x.content.group)
                 + describe(x.from, x.to, x.content.body) + "\n";
  }
}

/// Asks all members for their state, and says what is new.
std::string scenario::changes() {
  // A member that reads its log answers later.
  using states = std::map<std::pair<group_id, server_id>, raft::status>;
  auto found = std::make_shared<states>();
  for (auto id : sim().ids()) {
    if (!sim().is_up(id) || sim().is_paused(id))
      continue;
    for (auto group : groups_)
      sim().ask_status(id, group, [found, id, group](const raft::status& x) {
        (*found)[{group, id}] = x;
      });
  }
  sim().settle();
  std::string result;
  for (auto id : sim().ids()) {
    if (!sim().is_up(id)) {
      if (said_down_.insert(id).second)
        result += fmt::format("{} down\n", id.value);
      for (auto group : groups_)
        said_.erase({group, id});
      continue;
    }
    said_down_.erase(id);
    for (auto group : groups_)
      if (auto i = found->find({group, id}); i != found->end())
        result += line_of(id, group, i->second, false);
  }
  return result;
}

/// @param all Say it in any case, and all of it.
/// @returns An empty text where there is nothing new.
std::string scenario::line_of(server_id id, group_id group,
                              const raft::status& x, bool all) {
  auto known = said_.find({group, id});
  auto is_new = all || known == said_.end();
  auto last = is_new ? raft::status{} : known->second;
  auto changed = is_new || x.role != last.role || x.term != last.term;
  std::string more;
  if (is_new || last_of(x) != last_of(last))
    more += fmt::format(" last={}", to_string(last_of(x)));
  if (x.commit_index != last.commit_index)
    more += fmt::format(" commit={}", x.commit_index.value);
  if (x.snapshot_index != last.snapshot_index)
    more += fmt::format(" snapshot={}", x.snapshot_index.value);
  if (x.first_index != last.first_index
      && (!is_new || x.first_index > index_t{1}))
    more += fmt::format(" first={}", x.first_index.value);
  if (is_new && x.applied_index < x.commit_index)
    more += fmt::format(" applied={}", x.applied_index.value);
  auto had_members = last.members.value != nullptr;
  if (!is_new && had_members && x.members.value
      && x.members.index != last.members.index)
    more += fmt::format(" members={}", describe(*x.members.value));
  if (x.waiting_for != last.waiting_for && !x.waiting_for.empty())
    more += fmt::format(" ({})", x.waiting_for);
  if (x.trouble != last.trouble)
    more += fmt::format(" trouble=\"{}\"", x.trouble);
  said_[{group, id}] = x;
  if (!changed && more.empty())
    return {};
  return fmt::format("{}{} {} term={}{}\n", prefix(group), id.value,
                     to_string(x.role), x.term.value, more);
}

// -- whole scenarios ----------------------------------------------------------

std::string run_scenario(const std::string& text, event_handler events) {
  scenario runner{std::move(events)};
  auto fail = [&]<class Error>(std::string_view command, const Error& x) {
    Error result{fmt::format("{}: {}", command, x.what())};
    runner.tell(run_failed{result.what()});
    throw result;
  };
  auto execute = [&](std::string_view command) {
    try {
      return runner.execute(command);
    } catch (const scenario_error& x) {
      fail(command, x);
    } catch (const invariant_violated& x) {
      fail(command, x);
    }
    return std::string{};
  };
  return scenario_file{text}.run(execute, [&](const std::string& output) {
    runner.tell(block_ended{output});
  });
}

} // namespace caf::raft::testing

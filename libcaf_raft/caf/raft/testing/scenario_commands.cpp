#include "caf/raft/testing/scenario.hpp"

#include "caf/raft/testing/history.hpp"
#include "caf/raft/testing/scenario_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace caf::raft::testing {

namespace {

const std::string& argument(const std::vector<std::string>& args, size_t i) {
  if (i >= args.size())
    throw scenario_error("an argument is missing");
  return args[i];
}

std::string joined(const std::vector<std::string>& args, size_t first) {
  std::string result;
  for (auto i = first; i < args.size(); ++i)
    result += (i == first ? "" : " ") + args[i];
  return result;
}

/// Checks what the store in all scenarios is asked for.
std::string operation_of(const std::string& text) {
  auto x = parse_operation(fmt::format("0 0 - {} = unknown", text));
  if (!x)
    throw scenario_error("the store knows `put KEY VALUE`, `delete KEY` and "
                         "`get KEY`, not `"
                         + text + "`");
  return text;
}

} // namespace

const std::map<std::string, scenario::command>& scenario::commands() {
  static const std::map<std::string, command> result{
    {"cluster", &scenario::cluster},
    {"group", &scenario::group},
    {"election-timeout", &scenario::election_timeout},
    {"heartbeat", &scenario::heartbeat},
    {"advance", &scenario::advance},
    {"deliver", &scenario::deliver},
    {"drop", &scenario::drop},
    {"late", &scenario::late},
    {"run", &scenario::run},
    {"propose", &scenario::propose},
    {"read", &scenario::read},
    {"read-local", &scenario::read_local},
    {"transfer", &scenario::transfer},
    {"snapshot", &scenario::snapshot},
    {"stop", &scenario::stop},
    {"live", &scenario::live},
    {"join", &scenario::join},
    {"add", &scenario::add},
    {"add-learner", &scenario::add_learner},
    {"remove", &scenario::remove},
    {"set", &scenario::set_members},
    {"promote", &scenario::promote},
    {"demote", &scenario::demote},
    {"move", &scenario::move},
    {"crash", &scenario::crash},
    {"restart", &scenario::restart},
    {"wipe", &scenario::wipe},
    {"pause", &scenario::pause},
    {"resume", &scenario::resume},
    {"stall-disk", &scenario::stall_disk},
    {"release-disk", &scenario::release_disk},
    {"stall-reader", &scenario::stall_reader},
    {"release-reader", &scenario::release_reader},
    {"fail-disk", &scenario::fail_disk},
    {"damage", &scenario::damage},
    {"fill-disk", &scenario::fill_disk},
    {"clear-disk", &scenario::clear_disk},
    {"partition", &scenario::partition},
    {"cut", &scenario::cut},
    {"break", &scenario::break_connection},
    {"break-from", &scenario::break_from},
    {"heal", &scenario::heal},
    {"status", &scenario::status},
    {"log", &scenario::log},
  };
  return result;
}

// -- the cluster --------------------------------------------------------------

void scenario::cluster(const words& args) {
  if (sim_)
    throw scenario_error("there is a cluster already");
  scenario_plan wanted;
  for (auto& x : args)
    wanted.add(x);
  election_timeout_ = wanted.cfg.group.election_timeout;
  heartbeat_interval_ = wanted.cfg.group.heartbeat_interval;
  groups_ = wanted.cfg.groups;
  wanted.cfg.events = events_;
  sim_ = std::make_unique<sim_cluster>(wanted.cfg);
  sim_->network().hold_messages();
  for (auto& [number, x] : wanted.members) {
    auto id = server_id{number};
    for (auto group : groups_)
      if (!x.log.empty() || x.state.term)
        sim_->disk(id).put(group, x.state, x.log);
  }
  for (auto id : sim_->ids()) {
    for (auto group : groups_)
      sim_->rules().assume_committed(sim_->disk(id), group,
                                     index_t{wanted.committed});
    if (wanted.down.count(id.value) == 0)
      sim_->start(id);
  }
}

void scenario::group(const words& args) {
  auto wanted = group_id{parse_number(argument(args, 0))};
  sim();
  if (std::find(groups_.begin(), groups_.end(), wanted) == groups_.end())
    throw scenario_error("there is no group " + args[0]);
  group_ = wanted;
}

// -- time ---------------------------------------------------------------------

/// Lets the clock of one member go on until it campaigns.
void scenario::election_timeout(const words& args) {
  auto id = member_that_is_up(argument(args, 0));
  auto before = sim().view(id, group_);
  timespan passed{};
  while (passed < 3 * election_timeout_) {
    auto some = sim().fire_timer_of(id);
    if (!some)
      break;
    passed += *some;
    auto& now = sim().view(id, group_);
    if (now.role != before.role || now.term != before.term)
      return;
  }
  throw scenario_error("it does not campaign");
}

void scenario::heartbeat(const words& args) {
  sim().advance_clock_of(member_that_is_up(argument(args, 0)),
                         heartbeat_interval_);
}

/// Lets the clocks of some go on, or the time of all.
void scenario::advance(const words& args) {
  auto by = parse_duration(argument(args, 0));
  if (args.size() == 1)
    sim().run_for(by);
  for (auto id : members(args, 1))
    sim().advance_clock_of(id, by);
}

// -- messages -----------------------------------------------------------------

void scenario::deliver(const words& args) {
  auto found = find(select(args));
  if (found.empty())
    throw scenario_error("no such message waits");
  for (auto x : found) {
    late_.erase(x);
    sim().network().deliver(x);
    sim().settle();
    note_messages();
  }
}

void scenario::drop(const words& args) {
  for (auto x : find(select(args))) {
    late_.erase(x);
    sim().network().drop(x);
  }
}

/// Messages that stay under way until `deliver late`.
void scenario::late(const words& args) {
  auto found = find(select(args));
  if (found.empty())
    throw scenario_error("no such message waits");
  late_.insert(found.begin(), found.end());
}

/// Delivers until nothing waits.
void scenario::run(const words& args) {
  constexpr size_t limit = 1000;
  for (size_t i = 0; i < limit; ++i) {
    auto found = find(select(args));
    if (found.empty())
      return;
    sim().network().deliver(found.front());
    sim().settle();
    note_messages();
  }
  throw scenario_error("it does not come to an end");
}

// -- clients ------------------------------------------------------------------

void scenario::propose(const words& args) {
  auto at = member_that_is_up(argument(args, 0));
  auto text = operation_of(joined(args, 1));
  if (text.starts_with("get "))
    throw scenario_error("a get is no command: read");
  submit(at, request_kind::command, text);
}

void scenario::read(const words& args) {
  auto at = member_that_is_up(argument(args, 0));
  submit(at, request_kind::query, operation_of("get " + joined(args, 1)));
}

void scenario::read_local(const words& args) {
  auto at = member_that_is_up(argument(args, 0));
  submit(at, request_kind::local_query, operation_of("get " + joined(args, 1)));
}

void scenario::transfer(const words& args) {
  auto at = member_that_is_up(argument(args, 0));
  auto to = args.size() > 1 ? member(args[1]) : server_id{};
  sim().transfer(at, group_, to, {}, [this, at](const outcome& x) {
    answer(fmt::format("{} transfer -> {}", at.value,
                       x.code == errc::none ? "done" : to_string(x.code)));
  });
}

void scenario::snapshot(const words& args) {
  auto at = member_that_is_up(argument(args, 0));
  sim().snapshot(at, group_, {}, [this, at](const outcome& x) {
    answer(fmt::format("{} snapshot -> {}", at.value,
                       x.code == errc::none ? to_string(x.entry)
                                            : std::string{to_string(x.code)}));
  });
}

void scenario::stop(const words& args) {
  auto at = member_that_is_up(argument(args, 0));
  sim().stop(at, group_, 2 * election_timeout_,
             [this, at] { answer(fmt::format("{} stopped", at.value)); });
}

// -- faults -------------------------------------------------------------------

void scenario::crash(const words& args) {
  auto power = args.size() > 1;
  if (power && args[1] != "power")
    throw scenario_error("a crash is of the process or of the `power`");
  sim().crash(member_that_is_up(argument(args, 0)),
              power ? crash_kind::power : crash_kind::process);
}

void scenario::restart(const words& args) {
  auto id = member(argument(args, 0));
  if (sim().is_up(id))
    throw scenario_error("it is up");
  sim().start(id);
}

void scenario::wipe(const words& args) {
  auto id = member(argument(args, 0));
  if (sim().is_up(id))
    throw scenario_error("it is up");
  sim().wipe(id);
}

void scenario::pause(const words& args) {
  sim().pause(member_that_is_up(argument(args, 0)));
}

void scenario::resume(const words& args) {
  sim().resume(member(argument(args, 0)));
}

void scenario::stall_disk(const words& args) {
  sim().stall_disk(member_that_is_up(argument(args, 0)));
}

void scenario::release_disk(const words& args) {
  sim().release_disk(member(argument(args, 0)));
}

void scenario::stall_reader(const words& args) {
  sim().stall_reader(member_that_is_up(argument(args, 0)));
}

void scenario::release_reader(const words& args) {
  sim().release_reader(member(argument(args, 0)));
}

void scenario::fail_disk(const words& args) {
  sim().fail_disk(member_that_is_up(argument(args, 0)));
}

void scenario::damage(const words& args) {
  sim().damage(member(argument(args, 0)), group_,
               index_t{parse_number(argument(args, 1))});
}

void scenario::fill_disk(const words& args) {
  sim().fill_disk(member(argument(args, 0)), parse_number(argument(args, 1)));
}

void scenario::clear_disk(const words& args) {
  sim().clear_disk(member(argument(args, 0)));
}

/// `partition 1 | 2 3`: nothing passes from one side to another.
void scenario::partition(const words& args) {
  std::map<server_id, size_t> side_of;
  size_t side = 0;
  for (auto& x : args) {
    if (x == "|")
      ++side;
    else
      side_of[member(x)] = side;
  }
  for (auto& [from, x] : side_of)
    for (auto& [to, y] : side_of)
      if (x != y)
        sim().network().cut(from, to);
}

void scenario::cut(const words& args) {
  auto which = select(args);
  if (!which.from || !which.to)
    throw scenario_error("from whom to whom?");
  sim().network().cut(*which.from, *which.to);
}

void scenario::break_connection(const words& args) {
  sim().network().break_connections(member(argument(args, 0)),
                                    member(argument(args, 1)));
}

/// `break-from 1 3`: only the connections that 1 made to 3, which carry what 1 says.
void scenario::break_from(const words& args) {
  sim().network().break_connections_from(member(argument(args, 0)),
                                         member(argument(args, 1)));
}

void scenario::heal(const words&) {
  sim().network().mend_all();
}

// -- questions ----------------------------------------------------------------

/// Says all of it again, of some or of all.
void scenario::status(const words& args) {
  for (auto id : args.empty() ? sim().ids() : members(args, 0))
    for (auto group : groups_)
      said_.erase({group, id});
}

/// What is on the disk: entries, and up to where they are durable.
void scenario::log(const words& args) {
  auto id = member(argument(args, 0));
  auto* found = sim().disk(id).find(group_);
  auto line = fmt::format("{} log", id.value);
  if (found != nullptr && found->base.index)
    line += fmt::format(" [{}]", to_string(found->base));
  if (found != nullptr)
    for (auto& x : found->log)
      line += " " + to_string(x.id());
  auto state = found == nullptr ? hard_state{} : found->state;
  answer(fmt::format("{} durable={} term={} vote={}", line,
                     sim().disk(id).durable_index(group_).value,
                     state.term.value, state.voted_for.value));
}

} // namespace caf::raft::testing

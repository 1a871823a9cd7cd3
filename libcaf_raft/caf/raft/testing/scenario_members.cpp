#include "caf/raft/testing/describe.hpp"
#include "caf/raft/testing/scenario.hpp"

#include <fmt/format.h>

// The commands that change the members.

namespace caf::raft::testing {

/// Time passes for all, and messages arrive; says only what becomes of it.
void scenario::live(const words& args) {
  constexpr auto step = std::chrono::milliseconds(10);
  auto until = sim().now() + parse_duration(args.at(0));
  while (sim().now() < until) {
    sim().run_for(step);
    run({});
  }
  messages_.clear();
}

/// A new member with an empty directory comes up, to be added before or after.
void scenario::join(const words& args) {
  auto id = server_id{parse_number(args.at(0))};
  if (id.value != sim().ids().size() + 1)
    throw scenario_error("new members have the next id");
  sim().add_member(id);
  sim().start(id);
}

/// `add AT ID...`: asks the member AT.
void scenario::change(const words& args, change_kind kind, bool voter) {
  if (args.size() < 2)
    throw scenario_error("at whom, and which member?");
  raft::change what;
  what.kind = kind;
  std::string ids;
  for (size_t i = 1; i < args.size(); ++i) {
    auto id = server_id{parse_number(args[i])};
    auto address = kind == change_kind::address
                     ? fmt::format("new-{}:9021", id.value)
                     : sim_cluster::address(id);
    what.members.push_back({id, std::move(address), voter});
    ids += " " + args[i];
  }
  auto at = member_that_is_up(args[0]);
  auto say = [this, at, ids](const members_changed& x) {
    auto how = x.code == errc::none
                 ? describe(x.members)
                 : fmt::format("{} ({})", to_string(x.code), x.text);
    answer(fmt::format("{} members{} -> {}", at.value, ids, how));
  };
  sim().change(at, group_, what, false, {}, say);
}

void scenario::add(const words& args) {
  change(args, change_kind::add);
}

void scenario::add_learner(const words& args) {
  change(args, change_kind::add, false);
}

void scenario::remove(const words& args) {
  change(args, change_kind::remove);
}

void scenario::set_members(const words& args) {
  change(args, change_kind::set);
}

void scenario::promote(const words& args) {
  change(args, change_kind::promote);
}

void scenario::demote(const words& args) {
  change(args, change_kind::demote);
}

void scenario::move(const words& args) {
  change(args, change_kind::address);
}

} // namespace caf::raft::testing

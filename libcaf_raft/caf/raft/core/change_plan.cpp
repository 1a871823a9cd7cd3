#include "caf/raft/core/change_plan.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/quorum.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace caf::raft::core {

namespace {

/// There is always one more, so that the next free id is none that overflows.
constexpr uint64_t max_id = INT64_MAX;

failure rejected(std::string text) {
  return {errc::rejected, std::move(text)};
}

failure no_member(server_id id) {
  return rejected(fmt::format("there is no member {}", id.value));
}

void insert_voter(configuration& conf, server_id id) {
  auto& xs = conf.voters;
  auto i = std::lower_bound(xs.begin(), xs.end(), id);
  if (i == xs.end() || *i != id)
    xs.insert(i, id);
}

member* find(configuration& conf, server_id id) {
  auto i = std::find_if(conf.members.begin(), conf.members.end(),
                        [id](auto& x) { return x.id == id; });
  return i == conf.members.end() ? nullptr : &*i;
}

const member* find_address(const configuration& conf,
                           const std::string& address) {
  auto i = std::find_if(conf.members.begin(), conf.members.end(),
                        [&](auto& x) { return x.address == address; });
  return i == conf.members.end() ? nullptr : &*i;
}

void erase(configuration& conf, server_id id) {
  std::erase_if(conf.members, [id](auto& x) { return x.id == id; });
  std::erase(conf.voters, id);
}

/// Above all that were ever used.
server_id next_free_id(const configuration& conf) {
  uint64_t last = 0;
  for (auto& x : conf.members)
    last = std::max(last, x.id.value);
  for (auto x : conf.removed)
    last = std::max(last, x.value);
  return server_id{last + 1};
}

/// Who is meant where there is no id.
server_id id_of(const configuration& conf, const wanted_member& x) {
  if (x.id)
    return x.id;
  auto* known = find_address(conf, x.address);
  return known == nullptr ? server_id{} : known->id;
}

/// The one whom a change other than `add` and `set` is about.
result_of<member*> find_wanted(configuration& conf, const wanted_member& x) {
  auto id = id_of(conf, x);
  if (!id)
    return rejected(fmt::format("there is no member at {}", x.address));
  auto* result = find(conf, id);
  if (result == nullptr)
    return no_member(id);
  return result;
}

result_of<done> check_address(const configuration& conf, server_id id,
                              const std::string& address) {
  if (address.empty())
    return failure{errc::invalid_argument, "the address is missing"};
  auto* other = find_address(conf, address);
  if (other != nullptr && other->id != id)
    return rejected(fmt::format("member {} has the address {} already",
                                other->id.value, address));
  return done{};
}

// -- one function per kind ----------------------------------------------------

/// Adds a member, or makes one that is there what is wanted.
result_of<done> put(configuration& conf, wanted_member x) {
  x.id = id_of(conf, x);
  if (!x.id)
    x.id = next_free_id(conf);
  if (x.id.value > max_id)
    return failure{errc::invalid_argument,
                   fmt::format("ids go up to {}", max_id)};
  if (is_removed(conf, x.id))
    return rejected(
      fmt::format("member {} was removed, and ids are never used again: give "
                  "the new member another id",
                  x.id.value));
  auto* known = find(conf, x.id);
  if (known != nullptr && !x.address.empty() && known->address != x.address)
    return rejected(fmt::format("member {} is at {}: its address is changed by "
                                "another request",
                                x.id.value, known->address));
  if (known == nullptr) {
    if (auto ok = check_address(conf, x.id, x.address); !ok)
      return ok;
    member one{x.id, x.address, {}, x.voter};
    auto less = [](const member& y, server_id id) { return y.id < id; };
    conf.members.insert(std::lower_bound(conf.members.begin(),
                                         conf.members.end(), x.id, less),
                        one);
    return done{};
  }
  known->leave = false;
  if (x.voter && !is_voter(conf, x.id))
    known->promote = true;
  return done{};
}

result_of<done> remove(configuration& conf, const wanted_member& x) {
  // Who asks again was not answered the first time.
  if (x.id && is_removed(conf, x.id))
    return done{};
  auto found = find_wanted(conf, x);
  if (!found)
    return found.error();
  erase(conf, (*found)->id);
  return done{};
}

result_of<done> promote(configuration& conf, const wanted_member& x) {
  auto found = find_wanted(conf, x);
  if (!found)
    return found.error();
  (*found)->promote = !is_voter(conf, (*found)->id);
  return done{};
}

void make_learner(configuration& conf, member& x) {
  std::erase(conf.voters, x.id);
  x.promote = false;
  x.leave = false;
}

result_of<done> demote(configuration& conf, const wanted_member& x) {
  auto found = find_wanted(conf, x);
  if (!found)
    return found.error();
  make_learner(conf, **found);
  return done{};
}

result_of<done> move(configuration& conf, const wanted_member& x) {
  if (!x.id)
    return failure{errc::invalid_argument, "whose address?"};
  auto* known = find(conf, x.id);
  if (known == nullptr)
    return no_member(x.id);
  if (auto ok = check_address(conf, x.id, x.address); !ok)
    return ok;
  known->address = x.address;
  return done{};
}

result_of<done> replace(configuration& conf,
                        const std::vector<wanted_member>& xs) {
  std::vector<server_id> listed;
  for (auto& x : xs) {
    if (auto ok = put(conf, x); !ok)
      return ok;
    auto id = x.id ? x.id : find_address(conf, x.address)->id;
    if (std::find(listed.begin(), listed.end(), id) != listed.end())
      return failure{errc::invalid_argument,
                     fmt::format("member {} is named twice", id.value)};
    listed.push_back(id);
    if (!x.voter)
      make_learner(conf, *find(conf, id));
  }
  auto is_listed = [&](server_id id) {
    return std::find(listed.begin(), listed.end(), id) != listed.end();
  };
  // Voters stay until those that come in their place have caught up.
  auto waits
    = std::any_of(conf.members.begin(), conf.members.end(),
                  [&](auto& x) { return x.promote && is_listed(x.id); });
  auto before = conf.members;
  for (auto& x : before) {
    if (is_listed(x.id))
      continue;
    if (waits && is_voter(conf, x.id))
      find(conf, x.id)->leave = true;
    else
      erase(conf, x.id);
  }
  return done{};
}

result_of<done> apply(configuration& conf, const change& what) {
  auto& xs = what.members;
  if (what.kind == change_kind::set)
    return replace(conf, xs);
  if (xs.size() != 1)
    return failure{errc::invalid_argument, "one member has to be named"};
  switch (what.kind) {
    case change_kind::add:
      return put(conf, xs.front());
    case change_kind::remove:
      return remove(conf, xs.front());
    case change_kind::promote:
      return promote(conf, xs.front());
    case change_kind::demote:
      return demote(conf, xs.front());
    default:
      return move(conf, xs.front());
  }
}

} // namespace

result_of<done> check_request(const change& what) {
  if (what.members.size() > max_members)
    return failure{errc::invalid_argument,
                   fmt::format("a group has {} members at most", max_members)};
  for (auto& x : what.members)
    if (x.address.size() > max_address_length)
      return failure{errc::invalid_argument,
                     fmt::format("an address has {} characters at most",
                                 max_address_length)};
  return done{};
}

result_of<configuration> target_of(const configuration& from,
                                   const change& what) {
  CAF_RAFT_ASSERT(!is_joint(from));
  auto result = from;
  if (auto ok = apply(result, what); !ok)
    return ok.error();
  if (result.voters.empty())
    return rejected("there would be no voter left");
  if (result.members.size() > max_members)
    return rejected(fmt::format("a group has {} members at most", max_members));
  // Nobody comes any more in whose place they would go.
  if (std::none_of(result.members.begin(), result.members.end(),
                   [](auto& x) { return x.promote; }))
    for (auto& x : result.members)
      x.leave = false;
  return result;
}

configuration step_towards(const configuration& from, const configuration& to) {
  if (from.voters != to.voters)
    return joint(from, to);
  auto result = to;
  for (auto& x : from.members)
    if (find_member(to, x.id) == nullptr)
      result.removed.push_back(x.id);
  std::sort(result.removed.begin(), result.removed.end());
  auto last = std::unique(result.removed.begin(), result.removed.end());
  result.removed.erase(last, result.removed.end());
  return result;
}

result_of<done> keeps_quorum(const configuration& conf,
                             const std::function<bool(server_id)>& is_alive) {
  if (is_quorum(conf, is_alive))
    return done{};
  std::vector<uint64_t> missing;
  for (auto& x : conf.members)
    if (is_voter(conf, x.id) && !is_alive(x.id))
      missing.push_back(x.id.value);
  return rejected(fmt::format("the voters that are alive would be no majority: "
                              "member {} was not heard for an election timeout",
                              fmt::join(missing, ", ")));
}

size_t losses_survived(const configuration& conf) {
  auto of = [](size_t voters) { return voters == 0 ? 0 : (voters - 1) / 2; };
  auto result = of(conf.voters.size());
  return is_joint(conf) ? std::min(result, of(conf.outgoing.size())) : result;
}

configuration promoted(const configuration& conf,
                       const std::function<bool(server_id)>& ready) {
  auto leaves = [](const member& x) { return x.leave; };
  auto waits = [&](const member& x) { return x.promote && !ready(x.id); };
  auto& xs = conf.members;
  auto somebody_leaves = std::any_of(xs.begin(), xs.end(), leaves);
  // Who leaves goes with all that were to come in one joint change.
  if (somebody_leaves && std::any_of(xs.begin(), xs.end(), waits))
    return conf;
  auto result = conf;
  auto anybody_comes = false;
  for (auto& x : result.members)
    if (x.promote && ready(x.id)) {
      x.promote = false;
      insert_voter(result, x.id);
      anybody_comes = true;
    }
  if (!anybody_comes)
    return conf;
  std::erase_if(result.members, leaves);
  std::erase_if(result.voters, [&](server_id id) {
    return find_member(result, id) == nullptr;
  });
  return result;
}

configuration with_incarnation(configuration conf, server_id id,
                               incarnation_t incarnation) {
  auto* x = find(conf, id);
  CAF_RAFT_ASSERT(x != nullptr && !is_voter(conf, id));
  x->incarnation = incarnation;
  return conf;
}

configuration demoted_for_loss(configuration conf, server_id id) {
  auto* x = find(conf, id);
  CAF_RAFT_ASSERT(x != nullptr);
  auto leaves = x->leave;
  make_learner(conf, *x);
  x->promote = !leaves;
  x->leave = leaves;
  return conf;
}

} // namespace caf::raft::core

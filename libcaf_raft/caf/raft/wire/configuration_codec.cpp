#include "caf/raft/wire/configuration_codec.hpp"

#include "caf/raft/wire/configuration_struct.hpp"
#include "caf/raft/wire/limits.hpp"
#include "caf/raft/wire/single_segment.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>

namespace caf::raft::wire {

namespace {

using id_list = capnp::List<uint64_t>;

void write(id_list::Builder to, const std::vector<server_id>& xs) {
  for (uint32_t i = 0; i < xs.size(); ++i)
    to.set(i, xs[i].value);
}

std::vector<server_id> read(id_list::Reader from) {
  std::vector<server_id> result;
  result.reserve(from.size());
  for (auto x : from) {
    require(x != 0, "a server id is zero");
    result.emplace_back(x);
  }
  return result;
}

member read(schema::Member::Reader from) {
  require(from.getId() != 0, "a server id is zero");
  require(from.hasAddress(), "a member has no address");
  return {server_id{from.getId()}, read_address(from.getAddress()),
          incarnation_t{from.getIncarnation()}, from.getPromote(),
          from.getLeave()};
}

/// Checks that `ids` are ascending and that each is the id of a member.
bool all_are_members(const std::vector<server_id>& ids,
                     const std::vector<member>& members) {
  auto ascending = [](server_id x, server_id y) { return x < y; };
  auto by_id = [](const member& x, server_id id) { return x.id < id; };
  auto is_member = [&](server_id id) {
    auto i = std::lower_bound(members.begin(), members.end(), id, by_id);
    return i != members.end() && i->id == id;
  };
  return std::adjacent_find(ids.begin(), ids.end(), std::not_fn(ascending))
           == ids.end()
         && std::all_of(ids.begin(), ids.end(), is_member);
}

void check(const configuration& what) {
  auto not_ascending = [](const member& x, const member& y) {
    return x.id >= y.id;
  };
  auto& xs = what.members;
  require(std::adjacent_find(xs.begin(), xs.end(), not_ascending) == xs.end(),
          "the members are not in the order of their ids");
  require(!what.voters.empty(), "a configuration has no voter");
  require(all_are_members(what.voters, xs),
          "the voters are not members in the order of their ids");
  require(all_are_members(what.outgoing, xs),
          "the outgoing voters are not members in the order of their ids");
}

} // namespace

size_t words_of_configuration(const configuration& what) {
  // Four pointers; the members with a tag before them.
  size_t result = capnp::sizeInWords<schema::Configuration>() + 1;
  for (auto& x : what.members)
    result += capnp::sizeInWords<schema::Member>()
              + words_of_text(x.address.size());
  return result + what.voters.size() + what.outgoing.size()
         + what.removed.size();
}

void write_configuration(schema::Configuration::Builder to,
                         const configuration& what) {
  auto members = to.initMembers(what.members.size());
  for (uint32_t i = 0; i < what.members.size(); ++i) {
    auto& x = what.members[i];
    auto out = members[i];
    out.setId(x.id.value);
    out.setAddress({x.address.data(), x.address.size()});
    out.setIncarnation(x.incarnation.value);
    out.setPromote(x.promote);
    out.setLeave(x.leave);
  }
  write(to.initVoters(what.voters.size()), what.voters);
  write(to.initOutgoing(what.outgoing.size()), what.outgoing);
  write(to.initRemoved(what.removed.size()), what.removed);
}

configuration read_configuration(schema::Configuration::Reader from) {
  require(from.hasMembers() && from.hasVoters() && from.hasOutgoing()
            && from.hasRemoved(),
          "a part of a configuration is missing");
  configuration result;
  // No reserve: members that take no room in the message would take it here.
  for (auto x : from.getMembers())
    result.members.push_back(read(x));
  result.voters = read(from.getVoters());
  result.outgoing = read(from.getOutgoing());
  result.removed = read(from.getRemoved());
  check(result);
  return result;
}

std::string read_address(capnp::Text::Reader from) {
  require(from.size() <= max_address_size, "an address is too long");
  return {from.begin(), from.size()};
}

bytes encode_configuration(const configuration& what) {
  std::vector<uint64_t> words(table_words + 1 + words_of_configuration(what));
  auto fill = [&](schema::Configuration::Builder to) {
    write_configuration(to, what);
  };
  auto used = build_message<schema::Configuration>(words.data(), words.size(),
                                                   fill);
  auto* first = reinterpret_cast<const std::byte*>(words.data());
  return {first, first + used * sizeof(uint64_t)};
}

result_of<configuration_ptr> decode_configuration(bytes_view payload) {
  std::vector<uint64_t> aligned;
  if (reinterpret_cast<uintptr_t>(payload.data()) % sizeof(uint64_t) != 0) {
    aligned.resize((payload.size() + 7) / sizeof(uint64_t));
    std::memcpy(aligned.data(), payload.data(), payload.size());
    payload = {reinterpret_cast<const std::byte*>(aligned.data()),
               payload.size()};
  }
  return read_message<schema::Configuration>(
    payload, [](schema::Configuration::Reader from) -> configuration_ptr {
      return std::make_shared<configuration>(read_configuration(from));
    });
}

result_of<done> attach_configuration(entry& what) {
  if (what.kind() != entry_kind::configuration)
    return done{};
  auto value = decode_configuration(what.payload());
  if (!value)
    return value.error();
  what.attach(std::move(*value));
  return done{};
}

} // namespace caf::raft::wire

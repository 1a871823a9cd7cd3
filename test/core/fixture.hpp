#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/core/log_tail.hpp"
#include "caf/raft/core/tenure.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/settings.hpp"

#include "core/witness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

// Short words for the tests of rules.

namespace caf::raft {

/// doctest prints what `CHECK` compared.
template <class Tag>
doctest::String toString(number<Tag> x) {
  return std::to_string(x.value).c_str();
}

inline doctest::String toString(const entry_id& x) {
  return to_string(x).c_str();
}

} // namespace caf::raft

namespace caf::raft::core::test {

using namespace std::chrono_literals;

inline constexpr time_point t0{std::chrono::hours{1}};

/// The life in which every member of these tests is: 100 + id.
inline incarnation_t life_of(uint64_t id) {
  return incarnation_t{100 + id};
}

inline sender member_sender(uint64_t id) {
  return {server_id{id}, life_of(id)};
}

inline member make_member(uint64_t id) {
  return {server_id{id}, "host" + std::to_string(id) + ":9021", life_of(id),
          false};
}

inline std::vector<server_id> ids(std::initializer_list<uint64_t> xs) {
  std::vector<server_id> result;
  for (auto x : xs)
    result.emplace_back(x);
  return result;
}

/// A configuration of these voters, outgoing voters and learners.
inline configuration conf(std::initializer_list<uint64_t> voters,
                          std::initializer_list<uint64_t> outgoing = {},
                          std::initializer_list<uint64_t> learners = {}) {
  configuration result;
  for (uint64_t id = 1; id < 20; ++id)
    for (auto& xs : {voters, outgoing, learners})
      if (std::find(xs.begin(), xs.end(), id) != xs.end()) {
        result.members.push_back(make_member(id));
        break;
      }
  result.voters = ids(voters);
  result.outgoing = ids(outgoing);
  return result;
}

inline configuration_ptr conf_ptr(configuration what) {
  return std::make_shared<const configuration>(std::move(what));
}

inline entry_id at(uint64_t index, uint64_t term) {
  return {term_t{term}, index_t{index}};
}

/// Commands with these terms, from `first` on.
inline entries entries_from(uint64_t first, std::initializer_list<uint64_t> xs,
                            size_t payload_size = 8) {
  entries result;
  std::string payload(payload_size, 'x');
  for (auto term : xs)
    result.push_back(entry::make(index_t{first++}, term_t{term},
                                 entry_kind::command, as_bytes(payload)));
  return result;
}

inline entry configuration_entry(uint64_t index, uint64_t term,
                                 configuration_ptr value) {
  return entry::make(index_t{index}, term_t{term}, std::move(value),
                     as_bytes("encoded"));
}

/// A log that was opened with entries of these terms from index one on; all of
/// it is durable and in memory.
inline log_tail log_of(std::initializer_list<uint64_t> terms,
                       configuration members = conf({1, 2, 3})) {
  log_tail::contents xs;
  xs.base_configuration = conf_ptr(std::move(members));
  xs.recent = entries_from(1, terms);
  xs.last_index = index_t{terms.size()};
  for (auto& x : xs.recent)
    if (xs.term_starts.empty() || xs.term_starts.back().term != x.term())
      xs.term_starts.push_back(x.id());
  return log_tail{std::move(xs)};
}

/// The log actor says that all writes up to this one are on disk.
inline durable<write_id> stored(uint64_t number) {
  return durability_witness::make(write_id{number});
}

inline durable<write_id> stored(write_id number) {
  return durability_witness::make(number);
}

/// Member `id` in this term, with this log.
inline tenure tenure_of(uint64_t id, uint64_t term, log_tail log) {
  tenure result;
  result.group = group_id{1};
  result.self = member_sender(id);
  result.term = term_t{term};
  result.number = tenure_id{1000 * id + term};
  result.log = std::move(log);
  return result;
}

} // namespace caf::raft::core::test

#pragma once

#include "caf/raft/core/request_table.hpp"
#include "caf/raft/core/stages.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/types.hpp"

#include <iterator>
#include <map>
#include <vector>

namespace caf::raft::core {

/// What the state machine answered to one entry.
struct applied_entry {
  entry_id entry;
  bytes* answer;
};

/// The commands of one member whose entries are known, until the state machine here
/// has applied these.
template <class Token>
class appended_commands {
public:
  using table_t = request_table<Token>;
  using list_t = typename table_t::list_t;
  using settled_list = std::vector<typename table_t::settled>;

  bool empty() const {
    for (auto& [term, list] : by_term_)
      if (!list.empty())
        return false;
    return true;
  }

  /// Adds a command whose entry is set.
  void add(typename table_t::iterator i) {
    auto& to = by_term_[i->entry.term];
    auto place = to.end();
    while (place != to.begin() && std::prev(place)->entry > i->entry)
      --place;
    table_t::move(i, to, place);
  }

  /// Entries may be applied.
  void released(const release& x) {
    releases_.add(x);
  }

  /// The state machine is at `last` now: ends the commands whose entries, or others
  /// in their places, it has applied.
  void settle_up_to(index_t last, const std::vector<applied_entry>& answers,
                    table_t& table, settled_list& result) {
    for (auto i = by_term_.begin(); i != by_term_.end();) {
      settle(i->second, last, answers, table, result);
      i = i->second.empty() ? by_term_.erase(i) : std::next(i);
    }
    releases_.forget_up_to(last);
  }

  template <class F>
  void for_each_list(F f) {
    for (auto& [term, list] : by_term_)
      f(list);
  }

private:
  /// @param xs Appended in one term, in order.
  void settle(list_t& xs, index_t last,
              const std::vector<applied_entry>& answers, table_t& table,
              settled_list& result) {
    auto there = answers.begin();
    while (!xs.empty() && xs.front().entry.index <= last) {
      auto entry = xs.front().entry;
      while (there != answers.end() && there->entry.index < entry.index)
        ++there;
      if (there == answers.end() || there->entry.index != entry.index) {
        result.push_back(table.settle(xs.begin(), errc::outcome_unknown));
      } else if (there->entry.term != entry.term) {
        result.push_back(table.settle(xs.begin(), errc::no_leader));
      } else {
        auto times = command_stages(xs.front().at, releases_.find(entry.index),
                                    table.time());
        result.push_back(table.settle(xs.begin(), errc::none));
        result.back().answer = std::move(*there->answer);
        result.back().times = times;
      }
    }
  }

  /// For each term, in order of the index.
  std::map<term_t, list_t> by_term_;
  /// Of entries that are not applied.
  releases releases_;
};

} // namespace caf::raft::core

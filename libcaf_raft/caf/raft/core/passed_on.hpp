#pragma once

#include "caf/raft/types.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace caf::raft::core {

/// Who leads, or led, a term.
struct leadership {
  server_id leader;
  term_t term;

  auto operator<=>(const leadership&) const = default;
};

/// What other members were passed and have not answered: a list for each
/// leadership, in the order of its owner.
///
/// @tparam List Of requests.
template <class List>
class passed_on {
public:
  List& to(leadership whom) {
    if (auto i = lists_.find(whom); i != lists_.end())
      return i->second;
    std::erase_if(lists_, [](auto& x) { return x.second.empty(); });
    return lists_[whom];
  }

  /// Hands out what a member was passed up to a term, the newest term first, and
  /// forgets it.
  /// @param f Has to leave the list empty.
  template <class F>
  void take_up_to(leadership last, F f) {
    for (auto i = lists_.upper_bound(last);
         i != lists_.begin() && std::prev(i)->first.leader == last.leader;
         i = lists_.erase(std::prev(i)))
      f(std::prev(i)->second);
  }

  /// The same, whatever the term, the oldest first.
  template <class F>
  void take_all(server_id member, F f) {
    auto i = lists_.lower_bound({member, term_t{}});
    while (i != lists_.end() && i->first.leader == member) {
      f(i->second);
      i = lists_.erase(i);
    }
  }

  /// Hands out everything.
  template <class F>
  void take_all(F f) {
    for (auto& [unused, list] : lists_)
      f(list);
    lists_.clear();
  }

  bool empty() const {
    return std::all_of(lists_.begin(), lists_.end(),
                       [](auto& x) { return x.second.empty(); });
  }

private:
  std::map<leadership, List> lists_;
};

} // namespace caf::raft::core

#pragma once

#include "core/fixture.hpp"

#include <deque>
#include <random>

// What members hold before a model begins, and the disks that hold it.

namespace caf::raft::core::test {

using terms = std::vector<uint64_t>;

inline constexpr size_t member_count = 6;
/// Member six is a learner.
inline constexpr size_t voter_count = 5;

/// Whether a log wins the vote of another (§3.6.1).
inline bool is_up_to_date(const terms& x, const terms& than) {
  auto last = [](const terms& xs) {
    return std::pair{xs.empty() ? 0 : xs.back(), xs.size()};
  };
  return last(x) >= last(than);
}

/// What the members' disks may hold after these many terms.
inline std::vector<terms> history(std::mt19937& rng, uint64_t term_count) {
  std::vector<terms> logs(member_count);
  for (uint64_t term = 1; term <= term_count; ++term) {
    auto& leader = logs[rng() % voter_count];
    auto voters
      = std::count_if(logs.begin(), logs.begin() + voter_count,
                      [&](const terms& x) { return is_up_to_date(leader, x); });
    if (voters <= static_cast<int>(voter_count) / 2)
      continue;
    leader.insert(leader.end(), 1 + rng() % 4, term);
    for (auto& x : logs) {
      if (rng() % 2 == 0)
        continue;
      auto upto = static_cast<std::ptrdiff_t>(rng() % (leader.size() + 1));
      terms prefix{leader.begin(), leader.begin() + upto};
      if (x.size() < prefix.size()
          || !std::equal(prefix.begin(), prefix.end(), x.begin()))
        x = prefix;
    }
  }
  return logs;
}

/// A disk that stores one write after the other, and what it holds.
struct disk {
  entries content;
  std::deque<log_write> queue;
  write_id stored_up_to;

  bool store_one() {
    if (queue.empty())
      return false;
    auto what = std::move(queue.front());
    queue.pop_front();
    if (what.truncate_from)
      content.resize(what.truncate_from.value - 1);
    content.insert(content.end(), what.append.begin(), what.append.end());
    stored_up_to = what.number;
    return true;
  }

  /// The log as it is opened after a crash.
  log_tail open() {
    queue.clear();
    log_tail::contents xs;
    xs.base_configuration = conf_ptr(conf({1, 2, 3, 4, 5}, {}, {6}));
    xs.recent = content;
    xs.last_index = index_t{content.size()};
    for (auto& x : content)
      if (xs.term_starts.empty() || xs.term_starts.back().term != x.term())
        xs.term_starts.push_back(x.id());
    return log_tail{std::move(xs)};
  }

  bool has(const entry& x) const {
    return content.size() >= x.index().value
           && content[x.index().value - 1].id() == x.id();
  }
};

} // namespace caf::raft::core::test

#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace caf::raft {

/// A number of one kind. Numbers of different kinds do not mix: passing an
/// index where a term is wanted does not compile. Zero means "none".
template <class Tag>
struct number {
  uint64_t value = 0;

  constexpr number() = default;

  constexpr explicit number(uint64_t x) : value(x) {
    // nop
  }

  constexpr explicit operator bool() const {
    return value != 0;
  }

  constexpr auto operator<=>(const number&) const = default;

  constexpr number& operator++() {
    ++value;
    return *this;
  }

  constexpr number operator+(uint64_t n) const {
    return number{value + n};
  }

  constexpr number operator-(uint64_t n) const {
    return number{value - n};
  }

  /// Returns how many steps lie between two numbers; `*this >= other`.
  constexpr uint64_t operator-(number other) const {
    return value - other.value;
  }
};

template <class Tag>
std::string to_string(number<Tag> x) {
  return std::to_string(x.value);
}

/// A period in which at most one leader is elected (§3.3).
using term_t = number<struct term_tag>;

/// A place in the log of one group; the first entry has index 1.
using index_t = number<struct index_tag>;

/// Names a member for ever; ids are never used again for another member.
using server_id = number<struct server_tag>;

/// Names one of the replicated groups that share a node.
using group_id = number<struct group_tag>;

/// One life of a data directory: drawn at random when the directory is first
/// used. A member that lost its directory comes back under another one.
using incarnation_t = number<struct incarnation_tag>;

/// One role in one term of one run of the process. Counted from a random start,
/// so that a restart does not repeat it.
using tenure_id = number<struct tenure_tag>;

/// Numbers what one group hands to the log: appends, truncations, hard state.
/// Counted from one in each run of the process.
using write_id = number<struct write_tag>;

/// Numbers the heartbeat rounds of one tenure (§6.4).
using round_t = number<struct round_tag>;

/// Correlates a request with its answer, within the one who asked.
using request_id = number<struct request_tag>;

/// Drawn at random when a cluster is founded.
using cluster_id = number<struct cluster_tag>;

/// The place of an entry and the term in which it was created. Two entries with
/// the same id are the same entry, and so is all that is before them (log
/// matching, §3.5). The order is that of §3.6.1: term first, then index.
struct entry_id {
  term_t term;
  index_t index;

  constexpr auto operator<=>(const entry_id&) const = default;
};

/// `index@term`, as scenario files write it.
inline std::string to_string(const entry_id& x) {
  return to_string(x.index) + "@" + to_string(x.term);
}

/// Sixteen hexadecimal digits.
std::string to_string(cluster_id x);

} // namespace caf::raft

template <class Tag>
struct std::hash<caf::raft::number<Tag>> {
  size_t operator()(caf::raft::number<Tag> x) const noexcept {
    return std::hash<uint64_t>{}(x.value);
  }
};

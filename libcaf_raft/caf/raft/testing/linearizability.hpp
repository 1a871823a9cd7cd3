#pragma once

#include "caf/raft/testing/history.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace caf::raft::testing {

enum class verdict : uint8_t {
  linearizable,
  violated,
  /// The limit of steps was reached before either was shown.
  undecided,
};

struct linearizability_report {
  verdict result = verdict::linearizable;
  /// Where it is not: the key, and for a person what could be put in order and
  /// what could not; several lines.
  std::string key;
  std::string explanation;
  /// How many orders of operations were tried.
  size_t steps = 0;
};

/// Whether all operations of a history can be put in one order, each between its
/// invocation and its return, so that each answer is right: linearizability
/// (Herlihy and Wing), as §6.3 and §6.4 of the dissertation promise it.
///
/// Keys are independent, so each is checked by itself. Operations without an
/// answer may take effect at any time after their invocation, or never; failed
/// ones never. At equal times an operation counts as invoked before another one
/// returned. Values that clients write should differ, or mistakes hide.
/// @param max_steps Per key.
/// @note The algorithm of Wing and Gong with Lowe's cache: fast where few
///       operations on a key run at once, exponential in their number.
linearizability_report check_linearizability(const history& xs,
                                             size_t max_steps = 50'000'000);

} // namespace caf::raft::testing

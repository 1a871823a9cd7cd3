#pragma once

#include "caf/raft/error.hpp"

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caf::raft::testing {

/// What a client did to one key.
enum class op_kind : uint8_t { get, put, remove };

/// What the client was told.
enum class op_result : uint8_t {
  /// Done; a get found the key.
  ok,
  /// Done, but there was no such key.
  absent,
  /// The condition did not hold, so nothing was changed.
  mismatch,
  /// Not done, and never will be.
  failed,
  /// No answer: done already, or some time later, or never.
  unknown,
};

/// One operation of a history. Times are of one clock, in any unit.
struct operation {
  static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

  /// Who did it; a client does one thing at a time.
  uint64_t client = 0;
  uint64_t invoked = 0;
  /// `never` where no answer came.
  uint64_t returned = never;
  op_kind kind = op_kind::get;
  std::string key;
  /// What was written, or read.
  std::string value;
  /// Put and remove: only over this version; zero: only where there is no such
  /// key.
  std::optional<uint64_t> expected;
  op_result result = op_result::unknown;
  /// The version that was read or written; zero: not known. Later writes have
  /// higher versions, as the index of their log entries has it.
  uint64_t version = 0;

  bool operator==(const operation&) const = default;
};

using history = std::vector<operation>;

/// One line without a line break; `-` stands for a return that never was, and
/// keys and values are percent-encoded:
///
///     CLIENT INVOKED RETURNED get KEY = ok VALUE VERSION | absent
///     CLIENT INVOKED RETURNED put KEY VALUE [if VERSION] = ok VERSION
///     CLIENT INVOKED RETURNED delete KEY [if VERSION] = ok VERSION | absent
///
/// Besides, `mismatch` where there is a condition, and `failed` and `unknown`
/// for all.
std::string to_string(const operation& x);

/// Reads one such line.
/// @returns `invalid_argument` and what is wrong with it.
result_of<operation> parse_operation(std::string_view line);

/// Writes a history, an operation a line.
void write(std::ostream& out, const history& xs);

/// Reads a history. Empty lines and lines that begin with `#` are comments.
/// @returns `invalid_argument` with the number of the first line that is wrong.
result_of<history> read_history(std::istream& in);

} // namespace caf::raft::testing

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace caf::raft {

/// Why a request was not done, and what the caller may do next.
enum class errc : uint8_t {
  /// Done.
  none = 0,
  /// Not done and never will be (no leader, or another entry took the place);
  /// asking again is safe.
  no_leader,
  /// Too much is waiting already; nothing was appended. Back off.
  overloaded,
  /// There is no room on disk and nothing was appended; asking again is safe.
  no_space,
  /// The deadline passed before the fate of what was, or may have been,
  /// appended was known (§6.3).
  outcome_unknown,
  /// The request cannot be done in this state.
  rejected,
  /// The request makes no sense; asking again will not help.
  invalid_argument,
  /// The command is larger than the settings allow.
  too_large,
  /// The wanted part of the log is gone.
  compacted,
  /// The disk failed or holds something that it must not hold.
  storage_failed,
  /// The directory or the peer belongs to another cluster.
  wrong_cluster,
  /// This member was removed from the cluster.
  removed,
};

/// The name of a code as it stands above, for example "no_leader".
std::string_view to_string(errc code);

/// A code and a sentence for a person.
struct failure {
  errc code = errc::none;
  std::string text;

  bool operator==(const failure&) const = default;
};

/// A value or why there is none. Expected trouble is a value here; exceptions
/// do not leave `storage/` and `wire/`.
template <class T>
class [[nodiscard]] result_of {
public:
  result_of(T value) : state_(std::in_place_index<0>, std::move(value)) {
    // nop
  }

  result_of(failure why) : state_(std::in_place_index<1>, std::move(why)) {
    // nop
  }

  explicit operator bool() const {
    return state_.index() == 0;
  }

  /// @pre `*this` holds a value.
  T& operator*() {
    return std::get<0>(state_);
  }

  const T& operator*() const {
    return std::get<0>(state_);
  }

  T* operator->() {
    return &std::get<0>(state_);
  }

  const T* operator->() const {
    return &std::get<0>(state_);
  }

  /// @pre `*this` holds no value.
  const failure& error() const {
    return std::get<1>(state_);
  }

private:
  std::variant<T, failure> state_;
};

/// For functions that return nothing but may fail.
struct done {};

} // namespace caf::raft

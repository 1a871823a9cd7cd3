#pragma once

#include "kvnode/kv_state.hpp"

#include <caf/raft/state_machine.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// The bytes of a snapshot of a kv_store. All numbers have 8 bytes, little-endian:
//
//     format   1
//     count    of the keys
//     count times, in order of the keys' bytes:
//       size of the key, size of the value, version, key, value
//
// Nothing else is in it, so the same state gives the same bytes.

namespace kvnode {

constexpr uint64_t kv_format = 1;

/// Walks through the keys of a state in their order while writes go on. What a
/// write replaces that was not walked past yet is kept aside until then: a view
/// costs as much memory as is written while it is open, and no more than a
/// few hundred bytes before.
///
/// It holds its state, which may be replaced by another one meanwhile.
class kv_view final : public raft::state_view {
public:
  /// Of keys that came after the view began, a `read` walks past so many at
  /// most (about a millisecond) and then gives less than was wanted.
  static constexpr size_t max_passed_over = 4096;

  explicit kv_view(std::shared_ptr<kv_state> of);

  ~kv_view() override;

  kv_view(const kv_view&) = delete;
  kv_view& operator=(const kv_view&) = delete;

  /// Costs O(log n) and a copy of what it gives. May end inside of a value.
  bool read(raft::bytes& to, size_t wanted) override;

  /// Has to be called before a key is written or deleted.
  /// @param old What it holds, null if there is no such key. The value may be
  ///            taken out of it.
  /// @note O(log m) in the number of keys that were written since the view began.
  void before_write(std::string_view key, kv_record* old);

private:
  using order = std::set<std::string_view>;

  bool needs(std::string_view key) const;
  bool give_next(order::iterator& at, raft::bytes& to, size_t end);
  bool give(std::string_view key, const kv_record& what, raft::bytes& to,
            size_t end);
  void stop_at(order::iterator at);

  std::shared_ptr<kv_state> state_;
  /// The keys of the view that are not given yet.
  size_t left_;
  /// The last key of the view.
  std::string last_;
  /// All keys before this one were walked past.
  std::string next_;
  bool begun_ = false;
  /// Whether the key at `next_` is given in part: all but the rest of the value.
  bool inside_ = false;
  size_t given_of_value_ = 0;
  /// What the keys that were written since, from `next_` on, had when the view
  /// began; nothing for those that were not there.
  std::map<std::string, std::optional<kv_record>, std::less<>> kept_;
};

} // namespace kvnode

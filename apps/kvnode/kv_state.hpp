#pragma once

#include "kvnode/kv_codec.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kvnode {

class kv_view;

struct kv_record {
  version_t version;
  raft::bytes value;
};

/// What a kv_store holds.
///
/// A hash map finds (with 100,000 keys five times as fast as a tree), and an
/// ordered index beside it lists. Nothing that is answered depends on the order
/// of the hash map.
struct kv_state {
  struct hash {
    using is_transparent = void;

    // Not noexcept: then the library keeps the hash beside the key, and looks
    // at fewer keys.
    size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };

  using map = std::unordered_map<std::string, kv_record, hash, std::equal_to<>>;

  map records;
  /// The keys of `records`, in order of their bytes.
  std::set<std::string_view> order;
  /// Wants to know what is written, if there is one.
  kv_view* open_view = nullptr;
};

} // namespace kvnode

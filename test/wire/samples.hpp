#pragma once

#include "caf/raft/message.hpp"
#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/frame.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What the tests of the wire share.

namespace sample {

using namespace caf::raft;

/// The largest number there is.
inline constexpr uint64_t top = ~uint64_t{0};

inline constexpr sender peer{server_id{2}, incarnation_t{0xabcdef}};

inline constexpr group_id group{7};

/// A sequence of bytes that looks like nothing in particular.
bytes noise(size_t size, uint64_t seed = 1);

/// One voter, two learners.
configuration small_configuration();

/// Entries with indexes from `prev.index + 1` on, all of `term`, one for each
/// payload size.
entries commands(index_t prev, term_t term,
                 const std::vector<size_t>& payload_sizes);

/// An entry of the kind `configuration`.
entry configuration_entry(index_t index, term_t term);

/// Every message between members, with usual and with extreme values.
std::vector<message> group_messages();

/// Every message between nodes, likewise.
std::vector<node_message> node_messages();

bool same(const entry& x, const entry& y);

bool same(const message& x, const message& y);

/// Word-aligned bytes that decoded messages may refer to.
class body {
public:
  explicit body(size_t size = 0);

  explicit body(bytes_view what);

  /// Without its header.
  explicit body(const wire::frame_ptr& what);

  bytes_view view() const {
    return {data(), size_};
  }

  std::byte* data() const {
    return reinterpret_cast<std::byte*>(words_.get());
  }

  uint64_t& word(size_t i) const {
    return words_[i];
  }

  size_t words() const {
    return size_ / 8;
  }

  std::shared_ptr<const void> owner() const {
    return words_;
  }

private:
  std::shared_ptr<uint64_t[]> words_;
  size_t size_;
};

result_of<envelope> decode_group(const body& what);

result_of<node_message> decode_node(const body& what);

/// Eight bytes a line.
std::string hex(bytes_view xs);

} // namespace sample

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/types.hpp"

#include <memory>
#include <vector>

namespace caf::raft {

enum class entry_kind : uint32_t {
  /// Of a new leader, to commit what came before it (§3.6.2); no payload.
  noop = 0,
  /// For the state machine; the payload is opaque to us.
  command = 1,
  /// A configuration, encoded by `wire/configuration_codec`.
  configuration = 2,
};

/// One entry of the log: an immutable record, encoded once by the leader and
/// then the same bytes in memory, on the wire and on disk. Cheap to copy;
/// copies share the record, across threads too.
///
/// The record, little-endian, 8-byte aligned, its size a multiple of 8:
///
///     u32 crc32c    over all behind it, padding included; seeded with the low
///                   32 bits of the index, so that a right entry in a wrong
///                   place is found out
///     u32 payload_size   in bytes, without the padding
///     u64 term
///     u32 kind
///     u32 flags     zero so far
///     payload, zero padding
class entry {
public:
  static constexpr size_t header_size = 24;

  /// An entry that is none: index zero.
  entry() = default;

  /// Encodes a new entry; made where the entry is made, by the leader.
  static entry make(index_t index, term_t term, entry_kind kind,
                    bytes_view payload);

  /// As above, for a configuration: `payload` is `value`, encoded.
  static entry make(index_t index, term_t term, configuration_ptr value,
                    bytes_view payload);

  /// Takes a record as it came from disk or wire, after checking its size, its
  /// checksum and its header.
  /// @param record Must stay valid and unchanged as long as `owner` lives;
  ///               8-byte aligned.
  /// @param owner  Shared by all entries that were read together.
  /// @returns `storage_failed` with the reason where the record is not right.
  /// @note An entry of the kind `configuration` has no `configuration()` yet:
  ///       the one who reads it decodes the payload and calls `attach`.
  static result_of<entry> parse(index_t index, bytes_view record,
                                std::shared_ptr<const void> owner);

  index_t index() const {
    return index_;
  }

  term_t term() const;

  entry_kind kind() const;

  entry_id id() const {
    return {term(), index_};
  }

  /// What the proposer gave, without header and padding.
  bytes_view payload() const;

  /// The whole record, header and padding included.
  bytes_view record() const {
    return {data_, size_};
  }

  /// Set for every entry of the kind `configuration`, null for all others.
  const configuration_ptr& configuration() const {
    return configuration_;
  }

  void attach(configuration_ptr value) {
    configuration_ = std::move(value);
  }

private:
  index_t index_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  std::shared_ptr<const void> owner_;
  configuration_ptr configuration_;
};

/// Contiguous and in order.
using entries = std::vector<entry>;

/// Returns how many bytes of the log these entries take: the sum of the sizes
/// of their records.
size_t size_in_bytes(const entries& xs);

} // namespace caf::raft

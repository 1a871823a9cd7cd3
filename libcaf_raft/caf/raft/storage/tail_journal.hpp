#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/storage/file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft::storage {

/// The newest batches of a log, in a ring of blocks in a file of its own: a
/// batch is one write into blocks that exist already, so it costs one flush, and
/// is durable when it returns. What a batch says is not known here.
///
/// Every block has a number, one more than the block before it; block N stands
/// at place N modulo the size of the ring. No number is used twice, so what was
/// left in the ring by an earlier lap or an earlier process is told from what
/// was written since. A block, little-endian:
///
///     u32 crc32c   over all behind it, to the end of the block
///     u32 size     of what it carries, in bytes
///     u64 ring     drawn at random when the ring was made
///     u64 number
///     u64 first    the number of the first block of its batch
///     u64 count    how many blocks the batch has
///     what it carries, zeros
///
/// All functions throw `trouble`. One thread at a time.
class tail_journal {
public:
  static constexpr size_t block_size = 4096;

  struct batch {
    /// The number of its last block.
    uint64_t last = 0;
    bytes content;
  };

  struct recovered {
    /// In order.
    std::vector<batch> batches;
    /// All numbers up to this one were used, or may have been.
    uint64_t newest = 0;
  };

  /// Makes a ring, or replaces one: zeros in real blocks. Durable, with its
  /// name, when it returns; absent or whole after any crash.
  /// @param directory Where it gets the name "journal".
  /// @param ring      Drawn at random, not zero.
  /// @param size      In bytes, 64 blocks at least; rounded down to blocks.
  static void create(const std::string& directory, uint64_t ring, size_t size);

  /// Opens a ring; all that is read from it then is durable.
  /// @param ring What it must be.
  static tail_journal open(const std::string& directory, uint64_t ring);

  /// Reads what was written behind block `taken`.
  /// @returns All batches that are whole, without a gap. Where the first one
  ///          that is not is followed by another, blocks were damaged, and that
  ///          is thrown; else its writing was cut off, and it was never durable.
  recovered recover(uint64_t taken);

  /// Goes on behind block `newest`; nothing in the ring is wanted any more.
  void restart(uint64_t newest);

  /// In bytes, as it was created.
  size_t size() const {
    return (blocks_ + 1) * block_size;
  }

  /// Whether a batch of so many bytes can be in a ring of this size.
  bool can_hold(size_t bytes) const;

  /// Whether there is room for it now.
  bool has_room_for(size_t bytes) const;

  /// Stores a batch; durable when it returns.
  /// @pre There is room.
  /// @note Its numbers are used up also where that fails. It may be found there
  ///       or not afterwards, and no other batch can be stored behind it before
  ///       `restart`.
  void write(bytes_view content);

  /// Blocks up to this one are not wanted any more.
  void release(uint64_t through);

  /// The number of the newest block.
  uint64_t newest() const {
    return newest_;
  }

  /// How many of the blocks are wanted, and how many there are.
  uint64_t used() const {
    return newest_ - released_;
  }

  uint64_t blocks() const {
    return blocks_;
  }

private:
  struct deleter {
    void operator()(std::byte* x) const {
      std::free(x);
    }
  };

  using aligned_bytes = std::unique_ptr<std::byte[], deleter>;

  tail_journal() = default;

  void lay_out(bytes_view content, uint64_t count);

  uint64_t place_of(uint64_t number) const;

  file file_;
  uint64_t ring_ = 0;
  uint64_t blocks_ = 0;
  uint64_t newest_ = 0;
  uint64_t released_ = 0;
  /// For the blocks of a batch, aligned as O_DIRECT wants it.
  aligned_bytes buffer_;
  size_t buffer_blocks_ = 0;
};

} // namespace caf::raft::storage

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace caf::raft::wire {

/// Protocol version of frames and handshake.
inline constexpr uint32_t protocol_version = 1;

enum class frame_type : uint8_t {
  /// A `node_message`.
  node = 1,
  /// An `envelope`.
  group = 2,
};

/// One frame, header and body, immutable and shared by all who send it.
///
/// The header, little-endian, 16 bytes:
///
///     u32 magic     "RAFT"
///     u32 size      of the body in bytes, a multiple of 8
///     u8  version   of the frame format
///     u8  type
///     u16 check     both halves of the CRC-32C of the 10 bytes before it, xored
///     u32 crc32c    over the first 12 bytes of the header, then the body
///
/// The check is there so that nobody waits for a body of a damaged size.
struct frame {
  /// Word aligned, as Cap'n Proto wants it.
  std::unique_ptr<uint64_t[]> words;
  size_t size = 0;

  bytes_view view() const {
    return {reinterpret_cast<const std::byte*>(words.get()), size};
  }
};

using frame_ptr = std::shared_ptr<const frame>;

inline constexpr size_t frame_header_size = 16;
inline constexpr size_t frame_header_words = 2;

/// What stands as `check` in a header that begins with these 10 bytes.
uint16_t header_check(bytes_view header);

/// Makes a frame by writing the header, checksum included, before its body.
/// @param words      Room for the header, then the body; what is behind it is
///                   not sent.
/// @param body_words The size of the body, less than 4 GiB in all.
frame_ptr make_frame(frame_type type, std::unique_ptr<uint64_t[]> words,
                     size_t body_words);

/// A received frame's body.
struct received_frame {
  frame_type type = frame_type::node;
  /// 8-byte aligned.
  bytes_view body;
  /// Keeps at most four times the size of the frame in memory.
  std::shared_ptr<const void> owner;
};

/// Cuts a stream of bytes into frames. Takes no memory for a frame before its
/// header was checked, and never more than the header announces; of a large one
/// not before a good part of it has arrived: ahead of what arrived it takes as
/// much again, or 64 KiB.
class frame_reader {
public:
  /// @param max_body_size Larger frames end the connection. Small before the
  ///                      handshake is done, see `limit`.
  explicit frame_reader(size_t max_body_size);

  frame_reader(const frame_reader&) = delete;

  frame_reader& operator=(const frame_reader&) = delete;

  /// Sets another limit for the frames that `next` has not come to yet.
  void limit(size_t max_body_size);

  /// Adds what arrived, in pieces of any size. Copies it: `arrived` is free
  /// again afterwards. Call `next` until nothing is left before adding more,
  /// or what arrived is kept.
  void feed(bytes_view arrived);

  /// Takes the next whole frame.
  /// @returns Empty where more bytes are needed; `invalid_argument` with the
  ///          reason where the stream is broken: then the connection must end,
  ///          and the reader says the same for ever.
  result_of<std::optional<received_frame>> next();

private:
  std::byte* at(size_t offset) const;

  void grow(bytes_view arrived);

  size_t wanted_capacity(bytes_view arrived) const;

  failure break_off(std::string why);

  received_frame take(frame_type type, size_t body_size);

  size_t max_body_size_;
  /// Shared with the frames that were cut from it, and never written again
  /// where they are.
  std::shared_ptr<uint64_t[]> block_;
  /// In bytes, as are the two below.
  size_t capacity_ = 0;
  /// What arrived and was not taken: [first_, last_) of the block. The first
  /// byte of a frame is always aligned.
  size_t first_ = 0;
  size_t last_ = 0;
  std::optional<failure> broken_;
};

} // namespace caf::raft::wire

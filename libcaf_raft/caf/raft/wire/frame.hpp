#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace caf::raft::wire {

/// Protocol version of frames and handshake.
inline constexpr uint32_t protocol_version = 1;

enum class frame_type : uint16_t {
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
///     u16 version   of the frame format
///     u16 type
///     u32 size      of the body in bytes, a multiple of 8
///     u32 crc32c    over the first 12 bytes of the header, then the body
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

/// A received frame's body.
struct received_frame {
  frame_type type = frame_type::node;
  /// 8-byte aligned.
  bytes_view body;
  std::shared_ptr<const void> owner;
};

/// Cuts a stream of bytes into frames. Takes no memory for a frame before its
/// header was checked, and never more than the header announces.
class frame_reader {
public:
  /// @param max_body_size Larger frames end the connection. Small before the
  ///                      handshake is done, see `limit`.
  explicit frame_reader(size_t max_body_size);

  /// Sets another limit for the frames whose header has not arrived yet.
  void limit(size_t max_body_size);

  /// Adds what arrived, in pieces of any size.
  void feed(bytes_view arrived);

  /// Takes the next whole frame.
  /// @returns Empty where more bytes are needed; `invalid_argument` with the
  ///          reason where the stream is broken: then the connection must end,
  ///          and the reader says the same for ever.
  result_of<std::optional<received_frame>> next();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace caf::raft::wire

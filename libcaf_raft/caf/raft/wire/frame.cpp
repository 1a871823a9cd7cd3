#include "caf/raft/wire/frame.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/crc32c.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>

namespace caf::raft::wire {

namespace {

struct frame_header {
  uint32_t magic;
  uint32_t size;
  uint8_t version;
  uint8_t type;
  uint16_t check;
  uint32_t crc;
};

static_assert(sizeof(frame_header) == frame_header_size);
static_assert(frame_header_words * sizeof(uint64_t) == frame_header_size);

/// "RAFT", in this order on the wire.
constexpr uint32_t magic = 0x54464152;

constexpr uint8_t frame_version = 1;

/// How far a block reaches beyond what arrived, at least, if the frame does.
constexpr size_t min_ahead = 64 << 10;

/// A frame is copied out of a block that is larger by more than this factor.
constexpr size_t max_pinned_factor = 4;

std::shared_ptr<uint64_t[]> make_block(size_t bytes) {
  return std::shared_ptr<uint64_t[]>{
    new uint64_t[(bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t)]};
}

frame_header read_header(const std::byte* from) {
  frame_header result;
  std::memcpy(&result, from, sizeof(result));
  return result;
}

uint16_t check_of(const frame_header& what) {
  return header_check(
    {reinterpret_cast<const std::byte*>(&what), frame_header_size});
}

uint32_t checksum(const std::byte* header, bytes_view body) {
  auto seed = crc32c(0, {header, offsetof(frame_header, crc)});
  return crc32c(seed, body);
}

/// What is wrong with a header; empty where nothing is.
std::string complaint(const frame_header& what, size_t max_body_size) {
  if (what.magic != magic)
    return "the peer does not speak this protocol";
  if (what.version != frame_version)
    return fmt::format("the peer sends frames of version {}", what.version);
  if (what.check != check_of(what))
    return "the header of a frame is damaged";
  if (what.type != static_cast<uint8_t>(frame_type::node)
      && what.type != static_cast<uint8_t>(frame_type::group))
    return fmt::format("a frame is of the unknown type {}", what.type);
  if (what.size % sizeof(uint64_t) != 0)
    return fmt::format("a frame announces {} bytes, not whole words",
                       what.size);
  if (what.size > max_body_size)
    return fmt::format("a frame announces {} bytes, above the limit of {}",
                       what.size, max_body_size);
  return {};
}

} // namespace

uint16_t header_check(bytes_view header) {
  auto crc = crc32c(0, header.first(offsetof(frame_header, check)));
  return static_cast<uint16_t>(crc ^ crc >> 16);
}

frame_ptr make_frame(frame_type type, std::unique_ptr<uint64_t[]> words,
                     size_t body_words) {
  auto body_size = body_words * sizeof(uint64_t);
  CAF_RAFT_ASSERT(body_size <= std::numeric_limits<uint32_t>::max());
  frame_header header{magic,
                      static_cast<uint32_t>(body_size),
                      frame_version,
                      static_cast<uint8_t>(type),
                      0,
                      0};
  header.check = check_of(header);
  auto* first = reinterpret_cast<std::byte*>(words.get());
  std::memcpy(first, &header, sizeof(header));
  header.crc = checksum(first, {first + frame_header_size, body_size});
  std::memcpy(first, &header, sizeof(header));
  return std::make_shared<frame>(
    frame{std::move(words), frame_header_size + body_size});
}

frame_reader::frame_reader(size_t max_body_size)
  : max_body_size_(max_body_size) {
  // nop
}

void frame_reader::limit(size_t max_body_size) {
  max_body_size_ = max_body_size;
}

void frame_reader::feed(bytes_view arrived) {
  if (broken_ || arrived.empty())
    return;
  if (capacity_ - last_ < arrived.size())
    grow(arrived);
  std::memcpy(at(last_), arrived.data(), arrived.size());
  last_ += arrived.size();
}

result_of<std::optional<received_frame>> frame_reader::next() {
  if (broken_)
    return *broken_;
  auto available = last_ - first_;
  if (available < frame_header_size)
    return std::optional<received_frame>{};
  auto header = read_header(at(first_));
  if (auto why = complaint(header, max_body_size_); !why.empty())
    return break_off(std::move(why));
  if (available - frame_header_size < header.size)
    return std::optional<received_frame>{};
  bytes_view body{at(first_ + frame_header_size), header.size};
  if (checksum(at(first_), body) != header.crc)
    return break_off("a frame fails its checksum");
  return std::optional{take(static_cast<frame_type>(header.type), header.size)};
}

std::byte* frame_reader::at(size_t offset) const {
  return reinterpret_cast<std::byte*>(block_.get()) + offset;
}

/// Moves what is left to a new block that has room for `arrived`.
void frame_reader::grow(bytes_view arrived) {
  auto capacity = wanted_capacity(arrived);
  auto block = make_block(capacity);
  auto left = last_ - first_;
  if (left > 0)
    std::memcpy(block.get(), at(first_), left);
  block_ = std::move(block);
  capacity_ = capacity;
  first_ = 0;
  last_ = left;
}

size_t frame_reader::wanted_capacity(bytes_view arrived) const {
  auto left = last_ - first_;
  auto total = left + arrived.size();
  if (total < frame_header_size)
    return frame_header_size;
  // The header may lie on both sides.
  std::array<std::byte, frame_header_size> joined;
  auto split = std::min(left, frame_header_size);
  if (split > 0)
    std::memcpy(joined.data(), at(first_), split);
  std::memcpy(joined.data() + split, arrived.data(), frame_header_size - split);
  auto header = read_header(joined.data());
  if (!complaint(header, max_body_size_).empty())
    return total;
  auto wanted = frame_header_size + header.size;
  // Whole frames are there and nobody took them: do not copy them again and
  // again.
  if (wanted <= left)
    return 2 * total;
  return std::clamp(wanted, total, std::max(min_ahead, 2 * total));
}

failure frame_reader::break_off(std::string why) {
  broken_ = failure{errc::invalid_argument, std::move(why)};
  block_.reset();
  capacity_ = first_ = last_ = 0;
  return *broken_;
}

/// Takes the frame at the front, which is whole and right.
received_frame frame_reader::take(frame_type type, size_t body_size) {
  auto owner = block_;
  bytes_view body{at(first_ + frame_header_size), body_size};
  if (frame_header_size + body_size < capacity_ / max_pinned_factor) {
    owner = make_block(body_size);
    std::memcpy(owner.get(), body.data(), body_size);
    body = {reinterpret_cast<const std::byte*>(owner.get()), body_size};
  }
  first_ += frame_header_size + body_size;
  if (first_ == last_) {
    block_.reset();
    capacity_ = first_ = last_ = 0;
  }
  return {type, body, std::move(owner)};
}

} // namespace caf::raft::wire

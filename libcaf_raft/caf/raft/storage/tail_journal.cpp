#include "caf/raft/storage/tail_journal.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/crc32c.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace caf::raft::storage {

namespace fs = std::filesystem;

namespace {

constexpr size_t block_size = tail_journal::block_size;

/// At the beginning of the file, before the first block.
struct file_header {
  uint32_t crc;
  uint32_t version;
  uint64_t magic;
  uint64_t ring;
  uint64_t blocks;
};

/// "cafraftj", little-endian.
constexpr uint64_t magic = 0x6a74666172666163;

constexpr uint32_t version = 1;

/// At the beginning of each block.
struct block_header {
  uint32_t crc;
  uint32_t size;
  uint64_t ring;
  uint64_t number;
  uint64_t first;
  uint64_t count;
};

static_assert(std::has_unique_object_representations_v<file_header>);
static_assert(std::has_unique_object_representations_v<block_header>);

/// How much of a batch one block carries.
constexpr size_t capacity = block_size - sizeof(block_header);

/// A batch may take every fourth block, so that there is room for the next one
/// while those before it are being taken over.
constexpr uint64_t largest_share = 4;

constexpr uint64_t blocks_for(size_t bytes) {
  return std::max<uint64_t>(1, (bytes + capacity - 1) / capacity);
}

uint32_t checksum(bytes_view block) {
  return crc32c(0, block.subspan(sizeof(uint32_t)));
}

template <class T>
T read_as(bytes_view from) {
  T result;
  std::memcpy(&result, from.data(), sizeof(result));
  return result;
}

/// A block that was found in the ring.
struct found_block {
  uint64_t first;
  uint64_t count;
  bytes content;
};

using found_blocks = std::map<uint64_t, found_block>;

/// @returns Whether block `number` is there and belongs to this batch.
bool is_part(const found_blocks& xs, uint64_t number, uint64_t first,
             uint64_t count) {
  auto i = xs.find(number);
  return i != xs.end() && i->second.first == first && i->second.count == count;
}

/// Puts the batch that begins with this block together.
/// @returns Nothing if it is not whole.
std::optional<bytes> join(const found_blocks& xs, uint64_t first,
                          uint64_t count) {
  bytes result;
  for (auto i = first; i < first + count; ++i) {
    if (!is_part(xs, i, first, count))
      return std::nullopt;
    auto& content = xs.at(i).content;
    result.insert(result.end(), content.begin(), content.end());
  }
  return result;
}

/// Opens a file for writes that are durable when they return, past the page
/// cache where the file system can do that.
file open_durable(const std::string& path) {
  try {
    return file::open(path, O_RDWR | O_DSYNC | O_DIRECT);
  } catch (const trouble& x) {
    if (x.code() != EINVAL)
      throw;
    return file::open(path, O_RDWR | O_DSYNC);
  }
}

} // namespace

void tail_journal::create(const std::string& directory, uint64_t ring,
                          size_t size) {
  CAF_RAFT_ASSERT(ring != 0 && size >= 64 * block_size);
  auto blocks = size / block_size - 1;
  auto path = directory + "/journal";
  auto aside = path + ".new";
  std::error_code code;
  fs::remove(aside, code);
  {
    auto out = file::open(aside, O_RDWR | O_CREAT);
    auto all = (blocks + 1) * block_size;
    if (out.write_zeros(0, all) < all)
      throw trouble{{errc::no_space, "there is no room for the journal, "
                                       + std::to_string(all)
                                       + " bytes: " + aside}};
    file_header header{0, version, magic, ring, blocks};
    std::array<std::byte, block_size> block{};
    std::memcpy(block.data(), &header, sizeof(header));
    header.crc = checksum(block);
    std::memcpy(block.data(), &header, sizeof(header));
    out.write_at(0, block);
    out.flush();
  }
  fs::rename(aside, path, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot create " + path);
  sync_directory(directory);
}

tail_journal tail_journal::open(const std::string& directory, uint64_t ring) {
  auto path = directory + "/journal";
  tail_journal result;
  {
    // By another descriptor: reading need not be aligned then. What a dead
    // process wrote may be in the page cache only, or there although it could
    // not be written to the disk.
    auto in = file::open(path, O_RDWR);
    in.flush();
    in.drop_cache();
    std::array<std::byte, block_size> block{};
    auto whole = in.read_at(0, block) == block.size();
    auto header = read_as<file_header>(block);
    if (!whole || header.magic != magic || header.crc != checksum(block))
      throw damage(path + " is damaged: its header is wrong");
    if (header.version != version)
      throw damage(path + " has a newer format");
    if (header.ring != ring)
      throw damage(path
                   + " belongs to another directory: if the right one is"
                     " lost, what it held is lost, and this directory with it");
    if (header.blocks < 63
        || in.size() < (header.blocks + 1) * uint64_t{block_size})
      throw damage(path + " was cut off");
    result.ring_ = ring;
    result.blocks_ = header.blocks;
  }
  result.file_ = open_durable(path);
  return result;
}

tail_journal::recovered tail_journal::recover(uint64_t taken) {
  found_blocks found;
  constexpr size_t chunk_blocks = 256;
  auto in = file::open(file_.path(), O_RDONLY);
  bytes chunk(chunk_blocks * block_size);
  for (uint64_t place = 0; place < blocks_; place += chunk_blocks) {
    auto count = std::min<uint64_t>(chunk_blocks, blocks_ - place);
    auto view = std::span{chunk}.first(count * block_size);
    if (in.read_at((place + 1) * block_size, view) < view.size())
      throw damage(file_.path() + " was cut off");
    for (uint64_t i = 0; i < count; ++i) {
      auto block = bytes_view{view}.subspan(i * block_size, block_size);
      auto header = read_as<block_header>(block);
      if (header.ring == ring_ && header.number > taken
          && header.number % blocks_ == place + i && header.size <= capacity
          && header.crc == checksum(block)) {
        auto content = block.subspan(sizeof(header), header.size);
        found.emplace(header.number,
                      found_block{header.first,
                                  header.count,
                                  {content.begin(), content.end()}});
      }
    }
  }
  recovered result;
  auto next = taken + 1;
  result.newest = taken;
  for (auto i = found.find(next); i != found.end(); i = found.find(next)) {
    auto count = i->second.count;
    auto content = join(found, next, count);
    // The numbers of one that was cut off may be on the disk already.
    result.newest = next + count - 1;
    if (!content)
      break;
    result.batches.push_back({result.newest, std::move(*content)});
    next += count;
  }
  for (auto i = found.lower_bound(next); i != found.end(); ++i) {
    auto& [number, block] = *i;
    if (block.first != next)
      throw damage(file_.path() + " is damaged: block " + std::to_string(next)
                   + " is not there, but block " + std::to_string(number)
                   + " is, which was written later");
    result.newest = std::max(result.newest, next + block.count - 1);
  }
  return result;
}

void tail_journal::restart(uint64_t newest) {
  CAF_RAFT_ASSERT(newest >= newest_);
  newest_ = newest;
  released_ = newest;
}

bool tail_journal::can_hold(size_t bytes) const {
  return blocks_for(bytes) <= blocks_ / largest_share;
}

bool tail_journal::has_room_for(size_t bytes) const {
  return blocks_for(bytes) <= blocks_ - used();
}

void tail_journal::write(bytes_view content) {
  CAF_RAFT_ASSERT(can_hold(content.size()) && has_room_for(content.size()));
  auto count = blocks_for(content.size());
  lay_out(content, count);
  auto first = newest_ + 1;
  newest_ += count;
  auto before_the_end = std::min(count, blocks_ - first % blocks_) * block_size;
  auto all = bytes_view{buffer_.get(), count * block_size};
  // Where the ring begins anew it is two writes. A part alone is not a batch.
  file_.write_at(place_of(first), all.first(before_the_end));
  if (before_the_end < all.size())
    file_.write_at(place_of(0), all.subspan(before_the_end));
}

void tail_journal::release(uint64_t through) {
  CAF_RAFT_ASSERT(through <= newest_);
  released_ = std::max(released_, through);
}

void tail_journal::lay_out(bytes_view content, uint64_t count) {
  if (count > buffer_blocks_) {
    auto size = count * block_size;
    buffer_.reset(
      static_cast<std::byte*>(std::aligned_alloc(block_size, size)));
    if (buffer_ == nullptr)
      throw std::bad_alloc{};
    buffer_blocks_ = count;
  }
  for (uint64_t i = 0; i < count; ++i) {
    auto part = content.subspan(
      i * capacity, std::min(capacity, content.size() - i * capacity));
    block_header header{0,           static_cast<uint32_t>(part.size()),
                        ring_,       newest_ + 1 + i,
                        newest_ + 1, count};
    auto* to = buffer_.get() + i * block_size;
    std::memset(to, 0, block_size);
    std::memcpy(to, &header, sizeof(header));
    if (!part.empty())
      std::memcpy(to + sizeof(header), part.data(), part.size());
    header.crc = checksum({to, block_size});
    std::memcpy(to, &header, sizeof(header));
  }
}

uint64_t tail_journal::place_of(uint64_t number) const {
  return (number % blocks_ + 1) * block_size;
}

} // namespace caf::raft::storage

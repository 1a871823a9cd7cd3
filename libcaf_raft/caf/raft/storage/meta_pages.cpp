#include "caf/raft/storage/meta_pages.hpp"

#include "caf/raft/storage/trouble.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace caf::raft::storage {

namespace {

// As LMDB 0.9 writes them: the header of a page, then what mdb.c calls MDB_meta.

struct page_header {
  uint64_t number;
  uint16_t unused;
  uint16_t flags;
  uint32_t bounds;
};

struct tree {
  uint32_t page_size; // of the first of the two trees; else unused
  uint16_t flags;
  uint16_t depth;
  std::array<uint64_t, 5> counts;
};

struct meta_page {
  page_header header;
  uint32_t magic;
  uint32_t version;
  uint64_t address;
  uint64_t map_size;
  std::array<tree, 2> trees;
  uint64_t last_page;
  uint64_t transaction;
};

static_assert(sizeof(meta_page) == 16 + 136);

constexpr uint32_t magic = 0xbeefc0de;
constexpr uint32_t swapped_magic = 0xdec0efbe;
constexpr uint32_t layout_version = 1;
constexpr uint16_t meta_flag = 8;

meta_page read_page(const file& data, uint64_t offset) {
  meta_page result;
  auto n = data.read_at(offset, std::as_writable_bytes(std::span{&result, 1}));
  if (n != sizeof(result))
    throw damage(data.path() + " was cut off");
  if (result.magic == swapped_magic)
    throw damage(data.path()
                 + " was written by a machine with another byte order");
  if (result.magic != magic || (result.header.flags & meta_flag) == 0
      || result.version != layout_version)
    throw damage(data.path() + " is damaged, or is no file of LMDB 0.9");
  return result;
}

} // namespace

void check_meta_pages(const file& data) {
  auto first = read_page(data, 0);
  uint64_t page_size = first.trees[0].page_size;
  if (!std::has_single_bit(page_size) || page_size < 512
      || page_size > (1u << 16))
    throw damage(data.path() + " has a page size that cannot be");
  auto second = read_page(data, page_size);
  if (second.trees[0].page_size != page_size)
    throw damage(data.path() + " has two page sizes");
  auto& newer = first.transaction < second.transaction ? second : first;
  auto& older = first.transaction < second.transaction ? first : second;
  if (newer.transaction != older.transaction + 1 || second.transaction % 2 != 1)
    throw damage(data.path() + " is damaged: its two newest commits, "
                 + std::to_string(older.transaction) + " and "
                 + std::to_string(newer.transaction)
                 + ", do not follow each other");
  if (data.size() / page_size <= newer.last_page)
    throw damage(data.path() + " was cut off: it has "
                 + std::to_string(data.size()) + " bytes, but page "
                 + std::to_string(newer.last_page) + " is in use");
}

} // namespace caf::raft::storage

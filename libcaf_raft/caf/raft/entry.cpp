#include "caf/raft/entry.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/crc32c.hpp"

#include <bit>
#include <cstring>
#include <limits>

namespace caf::raft {

// The record is written and read in place.
static_assert(std::endian::native == std::endian::little,
              "the formats of disk and wire are little-endian");

namespace {

struct record_header {
  uint32_t crc;
  uint32_t payload_size;
  uint64_t term;
  uint32_t kind;
  uint32_t flags;
};

static_assert(sizeof(record_header) == entry::header_size);

constexpr size_t padded(size_t n) {
  return (n + 7) & ~size_t{7};
}

record_header header_of(const std::byte* record) {
  record_header result;
  std::memcpy(&result, record, sizeof(result));
  return result;
}

uint32_t checksum(index_t index, bytes_view record) {
  return crc32c(static_cast<uint32_t>(index.value),
                record.subspan(sizeof(uint32_t)));
}

failure bad_record(index_t index, const char* what) {
  return {errc::storage_failed,
          "the record of entry " + to_string(index) + " " + what};
}

} // namespace

entry entry::make(index_t index, term_t term, entry_kind kind,
                  bytes_view payload) {
  CAF_RAFT_ASSERT(payload.size() <= std::numeric_limits<uint32_t>::max());
  auto size = header_size + padded(payload.size());
  auto buf = std::make_shared<uint64_t[]>(size / sizeof(uint64_t));
  auto* data = reinterpret_cast<std::byte*>(buf.get());
  record_header header{0, static_cast<uint32_t>(payload.size()), term.value,
                       static_cast<uint32_t>(kind), 0};
  std::memcpy(data, &header, sizeof(header));
  if (!payload.empty())
    std::memcpy(data + header_size, payload.data(), payload.size());
  header.crc = checksum(index, {data, size});
  std::memcpy(data, &header.crc, sizeof(header.crc));
  entry result;
  result.index_ = index;
  result.data_ = data;
  result.size_ = size;
  result.owner_ = std::move(buf);
  return result;
}

entry entry::make(index_t index, term_t term, configuration_ptr value,
                  bytes_view payload) {
  CAF_RAFT_ASSERT(value != nullptr);
  auto result = make(index, term, entry_kind::configuration, payload);
  result.configuration_ = std::move(value);
  return result;
}

result_of<entry> entry::parse(index_t index, bytes_view record,
                              std::shared_ptr<const void> owner) {
  if (record.size() < header_size)
    return bad_record(index, "is shorter than its header");
  auto header = header_of(record.data());
  if (record.size() != header_size + padded(header.payload_size))
    return bad_record(index, "has another size than its header says");
  if (checksum(index, record) != header.crc)
    return bad_record(index, "fails its checksum");
  if (header.kind > static_cast<uint32_t>(entry_kind::configuration)
      || header.flags != 0)
    return bad_record(index, "is of a kind that this version does not know");
  entry result;
  result.index_ = index;
  result.data_ = record.data();
  result.size_ = record.size();
  result.owner_ = std::move(owner);
  return result;
}

term_t entry::term() const {
  return data_ == nullptr ? term_t{} : term_t{header_of(data_).term};
}

entry_kind entry::kind() const {
  return data_ == nullptr ? entry_kind::noop
                          : static_cast<entry_kind>(header_of(data_).kind);
}

bytes_view entry::payload() const {
  if (data_ == nullptr)
    return {};
  return {data_ + header_size, header_of(data_).payload_size};
}

size_t size_in_bytes(const entries& xs) {
  size_t result = 0;
  for (auto& x : xs)
    result += x.record().size();
  return result;
}

} // namespace caf::raft

#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/crc32c.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

/// Small records: a body of numbers, little-endian, and a tail of any size, behind
/// a checksum that is seeded with the record's key.
namespace caf::raft::storage {

/// Keeps what follows aligned.
constexpr size_t checksum_size = 8;

inline uint32_t seal_of(std::string_view key, bytes_view rest) {
  return crc32c(crc32c(0, as_bytes(key)), rest);
}

template <class Body>
bytes seal(std::string_view key, const Body& body, bytes_view tail = {}) {
  static_assert(std::has_unique_object_representations_v<Body>);
  bytes result(checksum_size + sizeof(body) + tail.size());
  auto* to = result.data() + checksum_size;
  std::memcpy(to, &body, sizeof(body));
  if (!tail.empty())
    std::memcpy(to + sizeof(body), tail.data(), tail.size());
  auto crc = seal_of(key, bytes_view{result}.subspan(checksum_size));
  std::memcpy(result.data(), &crc, sizeof(crc));
  return result;
}

template <class Body>
struct unsealed {
  Body body;
  bytes_view tail;
};

/// Throws `trouble` where the record is not what it must be.
template <class Body>
unsealed<Body> unseal(std::string_view key, bytes_view record) {
  auto bad = [&](const char* what) {
    return damage("the record " + std::string{key} + " " + what);
  };
  if (record.size() < checksum_size + sizeof(Body))
    throw bad("is too short");
  uint64_t crc = 0;
  std::memcpy(&crc, record.data(), sizeof(crc));
  auto rest = record.subspan(checksum_size);
  if (seal_of(key, rest) != crc)
    throw bad("fails its checksum");
  unsealed<Body> result{{}, rest.subspan(sizeof(Body))};
  std::memcpy(&result.body, rest.data(), sizeof(Body));
  return result;
}

} // namespace caf::raft::storage

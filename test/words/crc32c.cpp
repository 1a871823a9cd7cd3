#include "caf/raft/crc32c.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace caf::raft;

namespace {

/// The definition, bit by bit.
uint32_t by_definition(uint32_t seed, bytes_view xs) {
  auto state = ~seed;
  for (auto x : xs) {
    state ^= static_cast<uint32_t>(x);
    for (int bit = 0; bit < 8; ++bit)
      state = (state >> 1) ^ ((state & 1) != 0 ? 0x82f63b78 : 0);
  }
  return ~state;
}

bytes noise(size_t size) {
  std::mt19937_64 random{size + 1};
  bytes result(size);
  for (auto& x : result)
    x = static_cast<std::byte>(random());
  return result;
}

} // namespace

TEST_CASE("the check value of CRC-32C") {
  CHECK(crc32c(0, as_bytes("123456789")) == 0xe3069283);
}

TEST_CASE("the vectors of RFC 3720, B.4") {
  bytes zeros(32);
  bytes ones(32, std::byte{0xff});
  bytes ascending;
  bytes descending;
  for (int i = 0; i < 32; ++i) {
    ascending.push_back(static_cast<std::byte>(i));
    descending.push_back(static_cast<std::byte>(31 - i));
  }
  CHECK(crc32c(0, zeros) == 0x8a9136aa);
  CHECK(crc32c(0, ones) == 0x62a8ab43);
  CHECK(crc32c(0, ascending) == 0x46dd794e);
  CHECK(crc32c(0, descending) == 0x113fdb5c);
}

TEST_CASE("nothing leaves the seed as it is") {
  CHECK(crc32c(0, {}) == 0);
  CHECK(crc32c(0x12345678, {}) == 0x12345678);
}

TEST_CASE("every length, place and seed agrees with the definition") {
  auto xs = noise(600);
  for (size_t size = 0; size < 300; ++size)
    for (size_t offset : {0, 1, 7, 8}) {
      auto part = bytes_view{xs}.subspan(offset, size);
      auto seed = static_cast<uint32_t>(size * 0x9e3779b9);
      CHECK(crc32c(seed, part) == by_definition(seed, part));
    }
  CHECK(crc32c(1, noise(100'003)) == by_definition(1, noise(100'003)));
}

TEST_CASE("the parts of a whole can be given one after the other") {
  auto xs = noise(1000);
  auto whole = crc32c(7, xs);
  for (size_t n = 0; n <= xs.size(); n += 13)
    CHECK(crc32c(crc32c(7, bytes_view{xs}.first(n)), bytes_view{xs}.subspan(n))
          == whole);
}

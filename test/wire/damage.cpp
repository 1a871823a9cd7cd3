// Messages that were damaged by chance, or on purpose with their checksums made
// right again: never a crash, never more work or memory than the size of the
// message allows, never a message that is not well-formed.

#include "caf/raft/wire/codec.hpp"
#include "wire/allocations.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace caf::raft;
using namespace caf::raft::wire;
using namespace sample;

namespace {

using random_engine = std::mt19937_64;

/// All samples but a few large ones, encoded.
std::vector<frame_ptr> small_frames() {
  std::vector<frame_ptr> result;
  for (auto& x : group_messages())
    result.push_back(encode(group, x));
  for (auto& x : node_messages())
    result.push_back(encode(x));
  std::erase_if(result, [](auto& x) { return x->view().size() > 10'000; });
  return result;
}

frame_type type_of(const frame_ptr& what) {
  return static_cast<frame_type>(what->view()[9]);
}

void flip(std::byte* first, size_t size, random_engine& random) {
  auto bit = random() % (8 * size);
  first[bit / 8] ^= std::byte{1} << (bit % 8);
}

/// Decodes what may be no message; where it is one, it must come back from its
/// own encoding.
/// @returns Whether it is one.
bool survives(frame_type type, const body& what) {
  auto limit = (64 << 10) + 32 * what.view().size();
  allocations::reset();
  if (type == frame_type::group) {
    auto result = sample::decode_group(what);
    if (allocations::total() > limit)
      FAIL("took " << allocations::total() << " bytes");
    if (!result) {
      if (result.error().code != errc::invalid_argument)
        FAIL("not invalid_argument");
      return false;
    }
    auto again
      = sample::decode_group(body{encode(result->group, result->body)});
    if (!again || !same(again->body, result->body))
      FAIL("not well-formed");
    return true;
  }
  auto result = sample::decode_node(what);
  if (allocations::total() > limit)
    FAIL("took " << allocations::total() << " bytes");
  if (!result)
    return false;
  auto again = sample::decode_node(body{encode(*result)});
  if (!again || *again != *result)
    FAIL("not well-formed");
  return true;
}

} // namespace

TEST_CASE("no part of a message is a message") {
  for (auto& x : small_frames()) {
    body copy{x};
    for (size_t n = 0; n < copy.view().size(); ++n)
      REQUIRE_FALSE(survives(type_of(x), body{copy.view().first(n)}));
    // With a table that says what is there.
    for (size_t n = 2; n < copy.words(); ++n) {
      body part{copy.view().first(n * 8)};
      part.word(0) = static_cast<uint64_t>(n - 1) << 32;
      REQUIRE_FALSE(survives(type_of(x), part));
    }
  }
}

TEST_CASE("more than a message is no message") {
  for (auto& x : small_frames()) {
    body copy{x};
    bytes longer{copy.view().begin(), copy.view().end()};
    longer.resize(longer.size() + 8);
    REQUIRE_FALSE(survives(type_of(x), body{longer}));
  }
}

TEST_CASE("no flipped bits come through the checksum of a frame") {
  random_engine random{1};
  auto frames = small_frames();
  for (int i = 0; i < 200'000; ++i) {
    auto& x = frames[i % frames.size()];
    bytes damaged{x->view().begin(), x->view().end()};
    auto in_header = random() % 2 == 0;
    for (auto n = 1 + random() % 3; n > 0; --n)
      flip(damaged.data(), in_header ? frame_header_size : damaged.size(),
           random);
    // The same bit may have been flipped twice.
    if (std::equal(damaged.begin(), damaged.end(), x->view().begin()))
      continue;
    frame_reader reader{1 << 20};
    reader.feed(damaged);
    auto result = reader.next();
    if (result && result->has_value())
      FAIL("damage was not found");
  }
}

TEST_CASE("flipped bits behind a right checksum do no harm") {
  random_engine random{2};
  auto frames = small_frames();
  size_t taken = 0;
  for (int i = 0; i < 300'000; ++i) {
    auto& x = frames[i % frames.size()];
    body damaged{x};
    // What steers the decoder is at the front.
    auto size = damaged.view().size();
    if (random() % 2 == 0)
      size = std::min<size_t>(size, 128);
    for (auto n = 1 + random() % 4; n > 0; --n)
      flip(damaged.data(), size, random);
    if (survives(type_of(x), damaged))
      ++taken;
  }
  // Many change no more than a number.
  CHECK(taken > 30'000);
  CHECK(taken < 270'000);
}

TEST_CASE("records damaged behind a right checksum of the frame are found") {
  random_engine random{3};
  append_entries what;
  what.term = term_t{1};
  what.entries = commands({}, term_t{1}, {100, 200, 300});
  auto frame = encode(group, what);
  auto records = size_in_bytes(what.entries);
  for (int i = 0; i < 10'000; ++i) {
    body damaged{frame};
    flip(damaged.data() + damaged.view().size() - records, records, random);
    auto result = sample::decode_group(damaged);
    if (result)
      FAIL("damage was not found");
  }
}

TEST_CASE("exchanged words behind a right checksum do no harm") {
  random_engine random{4};
  auto frames = small_frames();
  for (int i = 0; i < 150'000; ++i) {
    auto& x = frames[i % frames.size()];
    body damaged{x};
    // Behind the table, which would give everything away at once.
    auto word = [&]() -> uint64_t& {
      return damaged.word(1 + random() % (damaged.words() - 1));
    };
    for (auto n = 1 + random() % 3; n > 0; --n) {
      if (random() % 2 == 0)
        std::swap(word(), word());
      else
        word() = word();
    }
    survives(type_of(x), damaged);
  }
}

TEST_CASE("words of chance are no message") {
  random_engine random{5};
  for (int i = 0; i < 150'000; ++i) {
    body chance{8 * (2 + random() % 40)};
    chance.word(0) = static_cast<uint64_t>(chance.words() - 1) << 32;
    for (size_t n = 1; n < chance.words(); ++n)
      // Small numbers now and then, as they are in pointers.
      chance.word(n) = random() >> (random() % 64);
    survives(i % 2 == 0 ? frame_type::group : frame_type::node, chance);
  }
}

TEST_CASE("bytes of chance are no frames") {
  random_engine random{6};
  for (int i = 0; i < 1000; ++i) {
    auto chance = noise(1 + random() % 5000, random());
    frame_reader reader{1 << 20};
    reader.feed(chance);
    auto result = reader.next();
    if (result && result->has_value())
      FAIL("a frame came out");
  }
}

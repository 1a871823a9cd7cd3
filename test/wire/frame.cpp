#include "caf/raft/wire/frame.hpp"

#include "wire/allocations.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

using namespace caf::raft;
using namespace caf::raft::wire;
using namespace sample;

namespace {

constexpr size_t limit = 1 << 20;

frame_ptr make(size_t body_size, uint64_t seed = 1) {
  auto words = std::make_unique<uint64_t[]>(frame_header_words + body_size / 8);
  auto content = noise(body_size, seed);
  if (body_size > 0)
    std::memcpy(words.get() + frame_header_words, content.data(), body_size);
  auto type = seed % 2 == 0 ? frame_type::node : frame_type::group;
  return make_frame(type, std::move(words), body_size / 8);
}

bytes stream_of(const std::vector<frame_ptr>& frames) {
  bytes result;
  for (auto& x : frames)
    result.insert(result.end(), x->view().begin(), x->view().end());
  return result;
}

/// Takes all whole frames.
void drain(frame_reader& reader, std::vector<received_frame>& out) {
  for (;;) {
    auto result = reader.next();
    if (!result)
      FAIL(result.error().text);
    if (!*result)
      return;
    out.push_back(std::move(**result));
  }
}

bool is(const received_frame& received, const frame_ptr& sent) {
  auto body = sent->view().subspan(frame_header_size);
  auto aligned = reinterpret_cast<uintptr_t>(received.body.data()) % 8 == 0;
  auto type = static_cast<frame_type>(sent->view()[9]);
  return aligned && received.type == type
         && std::equal(body.begin(), body.end(), received.body.begin(),
                       received.body.end());
}

void check_all(const std::vector<received_frame>& received,
               const std::vector<frame_ptr>& sent) {
  REQUIRE(received.size() == sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    CAPTURE(i);
    CHECK(is(received[i], sent[i]));
  }
}

std::vector<frame_ptr> frames_of(std::vector<size_t> body_sizes) {
  std::vector<frame_ptr> result;
  for (auto size : body_sizes)
    result.push_back(make(size, result.size()));
  return result;
}

std::string complaint(frame_reader& reader) {
  auto result = reader.next();
  if (result)
    return "";
  CHECK(result.error().code == errc::invalid_argument);
  return result.error().text;
}

/// What a reader says about a frame with another byte at this place.
std::string complaint_with(size_t offset, int value) {
  auto damaged = stream_of({make(24)});
  damaged[offset] = static_cast<std::byte>(value);
  frame_reader reader{limit};
  reader.feed(damaged);
  return complaint(reader);
}

/// Has the header at the front announce another size.
void announce(bytes& where, uint32_t size) {
  std::memcpy(where.data() + 4, &size, sizeof(size));
  auto check = header_check(where);
  std::memcpy(where.data() + 10, &check, sizeof(check));
}

/// What a reader says about a header that somebody wrote so.
std::string complaint_about(uint32_t size, int type) {
  auto header = stream_of({make(0)});
  header[9] = static_cast<std::byte>(type);
  announce(header, size);
  frame_reader reader{limit};
  reader.feed(header);
  return complaint(reader);
}

} // namespace

TEST_CASE("frames come out as they went in, whatever the pieces") {
  auto sent = frames_of({0, 8, 16, 1024, 8, 70'000, 8, 300'000, 64, 0, 65'536});
  auto stream = stream_of(sent);
  std::vector<received_frame> received;
  frame_reader reader{limit};
  SUBCASE("all at once") {
    reader.feed(stream);
    drain(reader, received);
  }
  SUBCASE("byte by byte") {
    for (auto& x : stream) {
      reader.feed({&x, 1});
      drain(reader, received);
    }
  }
  SUBCASE("byte by byte, taken late") {
    for (auto& x : stream)
      reader.feed({&x, 1});
    drain(reader, received);
  }
  SUBCASE("in random pieces") {
    std::mt19937_64 random{17};
    for (int round = 0; round < 200; ++round) {
      CAPTURE(round);
      received.clear();
      bytes_view rest{stream};
      size_t largest = size_t{1} << (1 + random() % 18);
      while (!rest.empty()) {
        auto n = std::min(rest.size(), random() % largest);
        reader.feed(rest.first(n));
        rest = rest.subspan(n);
        if (random() % 4 != 0)
          drain(reader, received);
      }
      drain(reader, received);
      check_all(received, sent);
    }
  }
  check_all(received, sent);
}

TEST_CASE("nothing comes out of a part of a frame") {
  auto stream = stream_of({make(40)});
  for (size_t n = 0; n < stream.size(); ++n) {
    frame_reader reader{limit};
    reader.feed(bytes_view{stream}.first(n));
    auto result = reader.next();
    REQUIRE(result);
    CHECK_FALSE(result->has_value());
  }
}

TEST_CASE("a header that is not right breaks the stream") {
  CHECK(complaint_with(0, 'G') == "the peer does not speak this protocol");
  CHECK(complaint_with(8, 2) == "the peer sends frames of version 2");
  CHECK(complaint_with(4, 16) == "the header of a frame is damaged");
  CHECK(complaint_with(9, 1) == "the header of a frame is damaged");
  CHECK(complaint_about(24, 3) == "a frame is of the unknown type 3");
  CHECK(complaint_about(24, 0) == "a frame is of the unknown type 0");
  CHECK(complaint_about(25, 1)
        == "a frame announces 25 bytes, not whole words");
  CHECK(complaint_about(0x80000018, 1)
        == "a frame announces 2147483672 bytes, above the limit of 1048576");
  CHECK(complaint_with(12, 0) == "a frame fails its checksum");
  CHECK(complaint_with(16, 0) == "a frame fails its checksum");
  CHECK(complaint_with(39, 0) == "a frame fails its checksum");
}

// A size that was believed would have the reader wait for as many bytes, deaf to
// all that a peer says meanwhile, which may be little.
TEST_CASE("the header alone tells that one or two of its bits are wrong") {
  auto right = stream_of({make(24)});
  auto is_noticed = [](const bytes& damaged) {
    frame_reader reader{limit};
    reader.feed(bytes_view{damaged}.first(frame_header_size));
    return !complaint(reader).empty();
  };
  auto flip = [](bytes& where, size_t bit) {
    where[bit / 8] ^= std::byte{1} << bit % 8;
  };
  constexpr size_t bits = 8 * 12;
  for (size_t i = 0; i < bits; ++i) {
    auto damaged = right;
    flip(damaged, i);
    REQUIRE(is_noticed(damaged));
    for (size_t j = i + 1; j < bits; ++j) {
      auto more = damaged;
      flip(more, j);
      REQUIRE(is_noticed(more));
    }
  }
}

TEST_CASE("the header alone tells that a frame is too large") {
  auto stream = stream_of({make(1032)});
  frame_reader reader{1024};
  reader.feed(bytes_view{stream}.first(frame_header_size));
  CHECK(complaint(reader)
        == "a frame announces 1032 bytes, above the limit of 1024");
}

TEST_CASE("a frame may be as large as the limit") {
  frame_reader reader{1024};
  reader.feed(stream_of({make(1024)}));
  std::vector<received_frame> received;
  drain(reader, received);
  CHECK(received.size() == 1);
}

TEST_CASE("a new limit holds for what was not taken yet") {
  auto sent = frames_of({256, 4096});
  frame_reader reader{256};
  SUBCASE("which has arrived") {
    reader.feed(stream_of(sent));
  }
  SUBCASE("of which a part has arrived") {
    reader.feed(bytes_view{stream_of(sent)}.first(1000));
  }
  std::vector<received_frame> received;
  received.push_back(std::move(**reader.next()));
  reader.limit(4096);
  drain(reader, received);
  if (received.size() < 2)
    reader.feed(bytes_view{stream_of(sent)}.subspan(1000));
  drain(reader, received);
  check_all(received, sent);
}

TEST_CASE("a broken stream stays broken") {
  auto good = stream_of({make(8)});
  auto bad = good;
  bad.back() ^= std::byte{1};
  frame_reader reader{limit};
  reader.feed(good);
  reader.feed(bad);
  reader.feed(good);
  std::vector<received_frame> received;
  received.push_back(std::move(**reader.next()));
  for (int i = 0; i < 3; ++i) {
    CHECK(complaint(reader) == "a frame fails its checksum");
    reader.feed(good);
  }
}

TEST_CASE("frames outlive their reader") {
  auto sent = frames_of({8, 1000, 100'000});
  std::vector<received_frame> received;
  {
    frame_reader reader{limit};
    reader.feed(stream_of(sent));
    drain(reader, received);
  }
  check_all(received, sent);
}

TEST_CASE("frames of about a size share what they arrived in") {
  frame_reader reader{limit};
  reader.feed(stream_of(frames_of({1000, 1000, 1000})));
  std::vector<received_frame> received;
  drain(reader, received);
  CHECK(received[0].owner == received[1].owner);
  CHECK(received[0].owner == received[2].owner);
}

TEST_CASE("a small frame keeps no large block") {
  frame_reader reader{limit};
  reader.feed(stream_of(frames_of({104, 100'000, 200})));
  std::vector<received_frame> received;
  allocations::reset();
  drain(reader, received);
  CHECK(allocations::largest() < 1000);
  CHECK(received[0].owner != received[1].owner);
  CHECK(received[2].owner != received[1].owner);
}

TEST_CASE("no memory is taken for a frame that is too large") {
  auto stream = stream_of({make(2 * limit)});
  frame_reader reader{limit};
  allocations::reset();
  for (size_t n = 0; n < 64; ++n)
    reader.feed(bytes_view{stream}.subspan(n, 1));
  CHECK(allocations::largest() < 200);
  CHECK_FALSE(complaint(reader).empty());
}

TEST_CASE("memory for a large frame is taken as it arrives") {
  constexpr size_t huge = 1 << 30;
  bytes stream = stream_of({make(8)});
  announce(stream, huge);
  stream.resize(2 << 20);
  frame_reader reader{huge};
  size_t arrived = 0;
  size_t sum = 0;
  for (size_t piece = 1; arrived < stream.size(); piece = piece % 9000 + 1) {
    auto n = std::min(piece, stream.size() - arrived);
    allocations::reset();
    reader.feed(bytes_view{stream}.subspan(arrived, n));
    arrived += n;
    // Rounded up to a word.
    CHECK(allocations::largest() < std::max(size_t{64} << 10, 2 * arrived) + 8);
    sum += allocations::total();
    auto result = reader.next();
    REQUIRE(result);
    CHECK_FALSE(result->has_value());
  }
  // Each byte is moved about once.
  CHECK(sum <= 4 * arrived + (64 << 10));
}

TEST_CASE("a frame of known size is received in one block") {
  auto stream = stream_of({make(60'000)});
  frame_reader reader{limit};
  reader.feed(bytes_view{stream}.first(10));
  allocations::reset();
  for (size_t i = 10; i < stream.size(); i += 1000)
    reader.feed(
      bytes_view{stream}.subspan(i, std::min<size_t>(1000, stream.size() - i)));
  CHECK(allocations::total() < 60'000 + 200);
  CHECK(reader.next()->has_value());
}

TEST_CASE("frames that nobody takes are not moved at every feed") {
  auto stream = stream_of({make(64)});
  frame_reader reader{limit};
  allocations::reset();
  for (int i = 0; i < 10'000; ++i)
    reader.feed(stream);
  CHECK(allocations::total() < 8 * 10'000 * stream.size());
  std::vector<received_frame> received;
  drain(reader, received);
  CHECK(received.size() == 10'000);
}

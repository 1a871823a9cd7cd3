#include "caf/raft/entry.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <string>

using namespace caf::raft;

namespace {

constexpr index_t place{10};

constexpr term_t term{3};

/// A record in memory of its own, as it comes from disk or wire.
struct copy {
  explicit copy(bytes_view record)
    : words(new uint64_t[record.size() / 8 + 1]()),
      size(record.size()) {
    if (!record.empty())
      std::memcpy(words.get(), record.data(), record.size());
  }

  explicit copy(const entry& what) : copy(what.record()) {
    // nop
  }

  std::byte* data() {
    return reinterpret_cast<std::byte*>(words.get());
  }

  result_of<entry> parsed(index_t at = place) {
    return entry::parse(at, {data(), size}, words);
  }

  std::shared_ptr<uint64_t[]> words;
  size_t size;
};

entry command(size_t payload_size) {
  std::string payload(payload_size, 'x');
  return entry::make(place, term, entry_kind::command, as_bytes(payload));
}

std::string complaint(copy what, index_t at = place) {
  auto result = what.parsed(at);
  if (result)
    return "";
  CHECK(result.error().code == errc::storage_failed);
  return result.error().text;
}

std::string hex(bytes_view xs) {
  std::string result;
  for (auto x : xs)
    result += fmt::format("{:02x}", static_cast<unsigned>(x));
  return result;
}

} // namespace

TEST_CASE("an entry that is none") {
  entry x;
  CHECK_FALSE(x.index());
  CHECK_FALSE(x.term());
  CHECK(x.record().empty());
  CHECK(x.payload().empty());
  CHECK(x.configuration() == nullptr);
}

TEST_CASE("an entry says what it was made from") {
  auto x = entry::make(place, term, entry_kind::command, as_bytes("hello"));
  CHECK(x.index() == place);
  CHECK(x.term() == term);
  CHECK(x.id() == entry_id{term, place});
  CHECK(x.kind() == entry_kind::command);
  CHECK(as_text(x.payload()) == "hello");
  CHECK(x.configuration() == nullptr);
}

TEST_CASE("an entry comes back from its record") {
  for (size_t size : {0, 1, 7, 8, 9, 255, 256, 100'000}) {
    CAPTURE(size);
    auto made = command(size);
    auto parsed = copy{made}.parsed();
    REQUIRE(parsed);
    CHECK(parsed->id() == made.id());
    CHECK(parsed->kind() == made.kind());
    CHECK(as_text(parsed->payload()) == as_text(made.payload()));
    CHECK(as_text(parsed->record()) == as_text(made.record()));
  }
}

TEST_CASE("entries can have the largest index and the largest term") {
  constexpr auto top = ~uint64_t{0};
  auto made = entry::make(index_t{top}, term_t{top}, entry_kind::noop, {});
  auto parsed = copy{made}.parsed(index_t{top});
  REQUIRE(parsed);
  CHECK(parsed->id() == entry_id{term_t{top}, index_t{top}});
}

TEST_CASE("a record is aligned, and padded with zeros") {
  for (size_t size = 0; size < 20; ++size) {
    auto x = command(size);
    auto record = x.record();
    CHECK(reinterpret_cast<uintptr_t>(record.data()) % 8 == 0);
    CHECK(record.size() % 8 == 0);
    CHECK(record.size() >= entry::header_size + size);
    CHECK(record.size() < entry::header_size + size + 8);
    for (auto padding : record.subspan(entry::header_size + size))
      CHECK(padding == std::byte{0});
  }
}

TEST_CASE("the bytes of a record are what lies in logs") {
  auto x = entry::make(index_t{11}, term, entry_kind::command,
                       as_bytes("hello"));
  CHECK(hex(x.record())
        == "f3f16a12"         // CRC-32C, seeded with the index
           "05000000"         // size of the payload
           "0300000000000000" // term
           "01000000"         // kind
           "00000000"         // flags
           "68656c6c6f"       // payload
           "000000");         // padding
}

TEST_CASE("every flipped bit of a record is found") {
  auto made = command(13);
  for (size_t bit = 0; bit < 8 * made.record().size(); ++bit) {
    copy damaged{made};
    damaged.data()[bit / 8] ^= std::byte{1} << (bit % 8);
    CHECK_FALSE(damaged.parsed());
  }
}

TEST_CASE("a record is cut short or too long") {
  auto made = command(13);
  for (size_t size = 0; size < made.record().size(); ++size)
    CHECK_FALSE(copy{made.record().first(size)}.parsed());
  copy longer{made};
  longer.size += 8;
  CHECK(complaint(longer)
        == "the record of entry 10 has another size than its header says");
}

TEST_CASE("a right record in a wrong place is found") {
  auto made = command(13);
  for (uint64_t i = 0; i < 1000; ++i)
    if (i != place.value)
      CHECK(complaint(copy{made}, index_t{i})
            == "the record of entry " + std::to_string(i)
                 + " fails its checksum");
}

TEST_CASE("a huge size in a header is no more than a wrong one") {
  copy damaged{command(0)};
  std::memset(damaged.data() + 4, 0xff, 4);
  CHECK(complaint(damaged)
        == "the record of entry 10 has another size than its header says");
}

TEST_CASE("a kind that is unknown is refused, though its checksum is right") {
  auto x = entry::make(place, term, static_cast<entry_kind>(3), {});
  CHECK(complaint(copy{x})
        == "the record of entry 10 is of a kind that this version does not "
           "know");
}

TEST_CASE("copies share the record") {
  auto x = command(100);
  auto y = x;
  CHECK(x.record().data() == y.record().data());
  x = {};
  CHECK(y.payload().size() == 100);
}

TEST_CASE("an entry keeps the owner of its record") {
  copy received{command(13)};
  std::weak_ptr<uint64_t[]> watched = received.words;
  auto parsed = std::move(*received.parsed());
  CHECK(parsed.record().data() == received.data());
  received.words.reset();
  CHECK_FALSE(watched.expired());
  parsed = {};
  CHECK(watched.expired());
}

TEST_CASE("an entry of a configuration carries it") {
  auto value = std::make_shared<configuration>();
  auto made = entry::make(place, term, value, as_bytes("encoded"));
  CHECK(made.kind() == entry_kind::configuration);
  CHECK(made.configuration() == value);
  auto parsed = copy{made}.parsed();
  REQUIRE(parsed);
  CHECK(parsed->configuration() == nullptr);
  parsed->attach(value);
  CHECK(parsed->configuration() == value);
}

TEST_CASE("the size of entries is that of their records") {
  CHECK(size_in_bytes({}) == 0);
  CHECK(size_in_bytes({command(0), command(1), command(8)}) == 24 + 32 + 32);
}

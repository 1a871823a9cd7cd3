// Messages whose pointers were made by hand to mislead a decoder. All of them
// have right checksums.

#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/configuration_codec.hpp"
#include "wire/allocations.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace caf::raft;
using namespace caf::raft::wire;
using namespace sample;

namespace {

// Pointers of Cap'n Proto. Offsets count words from the end of the pointer.

uint64_t offset_bits(int64_t offset) {
  return static_cast<uint32_t>(static_cast<uint64_t>(offset) << 2);
}

uint64_t struct_pointer(int64_t offset, uint64_t data, uint64_t pointers) {
  return offset_bits(offset) | data << 32 | pointers << 48;
}

enum element_size : uint64_t { none, bit, one, two, four, eight, ptr, tagged };

uint64_t list_pointer(int64_t offset, element_size size, uint64_t count) {
  return offset_bits(offset) | 1 | uint64_t{size} << 32 | count << 35;
}

uint64_t far_pointer(bool is_double, uint64_t offset, uint64_t segment) {
  return 2 | (is_double ? 4 : 0) | offset << 3 | segment << 32;
}

/// The tag before a list of structs.
uint64_t tag(uint64_t count, uint64_t data, uint64_t pointers) {
  return count << 2 | data << 32 | pointers << 48;
}

/// A body made of the table and these words.
body made_of(std::vector<uint64_t> words) {
  body result{8 * (words.size() + 1)};
  result.word(0) = static_cast<uint64_t>(words.size()) << 32;
  std::copy(words.begin(), words.end(), &result.word(1));
  return result;
}

std::string complaint(const body& what) {
  auto result = sample::decode_group(what);
  if (result)
    return "";
  CHECK(result.error().code == errc::invalid_argument);
  return result.error().text;
}

constexpr uint64_t which_propose = 8;

constexpr uint64_t which_propose_result = 9;

/// Root pointer, Envelope, and the struct of a message that has one list.
std::vector<uint64_t> envelope_with_list(uint64_t which, uint64_t list) {
  return {struct_pointer(0, 2, 1), 0,   which, struct_pointer(0, 1, 1),
          term_t{1}.value,         list};
}

bool mentions(const std::string& text, const char* what) {
  return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("only one whole segment is a message") {
  body good{encode(group, heartbeat{})};
  auto table = good.word(0);
  auto with_table = [&](uint64_t value) {
    good.word(0) = value;
    return complaint(good);
  };
  CHECK(with_table(table).empty());
  auto bad = "the message is not one whole segment";
  CHECK(with_table(table + (uint64_t{1} << 32)) == bad);
  CHECK(with_table(table - (uint64_t{1} << 32)) == bad);
  CHECK(with_table(0) == bad);
  CHECK(with_table(table | 0xffffffff) == bad);
  CHECK(with_table(table | 0xfffffffe) == bad);
  CHECK(with_table(table | 1) == bad);
  CHECK(with_table(table | 0x7fffffff) == bad);
  CHECK(with_table(~uint64_t{0}) == bad);
}

TEST_CASE("a body of no words, of a part of one, or off its place is none") {
  CHECK(complaint(body{size_t{0}}) == "the message is empty");
  CHECK(complaint(body{8}) == "the message is empty");
  body good{encode(group, heartbeat{})};
  auto all = good.view();
  auto result = wire::decode_group(peer, all.first(all.size() - 1), nullptr);
  REQUIRE_FALSE(result);
  CHECK(result.error().text == "the message is not made of whole words");
  result = wire::decode_group(peer, all.subspan(4), nullptr);
  REQUIRE_FALSE(result);
  CHECK(result.error().text == "the message is not aligned");
}

TEST_CASE("an absent part is not an empty one") {
  auto missing = "a part of the message is missing";
  CHECK(complaint(made_of({0})) == missing);
  for (uint64_t which = 0; which < 14; ++which)
    CHECK(complaint(made_of({struct_pointer(0, 2, 1), 0, which, 0}))
          == missing);
  CHECK(complaint(made_of({struct_pointer(0, 2, 1), 0, 99, 0}))
        == "a message is of a kind that this version does not know");
  CHECK(complaint(made_of(envelope_with_list(which_propose, 0))) == missing);
  CHECK(complaint(made_of(envelope_with_list(which_propose_result, 0)))
        == missing);
  for (uint64_t which = 0; which < 7; ++which)
    CHECK_FALSE(
      sample::decode_node(made_of({struct_pointer(0, 1, 1), which, 0})));
}

TEST_CASE("fields that the writer did not know are zero") {
  // A Heartbeat that ends behind its term.
  auto short_one = made_of(
    {struct_pointer(0, 2, 1), 7, 4, struct_pointer(0, 1, 0), term_t{5}.value});
  auto result = sample::decode_group(short_one);
  REQUIRE(result);
  CHECK(same(result->body, heartbeat{peer, term_t{5}, {}, {}, {}}));
}

TEST_CASE("fields that the reader does not know are skipped") {
  // A Heartbeat with two more words and two more pointers.
  auto long_one
    = made_of({struct_pointer(1, 3, 2), 99, 7, 4, 99, struct_pointer(1, 8, 2),
               0, 5, 1, 2, 3, 6, 7, 8, 9, 0, 0});
  long_one.word(1) = struct_pointer(1, 3, 2);
  auto result = sample::decode_group(long_one);
  REQUIRE_MESSAGE(result, result.error().text);
  CHECK(result->group == group);
  CHECK(
    same(result->body, heartbeat{peer, term_t{5}, tenure_id{1}, round_t{2},
                                 index_t{3}, index_t{6}, incarnation_t{7}}));
}

TEST_CASE("lists of elements that take no room take no memory") {
  constexpr uint64_t most = (1 << 29) - 1;
  for (auto which : {which_propose, which_propose_result})
    for (uint64_t count : {uint64_t{10}, uint64_t{1000}, most}) {
      auto words = envelope_with_list(which, list_pointer(0, tagged, 0));
      words.push_back(tag(count, 0, 0));
      allocations::reset();
      CHECK_FALSE(complaint(made_of(words)).empty());
      words.back() = tag(count, 0, 0);
      words[5] = list_pointer(0, none, count);
      CHECK_FALSE(complaint(made_of(words)).empty());
      CHECK(allocations::total() < 8000);
    }
}

TEST_CASE("lists that end behind the message are refused") {
  for (uint64_t count : {uint64_t{2}, uint64_t{1000}, uint64_t{1} << 28}) {
    auto words = envelope_with_list(which_propose,
                                    list_pointer(0, tagged, 3 * count));
    words.push_back(tag(count, 2, 1));
    words.insert(words.end(), {0, 0, 0});
    allocations::reset();
    CHECK_FALSE(complaint(made_of(words)).empty());
    CHECK(allocations::total() < 8000);
  }
}

TEST_CASE("one large command is not many") {
  constexpr size_t size = 1 << 20;
  constexpr uint64_t count = 1000;
  auto words = envelope_with_list(which_propose,
                                  list_pointer(0, tagged, 3 * count));
  words.push_back(tag(count, 2, 1));
  // All the commands point at what comes behind the last proposal.
  for (uint64_t i = 0; i < count; ++i)
    words.insert(
      words.end(),
      {i, 0,
       list_pointer(static_cast<int64_t>(3 * (count - 1 - i)), one, size)});
  words.insert(words.end(), size / 8, 0);
  auto what = made_of(words);
  allocations::reset();
  CHECK(mentions(complaint(what), "Exceeded message traversal limit"));
  CHECK(allocations::total() < 3 * size);
}

TEST_CASE("one large record is not many") {
  constexpr size_t size = 1 << 20;
  append_entries what;
  what.term = term_t{1};
  what.entries = commands({}, term_t{1}, {size, 0, 0, 0, 0, 0, 0, 0});
  body received{encode(group, what)};
  // All point at the first one.
  auto first = received.words() - size_in_bytes(what.entries) / 8;
  auto pointers = first - what.entries.size();
  for (size_t i = pointers; i < first; ++i)
    received.word(i) = list_pointer(static_cast<int64_t>(first - i - 1), one,
                                    entry::header_size + size);
  CHECK(complaint(received) == "the record of entry 2 fails its checksum");
}

TEST_CASE("pointers into other segments lead nowhere") {
  for (bool is_double : {false, true})
    for (uint64_t segment : {1, 2, 0x7fffffff})
      for (uint64_t offset = 0; offset < 6; ++offset) {
        auto far = far_pointer(is_double, offset, segment);
        CHECK_FALSE(complaint(made_of({far, 0, 0, 0, 0, 0})).empty());
        CHECK_FALSE(
          complaint(made_of({struct_pointer(0, 2, 1), 0, 4, far, 0, 0}))
            .empty());
      }
}

TEST_CASE("a landing pad must hold a pointer, and not another landing pad") {
  for (uint64_t offset = 0; offset < 2; ++offset) {
    CHECK_FALSE(
      complaint(made_of({far_pointer(false, offset, 0), 2, 0, 0})).empty());
    CHECK_FALSE(
      complaint(made_of({far_pointer(true, offset, 0), 2, 0, 0})).empty());
  }
  CHECK_FALSE(complaint(made_of({far_pointer(false, 100, 0)})).empty());
}

TEST_CASE("a capability is no message") {
  CHECK_FALSE(complaint(made_of({3, 0, 0, 0})).empty());
}

TEST_CASE("a pointer to itself and around leads nowhere") {
  // An Introduce whose address and list are the Introduce itself.
  auto around = made_of({struct_pointer(0, 1, 1), 3, struct_pointer(-3, 1, 2)});
  CHECK_FALSE(sample::decode_node(around));
  // A list of texts, each of which is that list.
  std::vector<uint64_t> words{
    struct_pointer(0, 1, 1),  3,
    struct_pointer(0, 1, 2),  0,
    list_pointer(-5, one, 8), list_pointer(0, ptr, 8)};
  for (int64_t i = 0; i < 8; ++i)
    words.push_back(list_pointer(-1 - i, ptr, 8));
  CHECK_FALSE(sample::decode_node(made_of(words)));
  // A founded whose configuration is the message.
  CHECK_FALSE(sample::decode_node(
    made_of({struct_pointer(0, 1, 1), 5, struct_pointer(-3, 1, 2)})));
}

TEST_CASE("every pointer may be exchanged for every other") {
  // All short words that could stand where a pointer stands.
  std::vector<uint64_t> candidates{0, 3, ~uint64_t{0}};
  for (int64_t offset = -12; offset <= 12; ++offset) {
    for (uint64_t data = 0; data < 3; ++data)
      for (uint64_t pointers = 0; pointers < 4; ++pointers)
        candidates.push_back(struct_pointer(offset, data, pointers));
    for (uint64_t size = none; size <= tagged; ++size)
      for (uint64_t count : {0, 1, 5, 60, 1 << 28})
        candidates.push_back(
          list_pointer(offset, static_cast<element_size>(size), count));
  }
  for (uint64_t offset = 0; offset < 12; ++offset)
    candidates.push_back(far_pointer(offset % 2 == 0, offset, 0));
  append_entries append;
  append.term = term_t{1};
  append.entries = {entry::make(index_t{1}, term_t{1}, entry_kind::noop, {}),
                    configuration_entry(index_t{2}, term_t{1})};
  propose proposals{peer, term_t{1}, {{request_id{1}, {}, bytes(9)}}};
  propose_result results{peer, term_t{1}, {{}, {}}};
  for (auto& x : std::vector<message>{append, proposals, results}) {
    auto frame = encode(group, x);
    for (size_t i = 1; i < body{frame}.words(); ++i)
      for (auto candidate : candidates) {
        body damaged{frame};
        damaged.word(i) = candidate;
        if (auto result = sample::decode_group(damaged))
          encode(result->group, result->body);
      }
  }
  introduce shown{peer, "a:1", {}, {"a:1", "b:2"}};
  founded zero{peer, cluster_id{1}, small_configuration()};
  for (auto& x : std::vector<node_message>{shown, zero}) {
    auto frame = encode(x);
    for (size_t i = 1; i < body{frame}.words(); ++i)
      for (auto candidate : candidates) {
        body damaged{frame};
        damaged.word(i) = candidate;
        if (auto result = sample::decode_node(damaged))
          encode(*result);
      }
  }
}

TEST_CASE("members that take no room are not members") {
  // A Configuration with very many members, all zero.
  std::vector<uint64_t> words{
    struct_pointer(0, 0, 4), list_pointer(3, tagged, 0), 0, 0, 0,
    tag((1 << 29) - 1, 0, 0)};
  auto payload = made_of(words);
  allocations::reset();
  CHECK_FALSE(decode_configuration(payload.view()));
  for (int i = 1; i < 4; ++i)
    words[1 + i] = list_pointer(3 - i, eight, 0);
  payload = made_of(words);
  CHECK_FALSE(decode_configuration(payload.view()));
  CHECK(allocations::total() < 8000);
}

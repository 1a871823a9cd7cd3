#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/limits.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace caf::raft;
using namespace caf::raft::wire;
using namespace sample;

namespace {

std::string complaint(const node_message& what) {
  auto result = sample::decode_node(body{encode(what)});
  if (result)
    return "";
  CHECK(result.error().code == errc::invalid_argument);
  return result.error().text;
}

/// The text of a refusal after it travelled.
std::string sent(std::string text) {
  body received{encode(refusal{refusal_reason::busy, std::move(text)})};
  auto result = sample::decode_node(received);
  REQUIRE(result);
  return std::get<refusal>(*result).text;
}

} // namespace

TEST_CASE("every message between nodes comes back from its encoding") {
  auto samples = node_messages();
  for (size_t i = 0; i < samples.size(); ++i) {
    CAPTURE(i);
    auto result = sample::decode_node(body{encode(samples[i])});
    REQUIRE_MESSAGE(result, result.error().text);
    CHECK(*result == samples[i]);
  }
}

TEST_CASE("there is a sample of every message between nodes") {
  std::vector<bool> seen(std::variant_size_v<node_message>);
  for (auto& x : node_messages())
    seen[x.index()] = true;
  CHECK(std::count(seen.begin(), seen.end(), true) == std::ssize(seen));
}

TEST_CASE("the messages of a handshake fit their limit") {
  for (auto& x : node_messages())
    if (std::holds_alternative<hello>(x) || std::holds_alternative<welcome>(x)
        || std::holds_alternative<refusal>(x))
      CHECK(encode(x)->view().size()
            <= frame_header_size + max_handshake_body_size / 2);
}

TEST_CASE("a sentence that is too long is cut between two characters") {
  std::string plain(max_text_size + 500, 'a');
  CHECK(sent(plain) == plain.substr(0, max_text_size));
  // Two bytes each, so one would be cut in half.
  std::string umlauts = "a";
  while (umlauts.size() < max_text_size + 500)
    umlauts += "\u00fc";
  CHECK(sent(umlauts) == umlauts.substr(0, max_text_size - 1));
  // Not text at all.
  std::string strange(max_text_size + 500, '\x80');
  CHECK(sent(strange).empty());
}

TEST_CASE("a message between nodes that breaks its rules is refused") {
  std::string long_address(max_address_size + 1, 'a');
  hello greeting{1, {}, server_id{1}, incarnation_t{1}, "a:1", {}, {}};
  CHECK(complaint(greeting).empty());
  SUBCASE("a hello without an id") {
    greeting.id = {};
    CHECK(complaint(greeting) == "a hello without an id");
  }
  SUBCASE("a hello without an incarnation") {
    greeting.incarnation = {};
    CHECK(complaint(greeting) == "a hello without an incarnation");
  }
  SUBCASE("a hello from too far away") {
    greeting.address = long_address;
    CHECK(complaint(greeting) == "an address is too long");
  }
  SUBCASE("a hello for a lane that is unknown") {
    greeting.carries = static_cast<lane>(2);
    CHECK(complaint(greeting) == "an unknown lane");
  }
  SUBCASE("a welcome without an id") {
    CHECK(complaint(welcome{1, {}, {}, incarnation_t{1}})
          == "a welcome without an id");
  }
  SUBCASE("a welcome without an incarnation") {
    CHECK(complaint(welcome{1, {}, server_id{1}, {}})
          == "a welcome without an incarnation");
  }
  SUBCASE("a reason that is unknown") {
    CHECK(complaint(refusal{static_cast<refusal_reason>(6), ""})
          == "the reason of a refusal is unknown");
  }
  SUBCASE("a verdict that is unknown") {
    CHECK(complaint(
            introduction_answer{{}, static_cast<introduction_verdict>(4), ""})
          == "the verdict on an introduction is unknown");
  }
  SUBCASE("an introduction with a long address") {
    CHECK(complaint(introduce{{}, long_address, {}, {}})
          == "an address is too long");
  }
  SUBCASE("an introduction with a long address in its list") {
    CHECK(complaint(introduce{{}, "a:1", {}, {"a:1", long_address}})
          == "an address is too long");
  }
  SUBCASE("an introduction with a long list") {
    std::vector<std::string> list(max_initial_members + 1, "a:1");
    CHECK(complaint(introduce{{}, "a:1", {}, list})
          == "a list of too many members");
  }
  SUBCASE("a configuration zero without a voter") {
    CHECK(complaint(founded{{}, {}, {}}) == "a configuration has no voter");
  }
}

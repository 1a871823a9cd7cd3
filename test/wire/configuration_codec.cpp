#include "caf/raft/wire/configuration_codec.hpp"

#include "caf/raft/wire/limits.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using namespace caf::raft;
using namespace caf::raft::wire;

namespace {

member of(uint64_t id, std::string address = "host:1", uint64_t life = 1) {
  return {server_id{id}, std::move(address), incarnation_t{life}, false};
}

std::vector<server_id> ids(std::initializer_list<uint64_t> xs) {
  std::vector<server_id> result;
  for (auto x : xs)
    result.emplace_back(x);
  return result;
}

configuration typical() {
  auto learner = member{server_id{9}, "[::1]:9029", incarnation_t{}, true};
  return {{of(1, "10.0.0.1:9021", 11), of(2, "10.0.0.2:9021", 22),
           of(3, "10.0.0.3:9021", 33), learner},
          ids({1, 2}),
          ids({1, 3}),
          ids({7, 4})};
}

configuration huge() {
  configuration result;
  for (uint64_t i = 1; i <= 200; ++i) {
    result.members.push_back(of(~i, std::string(i, 'x'), ~uint64_t{0}));
    result.voters.emplace_back(~i);
    result.removed.emplace_back(i);
  }
  std::reverse(result.members.begin(), result.members.end());
  std::reverse(result.voters.begin(), result.voters.end());
  result.outgoing = result.voters;
  result.members.back().address.assign(max_address_size, 'a');
  return result;
}

/// What decoding says about `what`, which was encoded unchecked.
std::string complaint(const configuration& what) {
  auto decoded = decode_configuration(encode_configuration(what));
  if (decoded)
    return "";
  CHECK(decoded.error().code == errc::invalid_argument);
  return decoded.error().text;
}

} // namespace

TEST_CASE("a configuration comes back from its encoding") {
  for (auto& x :
       {configuration{{of(1)}, ids({1}), {}, {}}, typical(), huge()}) {
    auto decoded = decode_configuration(encode_configuration(x));
    REQUIRE(decoded);
    CHECK(**decoded == x);
  }
}

TEST_CASE("a configuration can be decoded from any address") {
  auto encoded = encode_configuration(typical());
  for (size_t shift = 0; shift < 8; ++shift) {
    bytes moved(encoded.size() + shift);
    std::copy(encoded.begin(), encoded.end(), moved.begin() + shift);
    auto decoded = decode_configuration(bytes_view{moved}.subspan(shift));
    REQUIRE(decoded);
    CHECK(**decoded == typical());
  }
}

TEST_CASE("the encoding of a configuration is what lies in logs") {
  configuration what{
    {of(1, "a:1", 5), of(2, "bcdefg:2", 6)}, ids({1}), ids({1, 2}), ids({3})};
  what.members[1].promote = true;
  CHECK(sample::hex(encode_configuration(what))
        == "0000000015000000\n"
           "0000000000000400\n"
           "0d00000047000000\n"
           "390000000d000000\n"
           "3900000015000000\n"
           "3d0000000d000000\n"
           "0800000003000100\n"
           "0100000000000000\n"
           "0500000000000000\n"
           "0000000000000000\n"
           "1100000022000000\n"
           "0200000000000000\n"
           "0600000000000000\n"
           "0100000000000000\n"
           "050000004a000000\n"
           "613a310000000000\n"
           "6263646566673a32\n"
           "0000000000000000\n"
           "0100000000000000\n"
           "0100000000000000\n"
           "0200000000000000\n"
           "0300000000000000\n");
}

TEST_CASE("a configuration that breaks its rules is refused") {
  auto x = typical();
  SUBCASE("no voter") {
    x.voters.clear();
    CHECK(complaint(x) == "a configuration has no voter");
  }
  SUBCASE("nothing at all") {
    CHECK(complaint({}) == "a configuration has no voter");
  }
  SUBCASE("members out of order") {
    std::swap(x.members[0], x.members[1]);
    CHECK(complaint(x) == "the members are not in the order of their ids");
  }
  SUBCASE("a member twice") {
    x.members[1].id = x.members[0].id;
    CHECK(complaint(x) == "the members are not in the order of their ids");
  }
  SUBCASE("a voter that is no member") {
    x.voters = ids({1, 5});
    CHECK(complaint(x)
          == "the voters are not members in the order of their ids");
  }
  SUBCASE("a voter above all members") {
    x.voters = ids({1, 10});
    CHECK(complaint(x)
          == "the voters are not members in the order of their ids");
  }
  SUBCASE("a voter twice") {
    x.voters = ids({1, 1});
    CHECK(complaint(x)
          == "the voters are not members in the order of their ids");
  }
  SUBCASE("outgoing voters out of order") {
    x.outgoing = ids({3, 1});
    CHECK(complaint(x)
          == "the outgoing voters are not members in the order of their ids");
  }
  SUBCASE("a member without an id") {
    x.members[0].id = server_id{};
    CHECK(complaint(x) == "a server id is zero");
  }
  SUBCASE("a removed member without an id") {
    x.removed = ids({0});
    CHECK(complaint(x) == "a server id is zero");
  }
  SUBCASE("an address that is too long") {
    x.members[0].address.assign(max_address_size + 1, 'a');
    CHECK(complaint(x) == "an address is too long");
  }
}

TEST_CASE("no part of a configuration is a configuration") {
  auto encoded = encode_configuration(typical());
  for (size_t n = 0; n < encoded.size(); ++n)
    CHECK_FALSE(decode_configuration(bytes_view{encoded}.first(n)));
  encoded.resize(encoded.size() + 8);
  CHECK_FALSE(decode_configuration(encoded));
}

TEST_CASE("an entry of a configuration gets it attached") {
  auto value = std::make_shared<configuration>(typical());
  auto made = entry::make(index_t{3}, term_t{2}, value,
                          encode_configuration(*value));
  auto words
    = std::make_shared<std::vector<uint64_t>>(made.record().size() / 8);
  std::memcpy(words->data(), made.record().data(), made.record().size());
  auto parsed = entry::parse(index_t{3}, std::as_bytes(std::span{*words}),
                             words);
  REQUIRE(parsed);
  CHECK(parsed->configuration() == nullptr);
  REQUIRE(attach_configuration(*parsed));
  REQUIRE(parsed->configuration() != nullptr);
  CHECK(*parsed->configuration() == typical());
}

TEST_CASE("other entries get no configuration attached") {
  auto command = entry::make(index_t{1}, term_t{1}, entry_kind::command, {});
  REQUIRE(attach_configuration(command));
  CHECK(command.configuration() == nullptr);
}

TEST_CASE("an entry whose configuration is broken is refused") {
  auto broken = entry::make(index_t{1}, term_t{1}, entry_kind::configuration,
                            as_bytes("no configuration"));
  CHECK_FALSE(attach_configuration(broken));
}

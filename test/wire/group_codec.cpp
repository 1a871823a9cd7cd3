#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/limits.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace caf::raft;
using namespace caf::raft::wire;
using namespace sample;

namespace {

message decoded(const frame_ptr& what) {
  body received{what};
  auto result = sample::decode_group(received);
  REQUIRE_MESSAGE(result, result.error().text);
  CHECK(result->group == group);
  return std::move(result->body);
}

std::string complaint(const message& what) {
  auto result = sample::decode_group(body{encode(group, what)});
  if (result)
    return "";
  CHECK(result.error().code == errc::invalid_argument);
  return result.error().text;
}

/// An append of two entries behind 3@2.
append_entries valid_append() {
  return {peer,         term_t{5},
          tenure_id{1}, {term_t{2}, index_t{3}},
          index_t{},    commands(index_t{3}, term_t{4}, {10, 20})};
}

} // namespace

TEST_CASE("every message between members comes back from its encoding") {
  auto samples = group_messages();
  for (size_t i = 0; i < samples.size(); ++i) {
    CAPTURE(i);
    CHECK(same(decoded(encode(group, samples[i])), samples[i]));
  }
}

TEST_CASE("there is a sample of every message between members") {
  std::vector<bool> seen(std::variant_size_v<message>);
  for (auto& x : group_messages())
    seen[x.index()] = true;
  CHECK(std::count(seen.begin(), seen.end(), true) == std::ssize(seen));
}

TEST_CASE("every group comes back from the encoding") {
  for (auto id : {group_id{}, group_id{1}, group_id{top}}) {
    auto result = sample::decode_group(body{encode(id, timeout_now{})});
    REQUIRE(result);
    CHECK(result->group == id);
  }
}

TEST_CASE("the sender is what the handshake said") {
  body received{encode(group, heartbeat{})};
  sender who{server_id{99}, incarnation_t{98}};
  auto result = wire::decode_group(who, received.view(), received.owner());
  REQUIRE(result);
  CHECK(std::get<heartbeat>(result->body).from == who);
}

TEST_CASE("a batch is encoded alike from a message and from its entries") {
  auto all = commands(index_t{3}, term_t{4}, {10, 20, 30, 40});
  auto head = valid_append();
  head.entries = {all.begin() + 0, all.begin() + 3};
  auto whole = encode(group, head);
  head.entries.clear();
  auto same_frame = encode_append(group, head, std::span{all}.first(3));
  CHECK(hex(whole->view()) == hex(same_frame->view()));
}

TEST_CASE("entries lie in what was received, and keep it") {
  auto frame = encode(group, valid_append());
  std::weak_ptr<const void> watched;
  entry kept;
  {
    body received{frame};
    watched = received.owner();
    auto result = sample::decode_group(received);
    REQUIRE(result);
    kept = std::get<append_entries>(result->body).entries[1];
    auto* first = kept.record().data();
    CHECK(first >= received.view().data());
    CHECK(first < received.view().data() + received.view().size());
  }
  CHECK_FALSE(watched.expired());
  CHECK(same(kept, valid_append().entries[1]));
  kept = {};
  CHECK(watched.expired());
}

TEST_CASE("a piece of a snapshot that cannot be is refused") {
  auto valid = [] {
    install_snapshot what{peer, term_t{5}, tenure_id{1}, {}, 1, nullptr};
    what.head.last = {term_t{4}, index_t{9}};
    what.head.members = std::make_shared<configuration>(small_configuration());
    what.head.size = snapshot_chunk_bytes + 7;
    what.chunk = std::make_shared<const bytes>(7);
    return what;
  };
  CHECK(complaint(valid()) == "");
  auto complains = [&](auto change) {
    auto what = valid();
    change(what);
    return !complaint(what).empty();
  };
  CHECK(complains([](auto& x) { x.number = 3; }));
  CHECK(complains([](auto& x) { x.number = 0; }));
  CHECK(complains([](auto& x) { x.chunk = nullptr; }));
  CHECK(complains([](auto& x) { x.chunk = std::make_shared<const bytes>(8); }));
  CHECK(complains([](auto& x) { x.head.last = {}; }));
  CHECK(complains([](auto& x) { x.head.last.term = term_t{6}; }));
  CHECK(complains([](auto& x) { x.head.members_index = index_t{10}; }));
  CHECK(complains([](auto& x) { x.head.size = ~uint64_t{0}; }));
}

TEST_CASE("time left is brought into its limits") {
  using namespace std::chrono_literals;
  struct row {
    timespan before;
    timespan after;
  };
  for (auto x : {row{timespan::min(), 0s}, row{-1ns, 0s}, row{0s, 0s},
                 row{1h, 1h}, row{timespan::max(), max_time_left}}) {
    propose what{peer, term_t{1}, {{request_id{1}, x.before, {}}}};
    auto result = std::get<propose>(decoded(encode(group, what)));
    CHECK(result.proposals.at(0).time_left == x.after);
  }
}

TEST_CASE("entries that break the rules of an append are refused") {
  auto x = valid_append();
  auto& xs = x.entries;
  SUBCASE("they do not") {
    CHECK(complaint(x).empty());
  }
  SUBCASE("a term below the one before") {
    xs[1] = entry::make(index_t{5}, term_t{3}, entry_kind::command, {});
    CHECK(complaint(x) == "the terms of the entries decrease");
  }
  SUBCASE("a term below that of prev") {
    xs[0] = entry::make(index_t{4}, term_t{1}, entry_kind::command, {});
    CHECK(complaint(x) == "the terms of the entries decrease");
  }
  SUBCASE("a term above that of the message") {
    xs[1] = entry::make(index_t{5}, term_t{6}, entry_kind::command, {});
    CHECK(complaint(x) == "an entry is of a later term than the message");
  }
  SUBCASE("prev of a term above that of the message") {
    x.prev.term = term_t{6};
    xs.clear();
    CHECK(complaint(x)
          == "the previous entry is of a later term than the message");
  }
  SUBCASE("a configuration that is none") {
    xs[1] = entry::make(index_t{5}, term_t{4}, entry_kind::configuration, {});
    CHECK(complaint(x) == "the message is empty");
  }
  SUBCASE("a kind that is unknown") {
    xs[1] = entry::make(index_t{5}, term_t{4}, static_cast<entry_kind>(3), {});
    CHECK(complaint(x)
          == "the record of entry 5 is of a kind that this version does not "
             "know");
  }
}

TEST_CASE("a record in a wrong place is refused") {
  auto x = valid_append();
  body received{encode(group, x)};
  // Moves the whole batch by one: index 3 of prev becomes 4. Indexes are few, so
  // the word is found by its value.
  size_t found = 0;
  for (size_t i = 0; i < received.words(); ++i)
    if (received.word(i) == x.prev.index.value && found++ == 0)
      ++received.word(i);
  CHECK(found == 1);
  auto result = sample::decode_group(received);
  REQUIRE_FALSE(result);
  CHECK(result.error().text == "the record of entry 5 fails its checksum");
}

TEST_CASE("no index comes after the last one") {
  append_entries x{peer, term_t{1},
                   {},   {term_t{1}, index_t{top - 2}},
                   {},   commands(index_t{top - 2}, term_t{1}, {0, 0})};
  body received{encode(group, x)};
  CHECK(sample::decode_group(received));
  for (size_t i = 0; i < received.words(); ++i)
    if (received.word(i) == top - 2)
      ++received.word(i);
  auto result = sample::decode_group(received);
  REQUIRE_FALSE(result);
  CHECK(result.error().text == "the indexes of the entries overflow");
}

TEST_CASE("the largest messages of the settings fit the largest body") {
  settings xs;
  xs.max_append_bytes = 10'000;
  xs.max_append_entries = 300;
  auto limit = max_body_size(xs) + frame_header_size;
  auto size_of = [](const message& what) {
    return encode(group, what)->view().size();
  };
  SUBCASE("as many entries as may be, with as many bytes") {
    auto each = xs.max_append_bytes / xs.max_append_entries - 24;
    std::vector<size_t> sizes(xs.max_append_entries, each / 8 * 8);
    append_entries what;
    what.term = term_t{1};
    what.entries = commands({}, term_t{1}, sizes);
    CHECK(size_of(what) <= limit);
  }
  SUBCASE("the largest command, as an entry and on its way to the leader") {
    xs.max_command_bytes = 200'001;
    limit = max_body_size(xs) + frame_header_size;
    append_entries what;
    what.term = term_t{1};
    what.entries = commands({}, term_t{1}, {xs.max_command_bytes});
    CHECK(size_of(what) <= limit);
    propose forwarded;
    forwarded.proposals.push_back({{}, {}, bytes(xs.max_command_bytes)});
    CHECK(size_of(forwarded) <= limit);
  }
  SUBCASE("as many proposals as may be, and their results") {
    propose what;
    what.proposals.resize(xs.max_append_entries);
    for (auto& x : what.proposals)
      x.command.resize(xs.max_append_bytes / xs.max_append_entries);
    CHECK(size_of(what) <= limit);
    propose_result answer;
    answer.results.resize(xs.max_append_entries);
    CHECK(size_of(answer) <= limit);
  }
  SUBCASE("any message between nodes") {
    for (auto& x : node_messages())
      CHECK(encode(x)->view().size() <= limit);
  }
  SUBCASE("limits beyond what a frame can hold") {
    xs.max_append_bytes = top;
    xs.max_append_entries = top;
    CHECK(max_body_size(xs) <= ~uint32_t{0});
    CHECK(max_body_size(xs) % 8 == 0);
  }
}

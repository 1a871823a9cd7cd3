#include "caf/raft/core/formation.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

const std::vector<std::string> addresses{"host1:9021", "host2:9021",
                                         "host3:9021"};

hello hello_of(uint64_t id, uint64_t to) {
  hello result;
  result.version = 1;
  result.cluster = cluster_id{0x77};
  result.id = server_id{id};
  result.incarnation = life_of(id);
  result.address = addresses[id - 1];
  result.to = server_id{to};
  result.newest_configuration = index_t{5};
  return result;
}

placed_configuration committed_at(uint64_t index) {
  return {index_t{index}, conf_ptr(conf({1, 2, 3}))};
}

} // namespace

TEST_CASE("members of the cluster are let in, and those who may become some") {
  auto self = hello_of(1, 2);
  auto msg = hello_of(2, 1);
  auto committed = committed_at(9);
  SUBCASE("a member") {
    // nop
  }
  SUBCASE("one that the configuration does not name") {
    committed.value = conf_ptr(conf({1, 3}));
  }
  SUBCASE("one that was removed, to be told") {
    auto removed = conf({1, 3});
    removed.removed = ids({2});
    committed.value = conf_ptr(removed);
  }
  SUBCASE("an unformed one") {
    msg.cluster = cluster_id{};
    msg.newest_configuration = std::nullopt;
  }
  SUBCASE("an unformed one in another life") {
    msg.cluster = cluster_id{};
    msg.newest_configuration = std::nullopt;
    msg.incarnation = incarnation_t{999};
  }
  SUBCASE("a formed one, while we are not") {
    self.cluster = cluster_id{};
    committed = {};
  }
  SUBCASE("another life that has stored as new a configuration as we") {
    msg.incarnation = incarnation_t{999};
    msg.newest_configuration = index_t{9};
  }
  SUBCASE("a learner in its first life") {
    auto members = conf({1, 3}, {}, {2});
    members.members[1].incarnation = incarnation_t{};
    committed.value = conf_ptr(members);
  }
  CHECK_FALSE(check_hello(self, committed, msg));
}

TEST_CASE("who is refused, and told why") {
  auto self = hello_of(1, 2);
  auto msg = hello_of(2, 1);
  refusal_reason reason{};
  std::vector<std::string_view> expected{"member 2 at host2:9021"};
  auto expect = [&](std::initializer_list<std::string_view> whats) {
    expected.insert(expected.end(), whats);
  };
  SUBCASE("another version") {
    msg.version = 2;
    msg.cluster = cluster_id{0x78};
    reason = refusal_reason::version;
    expect({"version 2", "member 1 at host1:9021", "version 1"});
  }
  SUBCASE("meant for another member") {
    msg.to = server_id{3};
    reason = refusal_reason::wrong_id;
    expect({"expected member 3", "here is member 1 at host1:9021"});
  }
  SUBCASE("the same id") {
    self.id = server_id{2};
    msg.to = server_id{2};
    reason = refusal_reason::wrong_id;
    expect({"member 2 at host1:9021", "same --id"});
  }
  SUBCASE("another cluster") {
    msg.cluster = cluster_id{0x78};
    reason = refusal_reason::wrong_cluster;
    expect({"member 1 at host1:9021", "0000000000000077", "0000000000000078",
            "was used before"});
  }
  SUBCASE("a life that a newer configuration does not know") {
    msg.incarnation = incarnation_t{999};
    reason = refusal_reason::wrong_incarnation;
    expect({"was lost", "at index 9", "stored is at 5", "0000000000000066",
            "00000000000003e7"});
  }
  auto result = check_hello(self, committed_at(9), msg);
  REQUIRE(result);
  CHECK(result->reason == reason);
  for (auto what : expected) {
    CAPTURE(result->text);
    CAPTURE(std::string{what});
    CHECK(result->text.find(what) != std::string::npos);
  }
}

TEST_CASE("incarnations have no order, configurations do") {
  // We have an old configuration that names the old life of member 2; it has
  // stored a newer one.
  auto msg = hello_of(2, 1);
  msg.incarnation = incarnation_t{999};
  msg.newest_configuration = index_t{7};
  for (uint64_t index : {0, 6, 7})
    CHECK_FALSE(check_hello(hello_of(1, 2), committed_at(index), msg));
  CHECK(check_hello(hello_of(1, 2), committed_at(8), msg));
}

#include "caf/raft/core/formation.hpp"

#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

const std::vector<std::string> addresses{"host1:9021", "host2:9021",
                                         "host3:9021"};

} // namespace

TEST_CASE("who joined later is handed configuration zero once it is named") {
  auto zero = conf({1, 2, 3});
  introduce msg{member_sender(4), "host4:9021", {}, addresses};
  CHECK_FALSE(
    answer_unformed(member_sender(3), zero, conf({1, 2, 3}, {}, {4}), msg));
  msg.address = "host5:9021";
  CHECK(answer_unformed(member_sender(3), zero, conf({1, 2, 3}, {}, {4}), msg));
}

TEST_CASE(
  "who joins founds nothing and takes what a later configuration gives") {
  std::vector<std::string> list{"host1:9021", "host2:9021", "host3:9021",
                                "host4:9021"};
  formation x{member_sender(4), list, true};
  CHECK_FALSE(x.is_founder());
  founded msg{member_sender(1), cluster_id{7}, conf({1, 2, 3}), std::nullopt};
  CHECK_FALSE(x.check(msg));
  msg.members = conf({1, 2, 3}, {}, {4});
  CHECK(x.check(msg));
  msg.members->members[3].incarnation = incarnation_t{9};
  CHECK_FALSE(x.check(msg));
  msg.members = conf({1, 2, 3}, {}, {4});
  msg.members->voters.clear();
  CHECK_FALSE(x.check(msg));
  formation alone{member_sender(1), {"host1:9021"}, true};
  CHECK_FALSE(alone.is_founder());
  CHECK_FALSE(alone.complete());
  CHECK(alone.waiting_for().starts_with("waiting for a leader"));
}

TEST_CASE("a directory that was lost is no founder's any more") {
  // The founder itself comes back empty; the others have taken it back.
  formation x{{server_id{1}, incarnation_t{9}}, addresses};
  auto members = conf({2, 3}, {}, {1});
  members.members[0].incarnation = incarnation_t{9};
  CHECK(x.check({member_sender(2), cluster_id{7}, conf({1, 2, 3}), members}));
}

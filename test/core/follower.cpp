#include "caf/raft/core/follower.hpp"

#include "core/death.hpp"
#include "core/fixture.hpp"

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

constexpr tenure_id leading{70};

/// Member 1 in term 5, with these entries and a timeout of exactly one second.
follower make_follower(std::initializer_list<uint64_t> terms) {
  return become_follower(tenure_of(1, 5, log_of(terms)), t0, settings{}, 0);
}

/// From member 2, the leader of term 5.
append_entries from_leader(entry_id prev, std::initializer_list<uint64_t> terms,
                           uint64_t commit = 0) {
  return {member_sender(2), term_t{5},
          leading,          prev,
          index_t{commit},  entries_from(prev.index.value + 1, terms)};
}

append_outcome take(follower& self, const append_entries& msg) {
  return on_append(self, msg, t0, true);
}

append_result success(uint64_t index) {
  return {member_sender(1), term_t{5}, leading, true, index_t{index}, {}};
}

append_result refused(uint64_t index, entry_id hint) {
  return {member_sender(1), term_t{5}, leading, false, index_t{index}, hint};
}

heartbeat beat(uint64_t commit) {
  return {member_sender(2), term_t{5}, leading, round_t{3}, index_t{commit}};
}

} // namespace

// -- the leader's messages ----------------------------------------------------

TEST_CASE("new entries are acknowledged when they are durable") {
  auto self = make_follower({1, 1});
  auto outcome = take(self, from_leader(at(2, 1), {5, 5}));
  CHECK_FALSE(outcome.answer);
  REQUIRE(outcome.write);
  CHECK(outcome.write->group == group_id{1});
  CHECK(outcome.write->number == write_id{1});
  CHECK_FALSE(outcome.write->state);
  CHECK_FALSE(outcome.write->truncate_from);
  CHECK(outcome.write->append.size() == 2);
  CHECK(self.self.log.last() == at(4, 5));
  CHECK(self.self.leader == server_id{2});
  CHECK(acknowledge(self, stored(1)) == success(4));
  // Nothing new is to be said of it again.
  CHECK_FALSE(acknowledge(self, stored(1)));
}

TEST_CASE("one acknowledgement covers all that became durable") {
  auto self = make_follower({});
  take(self, from_leader(at(0, 0), {5}));
  take(self, from_leader(at(1, 5), {5, 5}));
  take(self, from_leader(at(3, 5), {5}));
  CHECK_FALSE(acknowledge(self, stored(0)));
  CHECK(acknowledge(self, stored(2)) == success(3));
  CHECK(acknowledge(self, stored(3)) == success(4));
}

TEST_CASE(
  "the success names the last entry of the message, never the own last") {
  // Entries 3 and 4 are of an older leader and may conflict with this one's.
  auto self = make_follower({1, 1, 3, 3});
  auto outcome = take(self, from_leader(at(1, 1), {1}));
  CHECK_FALSE(outcome.write);
  CHECK(outcome.answer == success(2));
  CHECK(self.self.log.last() == at(4, 3));
  // And nor does it when something else becomes durable.
  auto number = self.self.log.next_write();
  CHECK_FALSE(acknowledge(self, stored(number)));
}

TEST_CASE("a repeated message is acknowledged at once and changes nothing") {
  auto self = make_follower({1, 1});
  auto first = from_leader(at(2, 1), {5, 5});
  take(self, first);
  take(self, from_leader(at(4, 5), {5}));
  acknowledge(self, stored(2));
  auto outcome = take(self, first);
  CHECK_FALSE(outcome.write);
  CHECK(outcome.answer == success(4));
  CHECK(self.self.log.last() == at(5, 5));
}

TEST_CASE("a repeated message that is not durable yet waits with the first") {
  auto self = make_follower({1, 1});
  auto msg = from_leader(at(2, 1), {5, 5});
  take(self, msg);
  auto outcome = take(self, msg);
  CHECK_FALSE(outcome.write);
  CHECK_FALSE(outcome.answer);
  CHECK(acknowledge(self, stored(1)) == success(4));
  CHECK_FALSE(acknowledge(self, stored(1)));
}

TEST_CASE("only what is new of a message is stored") {
  auto self = make_follower({1, 1});
  take(self, from_leader(at(2, 1), {5, 5}));
  auto outcome = take(self, from_leader(at(3, 5), {5, 5, 5}));
  REQUIRE(outcome.write);
  CHECK(outcome.write->append.front().index() == index_t{5});
  CHECK(outcome.write->append.size() == 2);
}

TEST_CASE("a gap or a conflict at prev is refused with a hint") {
  auto self = make_follower({1, 1, 4});
  CHECK(take(self, from_leader(at(9, 5), {5})).answer == refused(9, at(3, 4)));
  auto outcome = take(self, from_leader(at(3, 2), {5}));
  CHECK(outcome.answer == refused(3, at(2, 1)));
  CHECK_FALSE(outcome.write);
  CHECK(self.self.log.last() == at(3, 4));
}

TEST_CASE("a conflicting suffix is replaced in one write") {
  auto self = make_follower({1, 1, 4, 4});
  auto outcome = take(self, from_leader(at(1, 1), {1, 5}));
  REQUIRE(outcome.write);
  CHECK(outcome.write->truncate_from == index_t{3});
  CHECK(outcome.write->append.size() == 1);
  CHECK(self.self.log.last() == at(3, 5));
  CHECK_FALSE(outcome.answer);
  CHECK(acknowledge(self, stored(1)) == success(3));
}

TEST_CASE("a probe is answered with what is durable of the log before it") {
  auto self = make_follower({1, 1});
  CHECK(take(self, from_leader(at(2, 1), {})).answer == success(2));
  CHECK(take(self, from_leader(at(0, 0), {})).answer == success(0));
  take(self, from_leader(at(2, 1), {5, 5}));
  CHECK(take(self, from_leader(at(4, 5), {})).answer == success(2));
  CHECK(acknowledge(self, stored(1)) == success(4));
}

TEST_CASE("nothing is acknowledged before the term is durable") {
  auto tenure = tenure_of(1, 5, log_of({1, 1}));
  auto term = tenure.log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  // Both entries are durable, but the promise not to follow an older leader is
  // not.
  CHECK_FALSE(take(self, from_leader(at(0, 0), {1, 1})).answer);
  CHECK_FALSE(take(self, from_leader(at(2, 1), {})).answer);
  CHECK_FALSE(acknowledge(self, stored(0)));
  CHECK(acknowledge(self, stored(term)) == success(2));
  CHECK(take(self, from_leader(at(2, 1), {})).answer == success(2));
}

TEST_CASE("a probe of an empty log is answered once the term is durable") {
  auto tenure = tenure_of(1, 5, log_of({}));
  auto term = tenure.log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  CHECK_FALSE(take(self, from_leader(at(0, 0), {})).answer);
  CHECK(acknowledge(self, stored(term)) == success(0));
  CHECK_FALSE(acknowledge(self, stored(term)));
}

TEST_CASE("a refusal promises nothing and leaves before the term is durable") {
  auto tenure = tenure_of(1, 5, log_of({1}));
  tenure.log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  CHECK(take(self, from_leader(at(3, 5), {})).answer == refused(3, at(1, 1)));
}

TEST_CASE("without room nothing is appended, truncated or answered") {
  auto self = make_follower({1, 1, 4});
  auto outcome = on_append(self, from_leader(at(1, 1), {1, 5}, 2), t0 + 1ms,
                           false);
  CHECK_FALSE(outcome.write);
  CHECK_FALSE(outcome.answer);
  CHECK(self.self.log.last() == at(3, 4));
  CHECK(self.self.commit_index == index_t{0});
  // But the leader was heard, and what needs no room is answered.
  CHECK(self.election_deadline == t0 + 1ms + self.timeout);
  CHECK(on_append(self, from_leader(at(1, 1), {1}), t0, false).answer
        == success(2));
  CHECK(on_append(self, from_leader(at(2, 1), {}), t0, false).answer
        == success(2));
  CHECK(on_append(self, from_leader(at(7, 5), {5}), t0, false).answer
        == refused(7, at(3, 4)));
}

TEST_CASE("the commit index follows to the last entry of the message at most") {
  auto self = make_follower({1, 1, 4, 4});
  // Entries 3 and 4 may not be the leader's.
  take(self, from_leader(at(1, 1), {1}, 4));
  CHECK(self.self.commit_index == index_t{2});
  take(self, from_leader(at(1, 1), {}, 4));
  CHECK(self.self.commit_index == index_t{2});
  take(self, from_leader(at(2, 1), {5, 5, 5}, 4));
  CHECK(self.self.commit_index == index_t{4});
  // An older message does not move it back.
  take(self, from_leader(at(2, 1), {5}, 3));
  CHECK(self.self.commit_index == index_t{4});
  // Committed is not applied: that takes the own disk as well.
  CHECK(applicable_index(self.self) == index_t{2});
}

TEST_CASE("what is committed is never truncated") {
  auto self = make_follower({1, 1, 4, 4});
  take(self, from_leader(at(3, 4), {}, 3));
  CHECK(self.self.commit_index == index_t{3});
  CHECK(dies([&] { take(self, from_leader(at(2, 1), {5})); }));
  CHECK_FALSE(dies([&] { take(self, from_leader(at(3, 4), {5})); }));
}

TEST_CASE("a leader does not take back what it sent") {
  auto self = make_follower({1});
  take(self, from_leader(at(1, 1), {4, 5}));
  CHECK(dies([&] { take(self, from_leader(at(1, 1), {5})); }));
}

TEST_CASE("there is one leader in a term, §3.4") {
  auto self = make_follower({1});
  take(self, from_leader(at(1, 1), {}));
  auto other = from_leader(at(1, 1), {});
  other.from = member_sender(3);
  CHECK(dies([&] { take(self, other); }));
  auto other_beat = beat(0);
  other_beat.from = member_sender(3);
  CHECK(dies([&] { on_heartbeat(self, other_beat, t0); }));
  auto mirrored = from_leader(at(1, 1), {});
  mirrored.from = member_sender(1);
  CHECK(dies([&] { take(self, mirrored); }));
}

TEST_CASE("messages of other terms do not get past the fence") {
  auto self = make_follower({1});
  auto msg = from_leader(at(1, 1), {});
  msg.term = term_t{4};
  CHECK(dies([&] { take(self, msg); }));
  msg.term = term_t{6};
  CHECK(dies([&] { take(self, msg); }));
}

TEST_CASE("acknowledgements belong to one tenure of a leader") {
  auto self = make_follower({1});
  take(self, from_leader(at(1, 1), {5, 5}));
  acknowledge(self, stored(1));
  auto msg = from_leader(at(3, 5), {5});
  msg.tenure = tenure_id{71};
  take(self, msg);
  CHECK(self.acknowledged == index_t{0});
  auto answer = acknowledge(self, stored(2));
  REQUIRE(answer);
  CHECK(answer->tenure == tenure_id{71});
  CHECK(answer->index == index_t{4});
}

TEST_CASE("a heartbeat is answered at once, whatever the disk does") {
  auto tenure = tenure_of(1, 5, log_of({1}));
  tenure.log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  take(self, from_leader(at(1, 1), {5}));
  CHECK(on_heartbeat(self, beat(0), t0)
        == heartbeat_result{member_sender(1), term_t{5}, leading, round_t{3}});
}

TEST_CASE("a heartbeat moves the commit index, but not behind the own log") {
  auto self = make_follower({1, 1, 1});
  on_heartbeat(self, beat(2), t0);
  CHECK(self.self.commit_index == index_t{2});
  // The leader remembers more than there is: what is there may not be what it
  // remembers.
  on_heartbeat(self, beat(4), t0);
  CHECK(self.self.commit_index == index_t{2});
  on_heartbeat(self, beat(1), t0);
  CHECK(self.self.commit_index == index_t{2});
  on_commit_notice(self, {member_sender(2), term_t{5}, leading, index_t{9}});
  CHECK(self.self.commit_index == index_t{2});
  on_commit_notice(self, {member_sender(2), term_t{5}, leading, index_t{3}});
  CHECK(self.self.commit_index == index_t{3});
}

TEST_CASE(
  "a storage acknowledgement of a rewritten index acknowledges nothing") {
  // The entries of the old leader were on their way to the disk when the new
  // one replaced them.
  auto tenure = tenure_of(1, 5, log_of({1}));
  auto old = tenure.log.next_write();
  tenure.log.append(entries_from(2, {4, 4}), old);
  auto term = tenure.log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  auto outcome = take(self, from_leader(at(1, 1), {5, 5}));
  REQUIRE(outcome.write);
  CHECK(outcome.write->truncate_from == index_t{2});
  CHECK_FALSE(acknowledge(self, stored(old)));
  // What is before them is the leader's and durable.
  CHECK(acknowledge(self, stored(term)) == success(1));
  CHECK(acknowledge(self, stored(outcome.write->number)) == success(3));
}

TEST_CASE("an entry that came back is durable with its second write only") {
  // Member 2 sent entry 2 in term 4; member 3 replaced it in term 5; member 4
  // won term 6 with the log of member 2 and sends it again.
  auto tenure = tenure_of(1, 6, log_of({1}));
  auto& log = tenure.log;
  auto first = log.next_write();
  log.append(entries_from(2, {4}), first);
  log.truncate(index_t{2});
  auto second = log.next_write();
  log.append(entries_from(2, {5}), second);
  auto term = log.next_write();
  auto self = become_follower(std::move(tenure), t0, settings{}, 0);
  auto msg = from_leader(at(1, 1), {4});
  msg.term = term_t{6};
  auto outcome = take(self, msg);
  CHECK_FALSE(acknowledge(self, stored(first)));
  CHECK_FALSE(acknowledge(self, stored(second)));
  CHECK(acknowledge(self, stored(term))->index == index_t{1});
  auto answer = acknowledge(self, stored(outcome.write->number));
  REQUIRE(answer);
  CHECK(answer->index == index_t{2});
}

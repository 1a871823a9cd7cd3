// The rules alone (core/): three members in one thread, without actors,
// network, disk or clients. How many empty commands can they commit in a
// second?

#include "lib/figures.hpp"

#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/leader.hpp"

#include "core/witness.hpp"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace bench;
namespace raft = caf::raft;
namespace core = caf::raft::core;

namespace {

constexpr size_t batch_size = 4096;
constexpr uint64_t leader_id = 1;
constexpr uint64_t follower_ids[]{2, 3};
constexpr raft::term_t term{1};

using steady = std::chrono::steady_clock;

raft::sender member_of(uint64_t id) {
  return {raft::server_id{id}, raft::incarnation_t{100 + id}};
}

raft::configuration_ptr all_members() {
  raft::configuration result;
  for (uint64_t id = 1; id <= 3; ++id) {
    raft::member each;
    each.id = raft::server_id{id};
    each.incarnation = member_of(id).incarnation;
    result.members.push_back(each);
    result.voters.push_back(each.id);
  }
  return std::make_shared<const raft::configuration>(std::move(result));
}

/// A member of a cluster that was just founded.
core::tenure new_tenure(uint64_t id) {
  core::log_tail::contents empty;
  empty.base_configuration = all_members();
  core::tenure result;
  result.group = raft::group_id{1};
  result.self = member_of(id);
  result.term = term;
  result.number = raft::tenure_id{id};
  result.log = core::log_tail{std::move(empty)};
  return result;
}

/// What stands in for a member's disk and state machine: its newest entries,
/// and how many commands it has applied.
class memory {
public:
  /// Stores it at once.
  raft::durable<raft::write_id> store(const raft::log_write& what) {
    entries_.insert(entries_.end(), what.append.begin(), what.append.end());
    return raft::durability_witness::make(what.number);
  }

  /// Applies all entries up to `last`, and forgets them.
  void apply(raft::index_t last) {
    while (!entries_.empty() && entries_.front().index() <= last) {
      if (entries_.front().kind() == raft::entry_kind::command)
        ++applied_;
      entries_.pop_front();
    }
  }

  uint64_t applied() const {
    return applied_;
  }

private:
  std::deque<raft::entry> entries_;
  uint64_t applied_ = 0;
};

class follower {
public:
  follower(uint64_t id, raft::time_point now, const raft::settings& cfg)
    : rules_(core::become_follower(new_tenure(id), now, cfg, 0)) {
    // nop
  }

  raft::server_id id() const {
    return rules_.self.self.id;
  }

  /// @returns The acknowledgement.
  raft::append_result take(const raft::append_entries& msg,
                           raft::time_point now) {
    auto outcome = core::on_append(rules_, msg, now, true);
    if (outcome.write)
      outcome.answer = core::acknowledge(rules_, memory_.store(*outcome.write));
    memory_.apply(core::applicable_index(rules_.self));
    return outcome.answer.value();
  }

  uint64_t hear(const raft::commit_notice& msg) {
    core::on_commit_notice(rules_, msg);
    memory_.apply(core::applicable_index(rules_.self));
    return memory_.applied();
  }

private:
  core::follower rules_;
  memory memory_;
};

raft::time_point now() {
  return raft::time_point{steady::now().time_since_epoch()};
}

class cluster {
public:
  cluster() : leader_(core::become_leader(new_tenure(leader_id), now())) {
    for (auto id : follower_ids)
      followers_.emplace_back(id, now(), cfg_);
    // The entry with which a leadership begins.
    replicate();
  }

  /// Commits these many commands.
  void commit(size_t count) {
    for (size_t i = 0; i < count; ++i)
      core::propose(leader_, {});
    replicate();
  }

  /// How many commands every member has applied.
  uint64_t applied() {
    for (auto& x : followers_) {
      auto& self = leader_.self;
      if (x.hear({self.self, self.term, self.number,
                  core::commit_for(leader_, x.id())})
          != memory_.applied())
        throw std::runtime_error{"a member has not applied everything"};
    }
    return memory_.applied();
  }

private:
  /// Everything that was appended is stored by everyone, and committed.
  void replicate() {
    auto at = now();
    auto write = core::take_write(leader_);
    for (auto& x : followers_)
      while (auto order = core::next_append(leader_, x.id(), at, cfg_))
        core::on_append_result(leader_, x.take(message_of(*order), at), at);
    if (write)
      core::on_stored(leader_, memory_.store(*write));
    core::update_commit(leader_);
    memory_.apply(core::applicable_index(leader_.self));
  }

  raft::append_entries message_of(const core::append_order& order) const {
    auto& self = leader_.self;
    raft::append_entries result;
    result.from = self.self;
    result.term = self.term;
    result.tenure = self.number;
    result.prev = order.prev;
    result.commit = self.commit_index;
    if (order.first != order.last)
      result.entries = self.log
                         .recent(order.first, order.last, cfg_.max_append_bytes,
                                 cfg_.max_append_entries)
                         .value();
    return result;
  }

  raft::settings cfg_;
  core::leader leader_;
  memory memory_;
  std::vector<follower> followers_;
};

void measure(const options& how, figures& got) {
  cluster members;
  auto start = steady::now();
  auto end = start + how.span;
  uint64_t done = 0;
  for (; steady::now() < end; done += batch_size)
    members.commit(batch_size);
  std::chrono::duration<double> took = steady::now() - start;
  if (members.applied() != done)
    throw std::runtime_error{"not everything was committed"};
  auto rate = static_cast<double>(done) / took.count();
  got.add("rate", rate);
  got.add("ns", 1e9 / rate);
}

void run(const options& how) {
  figures got;
  for (size_t run = 0; run < how.runs; ++run)
    measure(how, got);
  fmt::print("commits a second {} (wanted: 1,000,000)\n", got.show("rate", 0));
  fmt::print("ns for each      {}\n", got.show("ns", 0));
  fmt::print(
    "included: encoding of entries with their checksums, the leader's and "
    "both followers'\n"
    "rules and logs, applying by all three (which counts)\n"
    "not included: actors, messages as bytes, network, disk, clients\n");
  got.print_json(how, "core_alone");
}

} // namespace

int main(int argc, char** argv) {
  return answer(
    argc, argv,
    "The rules alone: three members in one thread, in memory, empty "
    "commands in batches of 4,096: commits a second?",
    run);
}

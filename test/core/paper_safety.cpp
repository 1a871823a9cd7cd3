// Election Safety, Leader Completeness and State Machine Safety (Figure 3.2,
// §3.6.3) of members that lose messages, get them late or twice, and crash with
// writes still in the queue. The leader is a plain one that sends its log; the
// rules under test are those of the fence, the follower and the candidate.

#include "caf/raft/core/candidate.hpp"
#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/membership.hpp"

#include "core/fixture.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <variant>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

struct plain_leader {
  tenure self;
  std::map<server_id, index_t> match;
};

struct vote_underway {
  write_id stored_by;
  server_id to;
  vote_result answer;
};

struct machine {
  sender self;
  std::variant<follower, candidate, plain_leader> role;
  std::vector<vote_underway> votes;
  write_id own_vote;
  // The disk, and what is on its way to it.
  hard_state state;
  entries log;
  std::deque<log_write> writes;

  tenure& now() {
    return std::visit([](auto& x) -> tenure& { return x.self; }, role);
  }
};

/// What a run has seen, so that tests can tell that something happened.
struct sights {
  size_t leaders = 0;
  size_t committed = 0;
};

class cluster {
public:
  cluster(uint64_t seed, configuration members)
    : rng_(seed),
      members_(conf_ptr(std::move(members))) {
    for (auto id : others(*members_, server_id{})) {
      auto& m = machines_[id];
      m.self = member_sender(id.value);
      restart(m);
    }
  }

  sights run(size_t steps) {
    // Some runs are calm, in others hardly anyone comes to lead.
    auto turbulence = uint64_t{30} << below(6);
    for (size_t i = 0; i < steps; ++i) {
      auto it = machines_.begin();
      std::advance(it, below(machines_.size()));
      auto& m = it->second;
      auto dice = below(turbulence);
      if (dice == 0)
        restart(m);
      else if (dice < 4)
        time_out(m);
      else if (below(8) == 0)
        lead_on(m);
      else if (below(3) == 0)
        store_some(m);
      else
        deliver();
      check_applied(m);
    }
    return {elected_.size(), committed_.size()};
  }

private:
  uint64_t below(uint64_t n) {
    return rng_() % n;
  }

  void send(server_id to, message what) {
    if (to == sender_of(what).id)
      return;
    if (network_.size() >= 60)
      network_.erase(network_.begin()
                     + static_cast<std::ptrdiff_t>(below(network_.size())));
    network_.emplace_back(to, std::move(what));
  }

  void write(machine& m, log_write what) {
    m.writes.push_back(std::move(what));
  }

  write_id write_state(machine& m, tenure& next) {
    auto number = next.log.next_write();
    write(m, {next.group, number, next.state(), {}, {}, {}});
    return number;
  }

  // -- the roles --------------------------------------------------------------

  /// Nothing is left but the disk.
  void restart(machine& m) {
    log_tail::contents xs;
    xs.base_configuration = members_;
    for (auto& x : m.log)
      if (xs.term_starts.empty() || xs.term_starts.back().term != x.term())
        xs.term_starts.push_back(x.id());
    xs.last_index = index_t{m.log.size()};
    xs.recent = m.log;
    tenure next;
    next.self = m.self;
    next.term = m.state.term;
    next.voted_for = m.state.voted_for;
    next.log = log_tail{std::move(xs)};
    next.number = ++number_;
    m.writes.clear();
    m.votes.clear();
    m.role = become_follower(std::move(next), t0, settings{}, 0);
  }

  void follow(machine& m, term_t term) {
    auto newer = term > m.now().term;
    auto next = next_tenure(std::move(m.now()), term, ++number_);
    if (newer)
      write_state(m, next);
    m.votes.clear();
    m.role = become_follower(std::move(next), t0, settings{}, 0);
  }

  void campaign(machine& m, bool pre_vote) {
    auto term = pre_vote ? m.now().term : m.now().term + 1;
    auto next = next_tenure(std::move(m.now()), term, ++number_);
    m.votes.clear();
    if (pre_vote) {
      m.role = become_pre_candidate(std::move(next), t0, settings{}, 0);
    } else {
      next.voted_for = next.self.id;
      m.own_vote = write_state(m, next);
      m.role = become_candidate(std::move(next), below(2) == 0, t0, settings{},
                                0);
    }
    auto question = ask(std::get<candidate>(m.role));
    for (auto id : others(*members_, m.self.id))
      send(id, question);
    decide(m, tally(std::get<candidate>(m.role)));
  }

  void decide(machine& m, tally_result outcome) {
    if (outcome == tally_result::lost)
      follow(m, m.now().term);
    else if (outcome == tally_result::won
             && std::get<candidate>(m.role).pre_vote)
      campaign(m, false);
    else if (outcome == tally_result::won)
      lead(m);
  }

  void lead(machine& m) {
    auto next = next_tenure(std::move(m.now()), m.now().term, ++number_);
    // Election Safety: one leader in a term, and only once.
    REQUIRE(elected_.emplace(next.term, next.self.id).second);
    // Leader Completeness: it has all that was ever committed.
    for (auto& [index, term] : committed_)
      REQUIRE(next.log.term_at(index) == term);
    m.votes.clear();
    m.role = plain_leader{std::move(next), {}};
    propose(m);
  }

  void propose(machine& m) {
    auto& self = m.now();
    auto number = self.log.next_write();
    entries xs{entry::make(self.log.last_index() + 1, self.term,
                           entry_kind::command, {})};
    self.log.append(xs, number);
    write(m, {self.group, number, {}, {}, std::move(xs), {}});
  }

  void lead_on(machine& m) {
    auto* self = std::get_if<plain_leader>(&m.role);
    if (self == nullptr)
      return;
    if (below(3) == 0)
      propose(m);
    auto& log = self->self.log;
    for (auto id : others(*members_, m.self.id)) {
      auto prev = below(2) == 0 ? self->match[id] : index_t{};
      auto last = prev + below(log.last_index() - prev + 1);
      append_entries msg{m.self,
                         self->self.term,
                         self->self.number,
                         {*log.term_at(prev), prev},
                         self->self.commit_index,
                         *log.recent(prev + 1, last + 1, 1 << 20, 1000)};
      send(id, std::move(msg));
      auto commit = std::min(self->self.commit_index, self->match[id]);
      send(id, heartbeat{m.self, self->self.term, self->self.number, round_t{1},
                         commit});
    }
  }

  void update_commit(plain_leader& self) {
    auto index = quorum_index(*members_, [&](server_id id) {
      return id == self.self.self.id ? self.self.log.durable_index()
                                     : self.match[id];
    });
    if (self.self.log.term_at(index) != self.self.term
        || !advance_commit(self.self, index))
      return;
    for (index_t i{1}; i <= index; ++i) {
      auto term = *self.self.log.term_at(i);
      REQUIRE(committed_.emplace(i, term).first->second == term);
    }
  }

  // -- what happens -----------------------------------------------------------

  void time_out(machine& m) {
    if (std::holds_alternative<plain_leader>(m.role))
      follow(m, m.now().term);
    else if (may_campaign(m.now()))
      campaign(m, below(2) == 0);
  }

  /// One of the disks is slow.
  void store_some(machine& m) {
    if (!m.writes.empty() && (m.self.id != server_id{1} || below(16) == 0))
      store(m);
  }

  /// Some of what was written is stored.
  void store(machine& m) {
    write_id number;
    for (auto n = 1 + below(m.writes.size()); n > 0; --n) {
      auto& what = m.writes.front();
      if (what.state)
        m.state = *what.state;
      if (what.truncate_from)
        m.log.resize(what.truncate_from.value - 1);
      m.log.insert(m.log.end(), what.append.begin(), what.append.end());
      number = what.number;
      m.writes.pop_front();
    }
    auto up_to = stored(number);
    std::erase_if(m.votes, [&](vote_underway& x) {
      if (x.stored_by > number)
        return false;
      send(x.to, x.answer);
      return true;
    });
    if (auto* self = std::get_if<follower>(&m.role)) {
      if (auto answer = acknowledge(*self, up_to))
        send(self->self.leader, *answer);
    } else if (auto* asking = std::get_if<candidate>(&m.role)) {
      decide(m, count_own_vote(*asking, m.own_vote, up_to));
    } else {
      auto& leading = std::get<plain_leader>(m.role);
      leading.self.log.stored(up_to);
      update_commit(leading);
    }
  }

  /// Any message arrives, perhaps not for the last time.
  void deliver() {
    if (network_.empty())
      return;
    auto place = below(2) == 0 ? 0 : below(network_.size());
    auto it = network_.begin() + static_cast<std::ptrdiff_t>(place);
    auto [to, what] = *it;
    if (below(4) != 0)
      network_.erase(it);
    auto& m = machines_[to];
    auto alive = std::holds_alternative<plain_leader>(m.role) || below(3) == 0;
    auto verdict = fence(m.now().term, m.now().number, what, alive);
    if (verdict == passage::newer_term) {
      follow(m, term_of(what));
      verdict = fence(m.now().term, m.now().number, what, alive);
      REQUIRE(verdict != passage::newer_term);
    }
    if (verdict == passage::deliver)
      std::visit([&](auto& msg) { on(m, msg); }, what);
    else if (verdict == passage::refuse)
      send(sender_of(what).id, *answer_stale(m.self, m.now().term, what));
  }

  void on(machine& m, const request_vote& msg) {
    auto& self = m.now();
    if (msg.pre_vote) {
      auto granted = grant_pre_vote(self, msg, false);
      send(msg.from.id, pre_vote_answer(self, msg, granted));
      return;
    }
    auto granted = grant_vote(self, msg);
    vote_result answer{m.self, self.term, msg.tenure, false, granted};
    if (granted)
      m.votes.push_back({write_state(m, self), msg.from.id, answer});
    else
      send(msg.from.id, answer);
  }

  void on(machine& m, const vote_result& msg) {
    if (auto* self = std::get_if<candidate>(&m.role))
      decide(m, count(*self, msg));
  }

  void on(machine& m, const append_entries& msg) {
    REQUIRE_FALSE(std::holds_alternative<plain_leader>(m.role));
    if (std::holds_alternative<candidate>(m.role))
      follow(m, msg.term);
    auto outcome = on_append(std::get<follower>(m.role), msg, t0, true);
    if (outcome.write)
      write(m, *outcome.write);
    if (outcome.answer)
      send(msg.from.id, *outcome.answer);
  }

  void on(machine& m, const append_result& msg) {
    auto& self = std::get<plain_leader>(m.role);
    // The leader sends only from where the logs meet.
    REQUIRE(msg.success);
    auto& match = self.match[msg.from.id];
    match = std::max(match, msg.index);
    update_commit(self);
  }

  void on(machine& m, const heartbeat& msg) {
    if (auto* self = std::get_if<follower>(&m.role))
      send(msg.from.id, on_heartbeat(*self, msg, t0));
  }

  void on(machine&, const auto&) {
    // nop
  }

  /// State Machine Safety: whoever applies an index applies the same entry.
  void check_applied(machine& m) {
    auto& self = m.now();
    auto last = applicable_index(self);
    REQUIRE(last.value <= committed_.size());
    auto is_committed = [&](const auto& x) {
      return x.first > last || self.log.term_at(x.first) == x.second;
    };
    REQUIRE(std::all_of(committed_.begin(), committed_.end(), is_committed));
  }

  std::mt19937_64 rng_;
  configuration_ptr members_;
  std::map<server_id, machine> machines_;
  std::vector<std::pair<server_id, message>> network_;
  tenure_id number_;
  std::map<term_t, server_id> elected_;
  std::map<index_t, term_t> committed_;
};

/// Runs many clusters of these members.
void run(const configuration& members, uint64_t seeds) {
  sights total;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    auto seen = cluster{seed, members}.run(1500 * members.members.size());
    total.leaders += seen.leaders;
    total.committed += seen.committed;
  }
  CHECK(total.leaders > 2 * seeds);
  CHECK(total.committed > 2 * seeds);
}

} // namespace

TEST_CASE("three members are safe, §3.6.3") {
  run(conf({1, 2, 3}), 700);
}

TEST_CASE("two members, and five, are safe, §3.6.3") {
  run(conf({1, 2}), 100);
  run(conf({1, 2, 3, 4, 5}), 100);
}

TEST_CASE("members of a joint configuration are safe, §4.3") {
  run(conf({1, 2, 3}, {3, 4, 5}), 100);
}

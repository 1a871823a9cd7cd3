// The Log Matching Property (§3.5) and what a follower promises, against plain
// reference logs: random leaders, random and repeated messages, writes that are
// stored later or lost in a crash.

#include "caf/raft/core/follower.hpp"
#include "caf/raft/core/log_matching.hpp"

#include "core/fixture.hpp"

#include <map>
#include <random>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// An entry as the reference sees it: its term, and the configuration if it is
/// one.
struct slot {
  term_t term;
  configuration_ptr members;
};

/// Without base: index one is at the front.
using plain_log = std::vector<slot>;

class model {
public:
  explicit model(uint64_t seed) : rng_(seed) {
    make_leaders();
    base_ = below(common_prefix(0) + 1);
    for (size_t i = 0; i < base_; ++i)
      disk_.push_back(leaders_[0][i]);
    disk_state_.term = term_of(0);
    restart();
  }

  void run() {
    for (int i = 0; i < 400; ++i) {
      switch (below(8)) {
        case 0:
          next_term();
          break;
        case 1:
          if (below(4) == 0)
            restart();
          break;
        case 2:
        case 3:
          store();
          break;
        default:
          append();
      }
      compare();
    }
  }

private:
  uint64_t below(uint64_t n) {
    return rng_() % n;
  }

  static constexpr size_t num_leaders = 8;

  /// Leader k leads in term 2 * k + 1.
  static term_t term_of(size_t leader) {
    return term_t{2 * leader + 1};
  }

  /// Each leader has a prefix of the log of one before, and entries of its own.
  void make_leaders() {
    for (size_t k = 0; k < num_leaders; ++k) {
      plain_log log;
      if (k > 0) {
        auto& from = leaders_[below(k)];
        log.assign(from.begin(),
                   from.begin()
                     + static_cast<std::ptrdiff_t>(below(from.size() + 1)));
      }
      for (auto n = 1 + below(6); n > 0; --n) {
        configuration_ptr members;
        if (below(4) == 0)
          members = conf_ptr(conf({1, 2, 3}));
        log.push_back({term_of(k), members});
      }
      leaders_.push_back(std::move(log));
    }
  }

  /// How much of its log leader `k` shares with all the later ones: so much of
  /// it may be committed.
  size_t common_prefix(size_t k) const {
    auto result = leaders_[k].size();
    for (auto i = k + 1; i < num_leaders; ++i)
      for (size_t j = 0; j < result; ++j)
        if (j >= leaders_[i].size()
            || leaders_[i][j].term != leaders_[k][j].term)
          result = j;
    return result;
  }

  entry make_entry(const plain_log& log, size_t index) const {
    auto& x = log[index - 1];
    if (x.members)
      return configuration_entry(index, x.term.value, x.members);
    return entry::make(index_t{index}, x.term, entry_kind::command,
                       as_bytes("command"));
  }

  static entry_id id_at(const plain_log& log, size_t index) {
    return {index == 0 ? term_t{} : log[index - 1].term, index_t{index}};
  }

  // -- what happens -----------------------------------------------------------

  void begin_followership(tenure from) {
    from.number = tenure_id{++number_};
    self_ = become_follower(std::move(from), t0, settings{}, 0);
  }

  void next_term() {
    if (leader_ + 1 == num_leaders)
      return;
    ++leader_;
    auto next = next_tenure(std::move(self_.self), term_of(leader_),
                            tenure_id{});
    writes_.push_back({{}, next.log.next_write(), next.state(), {}, {}, {}});
    begin_followership(std::move(next));
  }

  /// Everything that was not stored is gone.
  void restart() {
    log_tail::contents xs;
    xs.base = id_at(disk_, base_);
    xs.base_configuration_index = xs.base.index;
    xs.base_configuration = conf_ptr(conf({1}));
    for (auto i = base_ + 1; i <= disk_.size(); ++i) {
      auto x = make_entry(disk_, i);
      if (xs.term_starts.empty() || xs.term_starts.back().term != x.term())
        xs.term_starts.push_back(x.id());
      if (x.configuration())
        xs.configurations.push_back({x.index(), x.configuration()});
      if (xs.recent.size() < 3 && i + 3 > disk_.size())
        xs.recent.push_back(x);
    }
    xs.last_index = index_t{disk_.size()};
    xs.max_recent_bytes = 100;
    auto restarted = tenure_of(1, disk_state_.term.value, log_tail{xs});
    restarted.commit_index = xs.base.index;
    memory_ = disk_;
    writes_.clear();
    put_by_.assign(disk_.size(), write_id{});
    stored_ = write_id{};
    leader_ = static_cast<size_t>((disk_state_.term.value - 1) / 2);
    // A leader to whom something was promised is never followed by an older.
    CHECK((promised_.empty() || promised_.rbegin()->first <= leader_));
    begin_followership(std::move(restarted));
  }

  /// Some more of what was written is stored.
  void store() {
    for (auto n = below(writes_.size() + 1); n > 0; --n) {
      auto& what = writes_.front();
      if (what.state)
        disk_state_ = *what.state;
      if (what.truncate_from)
        disk_.resize(what.truncate_from.value - 1);
      for (auto& x : what.append)
        disk_.push_back({x.term(), x.configuration()});
      stored_ = what.number;
      writes_.erase(writes_.begin());
    }
    if (auto answer = acknowledge(self_, stored(stored_)))
      check_promise(*answer);
  }

  /// Any part of the leader's log, new or sent before.
  void append() {
    auto& log = leaders_[leader_];
    auto first = below(log.size() + 1);
    auto last = first + below(std::min<size_t>(log.size() - first, 4) + 1);
    append_entries msg{member_sender(2),
                       term_of(leader_),
                       tenure_id{leader_},
                       id_at(log, first),
                       {},
                       {}};
    msg.commit = index_t{below(common_prefix(leader_) + 1)};
    for (auto i = first + 1; i <= last; ++i)
      msg.entries.push_back(make_entry(log, i));
    auto fits = first <= base_
                || (first <= memory_.size()
                    && id_at(memory_, first) == msg.prev);
    auto outcome = on_append(self_, msg, t0, true);
    if (!fits) {
      REQUIRE(outcome.answer);
      CHECK_FALSE(outcome.answer->success);
      CHECK(outcome.answer->index == msg.prev.index);
      CHECK(outcome.answer->hint == naive_hint(msg.prev));
      CHECK_FALSE(outcome.write);
      return;
    }
    replace(msg, outcome);
    if (outcome.answer)
      check_promise(*outcome.answer);
  }

  /// As Figure 3.1 has it, step by step, for the reference.
  void replace(const append_entries& msg, const append_outcome& outcome) {
    auto number = self_.self.log.newest_write();
    auto changed = false;
    for (auto& x : msg.entries) {
      auto i = static_cast<size_t>(x.index().value);
      if (i <= base_
          || (i <= memory_.size() && memory_[i - 1].term == x.term()))
        continue;
      if (i <= memory_.size()) {
        memory_.resize(i - 1);
        put_by_.resize(i - 1);
      }
      memory_.push_back({x.term(), x.configuration()});
      put_by_.push_back(number);
      changed = true;
    }
    REQUIRE(outcome.write.has_value() == changed);
    if (changed)
      writes_.push_back(*outcome.write);
  }

  // -- what must hold ---------------------------------------------------------

  /// What is acknowledged is on disk, is the leader's, and is remembered with
  /// the term in which it was.
  void check_promise(const append_result& answer) {
    REQUIRE(answer.success);
    CHECK(answer.term == term_of(leader_));
    CHECK(disk_state_.term == answer.term);
    auto n = static_cast<size_t>(answer.index.value);
    REQUIRE(n <= leaders_[leader_].size());
    REQUIRE(n <= disk_.size());
    for (size_t i = base_; i < n; ++i)
      CHECK(disk_[i].term == leaders_[leader_][i].term);
    promised_[leader_] = std::max(promised_[leader_], n);
  }

  entry_id naive_hint(entry_id bound) const {
    auto i = std::min<size_t>(memory_.size(), bound.index.value);
    while (i > base_ && memory_[i - 1].term > bound.term)
      --i;
    return id_at(memory_, std::max(i, base_));
  }

  void compare() const {
    auto& log = self_.self.log;
    REQUIRE(log.last_index() == index_t{memory_.size()});
    auto newest = index_t{base_};
    for (size_t i = 0; i <= memory_.size() + 1; ++i) {
      std::optional<term_t> term;
      if (i >= base_ && i <= memory_.size())
        term = id_at(memory_, i).term;
      if (log.term_at(index_t{i}) != term)
        FAIL("the term at " << i << " differs");
      if (i > base_ && i <= memory_.size() && memory_[i - 1].members)
        newest = index_t{i};
      if (log.configuration_at(index_t{i}).index != newest)
        FAIL("the configuration at " << i << " differs");
    }
    CHECK(log.newest_configuration().index == newest);
    compare_hints();
    compare_memory();
    auto durable = memory_.size();
    for (auto i = memory_.size(); i > base_; --i)
      if (put_by_[i - 1] > stored_)
        durable = i - 1;
    CHECK(log.durable_index() == index_t{durable});
    if (promised_.count(leader_) > 0)
      for (auto i = base_; i < promised_.at(leader_); ++i)
        CHECK(memory_.at(i).term == leaders_[leader_][i].term);
    // What is committed is a leader's, and stays.
    CHECK(self_.self.commit_index.value <= memory_.size());
    for (auto i = base_; i < self_.self.commit_index.value; ++i)
      CHECK(memory_[i].term == leaders_[num_leaders - 1].at(i).term);
  }

  void compare_hints() const {
    auto& log = self_.self.log;
    for (size_t i = 0; i <= memory_.size() + 1; ++i)
      for (uint64_t term = 0; term <= 2 * num_leaders; ++term) {
        entry_id bound{term_t{term}, index_t{i}};
        if (log.last_not_above(bound) != naive_hint(bound))
          FAIL("the hint below " << to_string(bound) << " differs");
      }
    for (uint64_t term = 1; term <= 2 * num_leaders; ++term) {
      size_t first = 0;
      for (auto i = memory_.size(); i > base_; --i)
        if (memory_[i - 1].term == term_t{term})
          first = i;
      if (log.first_index_of(term_t{term}) != index_t{first})
        FAIL("the first index of term " << term << " differs");
    }
  }

  void compare_memory() const {
    auto& log = self_.self.log;
    auto end = log.last_index() + 1;
    auto gapless = true;
    for (auto i = memory_.size(); i > base_; --i) {
      auto xs = log.recent(index_t{i}, end, 1 << 20, 100);
      // What is not durable is there; and nothing behind what is not there.
      if (put_by_[i - 1] > stored_)
        CHECK(xs);
      if (!xs)
        gapless = false;
      else
        REQUIRE(gapless);
      if (xs) {
        CHECK(xs->size() == memory_.size() + 1 - i);
        for (size_t j = 0; j < xs->size(); ++j)
          if ((*xs)[j].id() != id_at(memory_, i + j))
            FAIL("the entry " << i + j << " in memory differs");
      }
    }
  }

  std::mt19937_64 rng_;
  std::vector<plain_log> leaders_;
  size_t base_ = 0;
  size_t leader_ = 0;
  uint64_t number_ = 0;
  follower self_;

  /// The reference: what is in memory, and by which write.
  plain_log memory_;
  std::vector<write_id> put_by_;

  plain_log disk_;
  hard_state disk_state_;
  write_id stored_;
  std::vector<log_write> writes_;

  /// What was acknowledged to each leader.
  std::map<size_t, size_t> promised_;
};

} // namespace

TEST_CASE("logs match, and promises hold, whatever arrives in whatever order") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    model{seed}.run();
  }
}

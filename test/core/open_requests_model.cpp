#include "core/open_requests_desk.hpp"

#include <deque>
#include <map>
#include <random>
#include <set>

// One member's requests in a cluster that changes leaders, loses connections
// and repeats messages; whatever happens, each request is answered once, and
// what the answer says is so.

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

/// What was proposed, or zero for what is not ours.
struct world_entry {
  term_t term;
  int who;
};

class world {
public:
  explicit world(unsigned seed) : rng_(seed), open_(rng_()) {
    cfg_.max_open_requests = 60;
    new_term();
  }

  void step() {
    now_ += timespan{1 + draw(3)};
    switch (draw(16)) {
      case 0:
      case 1:
      case 2:
        arrive();
        break;
      case 3:
      case 4:
        hand_over();
        break;
      case 5:
      case 6:
      case 7:
        leader_works();
        break;
      case 8:
      case 9:
        results_arrive();
        break;
      case 10:
        commit_ = std::min(log_.size(), commit_ + draw(4));
        break;
      case 11:
      case 12:
        apply();
        break;
      case 13:
        if (draw(4) == 0)
          new_term();
        break;
      case 14:
        if (draw(4) == 0)
          lose_connection();
        else if (draw(4) == 0)
          leader_leaves();
        break;
      default:
        if (draw(3) == 0)
          open_.ask_reads_anew();
        told(open_.expire(now_));
    }
  }

  /// All that is open ends, and what was said is compared with the log.
  void finish() {
    told(open_.close());
    REQUIRE(open_.empty());
    REQUIRE(open_.size_in_bytes() == 0);
    REQUIRE(told_.size() == arrived_.size());
    std::map<int, int> times;
    for (size_t i = 0; i < log_.size(); ++i)
      ++times[log_[i].who];
    for (auto who : never_) {
      CAPTURE(who);
      // What is in the log may still be committed, or is.
      REQUIRE(times.count(who) == 0);
    }
    times.erase(0);
    for (auto& x : times)
      REQUIRE(x.second == 1);
  }

  size_t done = 0;
  size_t unknown = 0;
  size_t reads = 0;

private:
  struct proposal_message {
    term_t term;
    request_id id;
    int who;
  };

  struct read_message {
    term_t term;
    request_id id;
  };

  uint64_t draw(uint64_t n) {
    return rng_() % n;
  }

  // -- the cluster ------------------------------------------------------------

  /// The log of the next leader keeps what is committed, and maybe more.
  void new_term() {
    ++term_;
    if (ours_)
      tenure_over();
    log_.resize(commit_ + draw(log_.size() - commit_ + 1));
    log_.push_back({term_, 0});
    ours_ = draw(2) == 0;
    first_own_ = log_.size();
  }

  /// The own role is gone: all that it said was heard, and no more comes.
  void tenure_over() {
    while (!results_.empty())
      result_arrives();
    to_leader_.clear();
    open_.tenure_over();
  }

  void lose_connection() {
    if (ours_)
      return;
    to_leader_.clear();
    if (draw(2) == 0)
      results_.clear();
    told(open_.connection_lost(other));
  }

  /// It says farewell behind its last answer. What is on its way to it is no
  /// leader's any more.
  void leader_leaves() {
    if (ours_)
      return;
    while (!results_.empty())
      result_arrives();
    open_.refused_all({other, term_});
    new_term();
  }

  void leader_works() {
    for (auto n = draw(4); n > 0 && !to_leader_.empty(); --n) {
      auto msg = to_leader_.front();
      to_leader_.pop_front();
      proposal_result result{msg.id, errc::no_leader, {}};
      if (msg.term == term_ && draw(5) != 0) {
        log_.push_back({term_, msg.who});
        result = {msg.id, errc::none, {term_, index_t{log_.size()}}};
      } else if (draw(5) == 0) {
        result.code = errc::no_space;
      }
      results_.push_back(result);
    }
    while (!reads_.empty() && commit_ >= first_own_ && draw(2) == 0) {
      auto msg = reads_.front();
      reads_.pop_front();
      auto code = msg.term == term_ ? errc::none : errc::no_leader;
      read_results_.push_back({msg.id, code, index_t{commit_}});
    }
  }

  // -- the member -------------------------------------------------------------

  void arrive() {
    auto who = ++last_who_;
    auto deadline = now_ + timespan{20 + draw(200)};
    if (draw(3) == 0) {
      if (open_.add_query(who, to_bytes("q"), deadline, cfg_) == errc::none) {
        arrived_.insert(who);
        // What is committed now must be seen.
        must_see_[who] = index_t{commit_};
      }
      return;
    }
    auto text = std::to_string(who);
    if (open_.add_command(who, to_bytes(text), deadline, cfg_) == errc::none)
      arrived_.insert(who);
  }

  void hand_over() {
    for (auto& x : open_.take_commands({ours_ ? server_id{1} : other, term_},
                                       !ours_, 1 + draw(5), unlimited))
      to_leader_.push_back(
        {term_, x.id, std::stoi(std::string{as_text(x.payload)})});
    if (auto batch = open_.take_queries())
      reads_.push_back({term_, batch});
  }

  void results_arrive() {
    for (auto n = draw(4); n > 0 && !results_.empty(); --n)
      result_arrives();
    for (auto n = draw(3); n > 0 && !read_results_.empty(); --n) {
      auto x = read_results_.front();
      if (draw(4) != 0)
        read_results_.pop_front();
      run(open_.read_confirmed(x.id, x.code, x.index));
    }
  }

  /// May come twice, but never for an own role.
  void result_arrives() {
    auto x = results_.front();
    results_.pop_front();
    if (!ours_ && draw(4) == 0)
      results_.push_back(x);
    if (auto end = open_.appended(x.id, x.code, x.entry))
      told(*end);
  }

  void apply() {
    auto last = std::min<size_t>(commit_, applied_ + draw(6));
    std::vector<bytes> answers;
    std::vector<requests::applied> xs;
    auto jumps = draw(20) == 0;
    for (auto i = applied_; i < last; ++i)
      answers.push_back(to_bytes(std::to_string(log_[i].who)));
    for (auto i = applied_; i < last && !jumps; ++i)
      xs.push_back({{log_[i].term, index_t{i + 1}}, &answers[i - applied_]});
    applied_ = last;
    std::vector<requests::ready_query> ready;
    auto ended = open_.applied_up_to(index_t{last}, xs, ready);
    told(ended);
    run(ready);
  }

  void run(const std::vector<requests::ready_query>& ready) {
    for (auto& x : ready)
      if (auto end = open_.answered(x.id)) {
        REQUIRE(must_see_.at(end->who).value <= applied_);
        ++reads;
        told(*end);
      }
  }

  void told(const requests::settled_list& xs) {
    for (auto& x : xs)
      told(x);
  }

  void told(const requests::settled& x) {
    auto who = x.who;
    CAPTURE(who);
    REQUIRE(arrived_.count(who) == 1);
    REQUIRE(told_.insert(who).second);
    auto is_query = must_see_.count(who) == 1;
    if (is_query) {
      REQUIRE((x.code == errc::none || x.code == errc::no_leader));
    } else if (x.code == errc::none) {
      ++done;
      REQUIRE(as_text(x.answer) == std::to_string(who));
      REQUIRE(log_[x.entry.index.value - 1].who == who);
      REQUIRE(log_[x.entry.index.value - 1].term == x.entry.term);
    } else if (x.code == errc::outcome_unknown) {
      ++unknown;
    } else {
      never_.insert(who);
    }
  }

  std::mt19937 rng_;
  settings cfg_;
  requests open_;
  time_point now_ = t0;

  std::vector<world_entry> log_;
  size_t commit_ = 0;
  size_t applied_ = 0;
  size_t first_own_ = 0;
  term_t term_;
  bool ours_ = false;

  std::deque<proposal_message> to_leader_;
  std::deque<read_message> reads_;
  std::deque<proposal_result> results_;

  struct read_result {
    request_id id;
    errc code;
    index_t index;
  };

  std::deque<read_result> read_results_;

  int last_who_ = 0;
  std::set<int> arrived_;
  std::set<int> told_;
  /// Who was told: never.
  std::set<int> never_;
  std::map<int, index_t> must_see_;
};

} // namespace

TEST_CASE("each request is answered once, and truly") {
  size_t done = 0;
  size_t unknown = 0;
  size_t reads = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    world x{seed};
    for (int i = 0; i < 1500; ++i)
      x.step();
    x.finish();
    done += x.done;
    unknown += x.unknown;
    reads += x.reads;
  }
  // The model reaches what it is made for.
  CHECK(done > 5000);
  CHECK(unknown > 1000);
  CHECK(reads > 1000);
}

TEST_CASE("a step-down with thousands of requests answers each once") {
  desk x;
  for (int i = 0; i < 9000; ++i)
    REQUIRE((i % 3 == 0 ? x.query(i) : x.command(i)) == errc::none);
  auto taken = x.to_role();
  x.open.take_queries();
  for (size_t i = 0; i < 2000; ++i)
    x.open.appended(taken[i].id, errc::none, at(i + 1, 1));
  x.open.tenure_over();
  std::vector<entry_id> entries;
  for (uint64_t i = 1; i <= 1000; ++i)
    entries.push_back(at(i, 1));
  for (uint64_t i = 1001; i <= 2000; ++i)
    entries.push_back(at(i, 2));
  auto ended = x.apply(index_t{2000}, entries);
  CHECK(ended.size() == 2000);
  CHECK(std::count_if(ended.begin(), ended.end(),
                      [](auto& y) { return y.code == errc::none; })
        == 1000);
  auto rest = x.expire(5s);
  CHECK(rest.size() == 7000);
  CHECK(std::all_of(rest.begin(), rest.end(),
                    [](auto& y) { return y.code == errc::no_leader; }));
}

#include "caf/raft/core/follower.hpp"

#include "core/leader_fixture.hpp"
#include "core/model_disk.hpp"

#include <map>
#include <random>
#include <set>

// One leadership over followers with whatever logs earlier terms may have left
// them: messages are lost, repeated and reordered, disks lag behind, followers
// crash. Everything by the rules of both sides.

using namespace caf::raft;
using namespace caf::raft::core;
using namespace caf::raft::core::test;

namespace {

struct member_of_model {
  disk storage;
  follower rules;
  round_t heard_round;
};

class model {
public:
  model(unsigned seed, uint64_t term_count) : rng_(seed) {
    term_ = term_count + 1;
    auto logs = history(rng_, term_count);
    auto leads = rng_() % voter_count;
    for (size_t i = 0; i < member_count; ++i) {
      auto& x = members_[i + 1];
      for (size_t k = 0; k < logs[i].size(); ++k)
        x.storage.content.push_back(entries_from(k + 1, {logs[i][k]}).front());
      restart(i + 1);
      if (is_up_to_date(logs[i], logs[leads]) && i < voter_count)
        leads = i;
    }
    leader_id_ = leads + 1;
    auto& own = members_[leader_id_];
    leader_ = become_leader(tenure_of(leader_id_, term_, own.storage.open()),
                            now_);
    cfg_.max_append_entries = 1 + rng_() % 8;
    cfg_.max_inflight_messages = 1 + rng_() % 4;
    cfg_.min_pipelined_entries = 1 + rng_() % 3;
  }

  void step() {
    now_ += std::chrono::milliseconds{rng_() % 30};
    auto id = 1 + rng_() % member_count;
    switch (rng_() % 14) {
      case 0:
        propose_many(leader_, 1 + rng_() % 3);
        break;
      case 1:
      case 2:
        send_to(id);
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        deliver();
        break;
      case 7:
      case 8:
        store_at(id);
        break;
      case 9:
        start_heartbeats();
        break;
      case 10:
        add_read();
        break;
      case 11:
        reset_stalled(leader_, now_, cfg_);
        if (rng_() % 4 == 0)
          on_peer_reset(leader_, server_id{id});
        break;
      case 12:
        if (rng_() % 8 == 0)
          restart(id);
        break;
      default:
        lose();
    }
    check();
  }

  /// From now on nothing is lost, repeated or reordered any more.
  void heal() {
    calm_ = true;
    for (auto i = 0; i < 2000 && !is_done(); ++i) {
      now_ += cfg_.election_timeout / 4;
      reset_stalled(leader_, now_, cfg_);
      start_heartbeats();
      for (auto& [id, x] : members_) {
        send_to(id);
        while (store_at(id))
          continue;
      }
      while (!network_.empty())
        deliver();
      check();
    }
    REQUIRE(is_done());
    REQUIRE(leader_.self.commit_index == leader_.self.log.last_index());
    REQUIRE(leader_.reads.take_all().empty());
  }

  /// Without any loss: each follower refuses once for each term of its log that
  /// conflicts, and once more at most.
  void check_round_trips() {
    std::map<uint64_t, size_t> bounds;
    for (auto& [id, x] : members_) {
      std::set<uint64_t> conflicting;
      for (auto& y : x.storage.content)
        if (!leader_.self.log.has(y.id()))
          conflicting.insert(y.term().value);
      bounds[id] = conflicting.size() + 1;
    }
    heal();
    for (auto& [id, n] : refusals_)
      REQUIRE(n <= bounds[id]);
  }

  size_t reads_confirmed = 0;
  size_t restarts = 0;

private:
  // -- what happens -----------------------------------------------------------

  bool leads(uint64_t id) const {
    return id == leader_id_;
  }

  void send_to(uint64_t id) {
    if (auto what = take_write(leader_))
      members_[leader_id_].storage.queue.push_back(std::move(*what));
    while (auto order = next_for(leader_, id, now_, cfg_)) {
      auto last = order->last;
      // Now and then the reader cuts it, or cannot read at all.
      if (!calm_ && order->first < last && rng_() % 8 == 0) {
        last = order->first + rng_() % (last - order->first);
        sent_less(leader_, server_id{id}, *order, last);
        if (last == order->first)
          return;
      }
      post(id, message_of(leader_, {order->prev, order->first, last}));
    }
  }

  void start_heartbeats() {
    start_round(leader_);
    for (auto& [id, unused] : leader_.peers)
      post(id.value, heartbeat_for(leader_, id));
    told(confirm_alone(leader_));
  }

  void add_read() {
    auto id = request_id{must_see_.size() + 1};
    must_see_[id] = {leader_.self.commit_index, leader_.round};
    leader_.reads.add({server_id{leader_id_}, id});
    if (wants_round(leader_))
      start_heartbeats();
  }

  /// Any of the messages, and sometimes it stays and comes again.
  void deliver() {
    if (network_.empty())
      return;
    auto any = calm_ ? 0 : rng_() % network_.size();
    auto i = network_.begin() + static_cast<std::ptrdiff_t>(any);
    auto [to, msg] = *i;
    if (calm_ || rng_() % 6 != 0)
      network_.erase(i);
    std::visit([&, id = to](auto& x) { receive(id, x); }, msg);
  }

  void lose() {
    if (!network_.empty() && rng_() % 2 == 0)
      network_.erase(network_.begin()
                     + static_cast<std::ptrdiff_t>(rng_() % network_.size()));
  }

  bool store_at(uint64_t id) {
    auto& x = members_[id];
    if (!x.storage.store_one())
      return false;
    auto up_to = stored(x.storage.stored_up_to);
    if (leads(id))
      on_stored(leader_, up_to);
    else if (auto answer = acknowledge(x.rules, up_to))
      post(leader_id_, *answer);
    update_commit(leader_);
    return true;
  }

  /// What is not on its disk is lost. The leader never crashes here.
  void restart(uint64_t id) {
    if (leads(id))
      return;
    ++restarts;
    auto& x = members_[id];
    x.rules = become_follower(tenure_of(id, term_, x.storage.open()), now_, {},
                              0);
    x.storage.stored_up_to = write_id{};
  }

  // -- messages ---------------------------------------------------------------

  template <class T>
  void post(uint64_t to, T msg) {
    auto& x = network_.emplace_back();
    x.to = to;
    x.body = std::move(msg);
  }

  void receive(uint64_t id, const append_entries& msg) {
    auto& x = members_[id];
    auto outcome = on_append(x.rules, msg, now_, calm_ || rng_() % 10 != 0);
    if (outcome.write)
      x.storage.queue.push_back(*outcome.write);
    if (outcome.answer)
      post(leader_id_, *outcome.answer);
  }

  void receive(uint64_t, const append_result& msg) {
    if (!msg.success)
      ++refusals_[msg.from.id.value];
    on_append_result(leader_, msg, now_);
    update_commit(leader_);
  }

  void receive(uint64_t id, const heartbeat& msg) {
    auto& x = members_[id];
    x.heard_round = std::max(x.heard_round, msg.round);
    post(leader_id_, on_heartbeat(x.rules, msg, now_));
  }

  void receive(uint64_t, const heartbeat_result& msg) {
    told(on_heartbeat_result(leader_, msg, now_));
  }

  void told(const read_queue::confirmed_reads& xs) {
    for (auto& x : xs.readers) {
      ++reads_confirmed;
      auto& [commit, round] = must_see_.at(x.id);
      REQUIRE(xs.index >= commit);
      REQUIRE(xs.index >= leader_.first_own);
      size_t heard = 1;
      for (auto& [id, y] : members_)
        heard += !leads(id) && id <= voter_count && y.heard_round > round;
      REQUIRE(heard > voter_count / 2);
    }
  }

  // -- what must hold ---------------------------------------------------------

  void check() {
    auto& log = leader_.self.log;
    auto commit = leader_.self.commit_index;
    REQUIRE(commit >= last_commit_);
    last_commit_ = commit;
    check_committed(commit);
    for (auto& [id, x] : leader_.peers) {
      auto& storage = members_[id.value].storage;
      REQUIRE(x.next_index() > x.match_index());
      REQUIRE(x.next_index() <= log.last_index() + 1);
      REQUIRE(x.inflight_messages() <= (x.state() == progress::state_t::probe
                                          ? 1
                                          : cfg_.max_inflight_messages));
      // What it has acknowledged is on its disk, and the leader's.
      REQUIRE(storage.content.size() >= x.match_index().value);
      if (x.match_index())
        REQUIRE(log.has(storage.content[x.match_index().value - 1].id()));
      auto& self = members_[id.value].rules.self;
      REQUIRE(self.commit_index <= commit);
      if (self.commit_index)
        REQUIRE(
          log.has({*self.log.term_at(self.commit_index), self.commit_index}));
    }
  }

  /// Committed is only what a majority of the voters has on its disk.
  void check_committed(index_t commit) {
    if (!commit)
      return;
    REQUIRE(commit >= leader_.first_own);
    auto last = *leader_.self.log.recent(commit, commit + 1, SIZE_MAX, 1);
    size_t have = 0;
    for (auto& [id, x] : members_)
      have += id <= voter_count && x.storage.has(last.front());
    REQUIRE(have > voter_count / 2);
  }

  bool is_done() {
    for (auto& [id, x] : members_)
      if (x.storage.content.size() != leader_.self.log.last_index().value
          || !leader_.self.log.has(x.storage.content.back().id()))
        return false;
    for (auto& [id, x] : leader_.peers)
      if (x.match_index() != leader_.self.log.last_index())
        return false;
    return !leader_.reads.underway() && !leader_.reads.wants_round();
  }

  struct packet {
    uint64_t to = 0;
    std::variant<append_entries, append_result, heartbeat, heartbeat_result>
      body;
  };

  std::mt19937 rng_;
  settings cfg_;
  time_point now_ = t0;
  uint64_t term_ = 0;
  uint64_t leader_id_ = 0;
  leader leader_;
  std::map<uint64_t, member_of_model> members_;
  std::vector<packet> network_;
  bool calm_ = false;
  index_t last_commit_;
  /// The commit index and the round when each read arrived.
  std::map<request_id, std::pair<index_t, round_t>> must_see_;
  std::map<uint64_t, size_t> refusals_;
};

} // namespace

TEST_CASE("followers come to the leader's log, whatever is lost on the way") {
  size_t reads = 0;
  size_t restarts = 0;
  for (unsigned seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    model x{seed, seed % 12};
    for (auto i = 0; i < 1200; ++i)
      x.step();
    x.heal();
    reads += x.reads_confirmed;
    restarts += x.restarts;
  }
  CHECK(reads > 1000);
  CHECK(restarts > 1000);
}

TEST_CASE("a conflict costs a round trip for each term, and one more") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    model x{seed, 1 + seed % 15};
    x.check_round_trips();
  }
}

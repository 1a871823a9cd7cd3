// When the log actor commits, syncs, sets room aside and gives up, over a store
// that notes what it is told.

#include "caf/raft/log_actor.hpp"

#include "net_fakes.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace caf::raft;
using namespace net;
using namespace std::chrono_literals;

namespace {

constexpr size_t MiB = 1 << 20;

constexpr group_id group{1};

/// Its room is a file of so many bytes that grows by a MiB at a time.
class noting_store : public storage::log_store {
public:
  const storage::identity& who() const override {
    return who_;
  }

  result_of<done> found(cluster_id cluster, configuration_ptr zero) override {
    if (full)
      return no_room();
    notes += 'f';
    who_.cluster = cluster;
    who_.zero = std::move(zero);
    durable_ = commits_;
    return done{};
  }

  result_of<storage::recovered_log> recover(group_id, size_t) override {
    return storage::recovered_log{};
  }

  result_of<done> commit(std::span<const log_write> batch) override {
    size_t bytes = 0;
    for (auto& x : batch)
      bytes += size_in_bytes(x.append);
    if (bytes > ahead_)
      return no_room();
    ahead_ -= bytes;
    notes += 'c';
    durable_ = commits_++;
    if (meanwhile)
      meanwhile();
    return done{};
  }

  uint64_t durable_commits() const override {
    return durable_;
  }

  result_of<done> sync() override {
    if (broken)
      return failure{errc::storage_failed, "the disk is broken"};
    if (durable_ == commits_)
      return done{};
    notes += 's';
    durable_ = commits_;
    return done{};
  }

  size_t room() const override {
    return ahead_;
  }

  bool make_room() override {
    broken |= fails_to_grow && notes.ends_with('s');
    if (!full && !broken && ahead_ < wanted)
      ahead_ += MiB;
    return full || broken || ahead_ >= wanted;
  }

  std::unique_ptr<storage::log_reader> reader() override {
    return nullptr;
  }

  /// What happens while something is committed.
  std::function<void()> meanwhile;
  /// Commits, syncs, foundings.
  std::string notes;
  size_t wanted = 32 * MiB;
  bool full = false;
  bool broken = false;
  /// In an idle moment.
  bool fails_to_grow = false;

private:
  static failure no_room() {
    return {errc::no_space, "no space left on device"};
  }

  storage::identity who_;
  size_t ahead_ = 0;
  uint64_t commits_ = 0;
  uint64_t durable_ = 0;
};

struct fixture : virtual_process {
  fixture() {
    auto give_up = [this](const failure& why) { end = why.text; };
    log = spawn_at<log_actor_state>(sys.system(), placement::scheduled, disk,
                                    logger{}, fatal_handler{give_up});
    run();
  }

  void begin() {
    tell(log, recover_group{group, 0, server.as<log_client>()});
  }

  /// Hands a write over without letting the log actor run.
  void hand_over(size_t bytes, std::optional<hard_state> state = {}) {
    log_write what;
    what.group = group;
    what.number = write_id{++last_write};
    what.state = state;
    if (bytes > 0)
      what.append = {entry::make(index_t{last_write}, term_t{1},
                                 entry_kind::command, caf::raft::bytes(bytes))};
    post_from_outside(log, store{std::move(what)});
  }

  void put(size_t bytes, std::optional<hard_state> state = {}) {
    hand_over(bytes, state);
    run();
  }

  /// The newest write that is said to be stored.
  uint64_t stored() {
    for (auto& x : server.take<log_stored>())
      stored_ = x.up_to->value;
    return stored_;
  }

  std::string notes() {
    return std::exchange(disk->notes, {});
  }

  std::shared_ptr<noting_store> disk = std::make_shared<noting_store>();
  collector<recovered, log_stored, log_room> server{sys.system()};
  collector<cluster_founded> node{sys.system()};
  log_actor log;
  uint64_t last_write = 0;
  std::string end;

private:
  uint64_t stored_ = 0;
};

} // namespace

TEST_CASE("a single write is synced at once") {
  fixture f;
  f.begin();
  f.put(100);
  CHECK(f.notes() == "cs");
  CHECK(f.stored() == 1);
}

TEST_CASE("what waits together is one commit") {
  fixture f;
  f.begin();
  for (int i = 0; i < 5; ++i)
    f.hand_over(100);
  f.run();
  CHECK(f.notes() == "cs");
  CHECK(f.stored() == 5);
}

TEST_CASE("while more waits a commit makes the one before it durable") {
  fixture f;
  f.begin();
  f.disk->meanwhile = [&] {
    if (f.disk->notes.size() > 8)
      return;
    f.hand_over(100);
    f.hand_over(100);
  };
  f.put(100);
  CHECK(f.notes() == "cccccccccs");
  CHECK(f.stored() == 17);
}

TEST_CASE("a term or a vote is synced whatever waits") {
  fixture f;
  f.begin();
  f.disk->meanwhile = [&] {
    if (f.disk->notes.size() == 1)
      f.hand_over(100);
  };
  f.put(0, hard_state{term_t{1}, server_id{1}});
  CHECK(f.notes() == "cscs");
  CHECK(f.stored() == 2);
}

TEST_CASE("a full disk does not hold back what was committed before") {
  fixture f;
  f.begin();
  f.disk->full = true;
  f.disk->meanwhile = [&] {
    if (f.last_write == 1)
      f.hand_over(64 * MiB);
  };
  f.put(MiB);
  CHECK(f.notes() == "cs");
  CHECK(f.stored() == 1);
  f.run_for(10s);
  CHECK(f.notes().empty());
  f.disk->full = false;
  f.disk->wanted = 128 * MiB;
  f.run_for(300ms);
  CHECK(f.notes() == "cs");
  CHECK(f.stored() == 2);
}

TEST_CASE("what a commit takes is set aside again though more waits") {
  fixture f;
  f.begin();
  REQUIRE(f.disk->room() == 32 * MiB);
  f.disk->meanwhile = [&] {
    if (f.last_write < 20)
      f.hand_over(4 * MiB);
  };
  f.put(4 * MiB);
  CHECK(f.notes() == std::string(20, 'c') + "s");
  CHECK(f.stored() == 20);
}

TEST_CASE("a disk without room puts off the founding of a cluster") {
  fixture f;
  f.disk->full = true;
  f.tell(f.log,
         found_cluster{cluster_id{9}, nullptr, f.node.as<founding_client>()});
  f.run_for(10s);
  CHECK(f.end.empty());
  CHECK(f.node.take<cluster_founded>().empty());
  f.disk->full = false;
  f.run_for(300ms);
  auto said = f.node.take<cluster_founded>();
  REQUIRE(said.size() == 1);
  CHECK(said.front().cluster == cluster_id{9});
  f.run_for(10s);
  CHECK(f.notes() == "f");
}

TEST_CASE("a disk that is tried again is tried four times a second") {
  fixture f;
  f.begin();
  f.disk->full = true;
  f.put(64 * MiB);
  f.tell(f.log,
         found_cluster{cluster_id{9}, nullptr, f.node.as<founding_client>()});
  auto timers = 0;
  for (auto end = f.sys.now() + 10s;
       f.sys.next_timer() && *f.sys.next_timer() <= end; ++timers) {
    f.sys.fire_next_timer();
    f.run();
  }
  CHECK(timers == 40);
}

TEST_CASE("a failure while room is set aside ends the member at once") {
  fixture f;
  f.begin();
  f.disk->fails_to_grow = true;
  f.disk->wanted = 64 * MiB;
  f.put(100);
  CHECK(f.notes() == "cs");
  CHECK(f.end == "the disk is broken");
}

TEST_CASE("a log actor that stops stores what it was given") {
  fixture f;
  collector<stopped> owner{f.sys.system()};
  f.begin();
  f.hand_over(100);
  post_from_outside(f.log, stop_log{owner.as<stop_listener>()});
  f.run();
  CHECK(f.notes() == "cs");
  CHECK(f.stored() == 1);
  CHECK(owner.take<stopped>().size() == 1);
}

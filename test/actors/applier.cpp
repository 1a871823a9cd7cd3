#include "net_fakes.hpp"

#include "caf/raft/applier_actor.hpp"
#include "caf/raft/whole_state.hpp"

#include <doctest/doctest.h>

using namespace net;
using namespace std::chrono_literals;

namespace {

constexpr size_t many = 5000;

/// Counts what is applied.
class counting_machine : public state_machine {
public:
  explicit counting_machine(size_t& count) : count_(count) {
    // nop
  }

  bytes apply(index_t, bytes_view) override {
    ++count_;
    return {};
  }

  bytes query(bytes_view) override {
    return {};
  }

private:
  size_t& count_;
};

/// Has a disk of its own, with all up to some entry.
class durable_machine : public counting_machine {
public:
  durable_machine(size_t& count, index_t has)
    : counting_machine(count),
      has_(has) {
    // nop
  }

  index_t applied_index() const override {
    return has_;
  }

  std::unique_ptr<state_view> view() override {
    return std::make_unique<whole_view>(bytes(5));
  }

private:
  index_t has_;
};

/// An applier, and the test in the place of its server and of the log.
struct applier_fixture : virtual_process {
  size_t applied = 0;
  /// How many entries it was handed.
  size_t released = 0;
  collector<entries_applied, queries_answered, snapshot_taken> server{
    sys.system()};
  collector<read_log> reader{sys.system()};
  collector<begin_snapshot, write_chunk> snapshotter{sys.system()};
  applier_actor applier;

  /// @param begins Whether it is told what it begins with.
  /// @param has    Up to where the machine has everything on a disk of its own.
  explicit applier_fixture(bool begins = true, index_t has = {}) {
    applier_state::setup setup;
    setup.group = group_id{1};
    setup.make = [this, has]() -> std::unique_ptr<state_machine> {
      if (has)
        return std::make_unique<durable_machine>(applied, has);
      return std::make_unique<counting_machine>(applied);
    };
    setup.reader = reader.as<log_reader_actor>();
    setup.snapshotter = snapshotter.as<snapshotter_actor>();
    using server_t = decltype(setup.server);
    setup.server = server.as<server_t>();
    applier = spawn_at<applier_state>(sys.system(), placement::scheduled,
                                      std::move(setup));
    run();
    if (begins)
      tell(applier, start_applying{});
  }
};

entries entries_up_to(size_t last) {
  entries result;
  for (size_t i = 1; i <= last; ++i)
    result.push_back(
      entry::make(index_t{i}, term_t{1}, entry_kind::command, {}));
  return result;
}

} // namespace

TEST_CASE("a long log is applied in turns, and others have theirs between") {
  // With a quick state machine it runs beside what answers heartbeats.
  applier_fixture it;
  SUBCASE("from memory") {
    post_from_outside(it.applier,
                      apply_entries{index_t{many}, entries_up_to(many), false});
  }
  SUBCASE("from the log") {
    it.tell(it.applier, apply_entries{index_t{many}, {}, false});
    REQUIRE(it.reader.take<read_log>().size() == 1);
    post_from_outside(it.applier,
                      log_read{{}, index_t{1}, entries_up_to(many)});
  }
  size_t turns = 0;
  while (it.applied < many) {
    auto before = it.applied;
    REQUIRE(it.sys.step(it.rng));
    CHECK(it.applied - before <= 512);
    turns += it.applied > before;
  }
  CHECK(turns >= 10);
}

TEST_CASE("a query does not wait for the end of a replay") {
  applier_fixture it;
  post_from_outside(it.applier,
                    apply_entries{index_t{many}, entries_up_to(many), false});
  REQUIRE(it.sys.step(it.rng));
  post_from_outside(it.applier, run_queries{{{request_id{1}, {}}}});
  auto answered = [&] { return !it.server.take<queries_answered>().empty(); };
  while (!answered())
    REQUIRE(it.sys.step(it.rng));
  CHECK(it.applied < many);
}

TEST_CASE("nobody is answered before there is a state to ask") {
  applier_fixture it{false};
  it.tell(it.applier, run_queries{{{request_id{1}, {}}}});
  it.tell(it.applier, run_queries{{{request_id{2}, {}}}});
  CHECK(it.server.take<queries_answered>().empty());
  it.tell(it.applier, start_applying{});
  CHECK(it.server.take<queries_answered>().size() == 2);
}

TEST_CASE(
  "a machine with a disk of its own has no snapshot of an earlier entry") {
  applier_fixture it{true, index_t{7}};
  auto all = entries_up_to(9);
  auto apply_to = [&](size_t last) {
    auto first = it.released;
    it.released = last;
    it.tell(it.applier,
            apply_entries{index_t{last},
                          {all.begin() + static_cast<ptrdiff_t>(first),
                           all.begin() + static_cast<ptrdiff_t>(last)},
                          false});
  };
  for (size_t last : {3, 6}) {
    apply_to(last);
    it.tell(it.applier, take_snapshot{});
    auto told = it.server.take<snapshot_taken>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].head.error().code == errc::rejected);
    CHECK(it.snapshotter.take<begin_snapshot>().empty());
  }
  for (size_t last : {7, 9}) {
    apply_to(last);
    it.tell(it.applier, take_snapshot{});
    it.run_for(10ms);
    auto begun = it.snapshotter.take<begin_snapshot>();
    REQUIRE(begun.size() == 1);
    CHECK(begun[0].what.last.index == index_t{last});
    REQUIRE(it.snapshotter.take<write_chunk>().size() == 1);
  }
  // What it has is not applied again.
  CHECK(it.applied == 2);
}

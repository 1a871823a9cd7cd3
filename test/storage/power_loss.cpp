// What is left after a power loss, tried at every flush and after every commit
// of a store that lives, is killed and lives again; and whether these tests
// would notice if the store were less careful than it is.

#include "storage/child.hpp"
#include "storage/contents.hpp"
#include "storage/volatile_disk.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

/// What is done wrong on purpose, and how.
struct conditions {
  /// Commits count as durable when they return.
  bool acknowledge_early = false;
  /// Commits do not flush: LMDB's MDB_NOSYNC.
  bool commit_without_flush = false;
  /// What opening finds counts as durable although it flushes nothing.
  bool open_without_flush = false;
  /// When a process dies, the kernel could not write some of what it left.
  bool fail_write_back = false;
  /// Opening believes the page cache.
  bool open_from_cache = false;
  size_t fragment = 4096;
  size_t reserve_bytes = 0;
  size_t journal_bytes = 0;
  /// How many cases to try at each point.
  size_t cases = 4;
};

const conditions journal{.reserve_bytes = 2 << 20,
                         .journal_bytes = small_journal,
                         .cases = 2};

const std::map<char, std::string> names{
  {'k', "good"},  {'l', "with something lost"},  {'r', "refused"},
  {'w', "wrong"}, {'x', "that end the process"}, {'h', "that hang"}};

/// A store with its disk, its power and a record of all that was promised.
class life_story {
public:
  life_story(uint64_t seed, const conditions& how)
    : how_(how),
      numbers_(seed),
      settings_(settings_for(dir_ / "real")) {
    settings_.map_size = 64 << 20;
    settings_.reserve_bytes = how.reserve_bytes;
    settings_.journal_bytes = how.journal_bytes;
    fs::create_directories(dir_ / "copy/log");
    {
      fast_io fast;
      hooked hook{fast};
      open_store(settings_);
    }
    real_ = fs::canonical(dir_ / "real").string();
    std::vector<std::string> paths{real_ + "/log/data.mdb"};
    if (how.journal_bytes != 0)
      paths.push_back(real_ + "/journal");
    disk_.emplace(paths, how.fragment);
    disk_->before_flush = [this] { note_power_loss(); };
  }

  outcomes live(size_t lives) {
    hooked hook{*disk_};
    for (size_t i = 0; i < lives; ++i) {
      begin_life();
      // A ring is to begin anew now and then.
      auto usual = how_.journal_bytes == 0 ? 5u : 25u;
      auto steps = usual + numbers_.below(2 * usual);
      for (size_t j = 0; j < steps; ++j)
        step();
      end_life();
    }
    try_power_losses();
    return result_;
  }

private:
  struct power_loss {
    disk_image left;
    uint64_t seed;
    /// The states that may be found: [promised, attempted).
    size_t promised;
    size_t attempted;
  };

  void begin_life() {
    disk_->ignore_flushes = how_.open_without_flush;
    disk_->ignore_drops = how_.open_from_cache;
    store_ = open_store(settings_);
    auto found = contents_of(*store_);
    REQUIRE(found);
    auto newest = find(*found, promised_, history_.size());
    // After `kill -9` everything promised is there.
    REQUIRE(newest);
    try_power_losses();
    history_.resize(*newest + 1);
    commits_.clear();
    // A server now answers what it has read.
    promised_ = *newest;
    note_power_loss();
    disk_->ignore_flushes = false;
  }

  void step() {
    if (numbers_.one_in(8))
      make_durable();
    else if (numbers_.one_in(8))
      store_->make_room();
    else if (!history_.back().cluster && numbers_.one_in(4))
      found();
    else
      commit();
    note_power_loss();
  }

  void end_life() {
    if (numbers_.one_in(2)) {
      // In the middle of a commit.
      disk_->die_after(numbers_.below(12));
      auto promised = promised_;
      commit();
      promised_ = promised;
    } else {
      disk_->die();
    }
    store_.reset();
    disk_->live();
    if (how_.fail_write_back)
      disk_->fail_write_back(numbers_);
    note_power_loss();
  }

  void commit() {
    auto batch = random_batch(history_.back(), numbers_);
    commits_.push_back(history_.size());
    history_.push_back(history_.back());
    history_.back().apply(batch);
    disk_->ignore_flushes = how_.commit_without_flush;
    REQUIRE(store_->commit(batch));
    disk_->ignore_flushes = false;
    auto durable = how_.acknowledge_early ? commits_.size()
                                          : store_->durable_commits();
    if (durable > 0)
      promised_ = std::max(promised_, commits_[durable - 1]);
  }

  void found() {
    history_.push_back(history_.back());
    history_.back().cluster = cluster_id{9};
    REQUIRE(store_->found(cluster_id{9}, voters({1, 2, 3})));
    promised_ = history_.size() - 1;
  }

  void make_durable() {
    REQUIRE(store_->sync());
    REQUIRE(store_->durable_commits() == commits_.size());
    promised_ = history_.size() - 1;
  }

  /// Returns which of the states [oldest, end) this is.
  std::optional<size_t> find(const contents& what, size_t oldest,
                             size_t end) const {
    for (auto i = end; i > oldest; --i)
      if (same(history_[i - 1], what))
        return i - 1;
    return std::nullopt;
  }

  /// Notes some of what a power loss may leave now. All of it is tried a little
  /// later: processes are costly.
  void note_power_loss() {
    constexpr size_t enough = 64;
    for (size_t i = 0; i < how_.cases; ++i)
      losses_.push_back({disk_->after_power_loss(numbers_), numbers_(),
                         promised_, history_.size()});
    if (losses_.size() >= enough)
      try_power_losses();
  }

  void try_power_losses() {
    auto run = [this](size_t i) { return lose_power(losses_[i]); };
    run_cases(losses_.size(), run, result_);
    losses_.clear();
  }

  /// Restarts on what a power loss leaves, in a copy.
  char lose_power(const power_loss& what) {
    generator numbers{what.seed};
    fast_io fast;
    hooked hook{fast};
    for (auto& [path, image] : what.left)
      write_file(dir_ / "copy" + path.substr(real_.size()), image);
    auto settings = settings_;
    settings.directory = dir_ / "copy";
    auto store = open_log_store(settings);
    if (!store)
      return 'r';
    auto now = contents_of(**store);
    if (!now)
      return 'r';
    if (!find(*now, what.promised, what.attempted))
      return find(*now, 0, what.attempted) ? 'l' : 'w';
    return goes_on(std::move(*store), settings, *now, numbers) ? 'k' : 'w';
  }

  /// Commits more, and looks at all of it in a further life.
  static bool goes_on(store_ptr store, const store_settings& settings,
                      contents& now, generator& numbers) {
    // Without room the journal is not used; it takes time.
    auto use_journal = settings.journal_bytes != 0 && numbers.one_in(3);
    while (use_journal && !store->make_room())
      ; // nop
    for (auto left = 1 + numbers.below(6); left > 0; --left) {
      auto batch = random_batch(now, numbers);
      if (!store->commit(batch))
        return false;
      now.apply(batch);
    }
    store.reset();
    auto next = open_log_store(settings);
    if (!next)
      return false;
    auto then = contents_of(**next);
    return then && same(*then, now);
  }

  conditions how_;
  generator numbers_;
  temp_dir dir_;
  std::string real_;
  store_settings settings_;
  std::optional<volatile_disk> disk_;
  store_ptr store_;
  /// What the store held after each commit.
  std::vector<contents> history_{contents{}};
  /// Which of them each commit of this life made.
  std::vector<size_t> commits_;
  /// The newest one that must not be lost.
  size_t promised_ = 0;
  std::vector<power_loss> losses_;
  outcomes result_;
};

outcomes live(const conditions& how, size_t stories, uint64_t first_seed = 1) {
  outcomes result;
  for (size_t i = 0; i < stories; ++i) {
    CAPTURE(first_seed + i);
    life_story story{first_seed + i, how};
    for (auto& [what, n] : story.live(3))
      result[what] += n;
  }
  return result;
}

/// @returns How many cases are not good.
size_t bad(const outcomes& xs) {
  size_t result = 0;
  for (auto& [what, n] : xs)
    result += what == 'k' ? 0 : n;
  return result;
}

void report(const outcomes& xs) {
  MESSAGE("after a power loss: ", to_string(xs, names));
}

/// Tries until something bad is found; few stories must do.
outcomes live_until_bad(const conditions& how) {
  outcomes result;
  for (uint64_t seed = 1; seed <= 20 && bad(result) == 0; ++seed)
    for (auto& [what, n] : live(how, 1, seed))
      result[what] += n;
  report(result);
  return result;
}

} // namespace

TEST_CASE("a power loss takes nothing that was promised") {
  conditions how;
  SUBCASE("where pages are written as a whole") {
    how.reserve_bytes = 1 << 20;
  }
  SUBCASE("where sectors are written as a whole") {
    how.fragment = 512;
  }
  SUBCASE("where the kernel could not write back what a dead process left") {
    how.fail_write_back = true;
  }
  SUBCASE("with a journal, where pages are written as a whole") {
    how = journal;
  }
  SUBCASE("with a journal, where sectors are written as a whole") {
    how = journal;
    how.fragment = 512;
  }
  SUBCASE("with a journal, where the kernel could not write back") {
    how = journal;
    how.fail_write_back = true;
  }
  auto result = live(how, repeats(8));
  report(result);
  CHECK(bad(result) == 0);
  CHECK(count(result, 'k') > 100);
}

TEST_CASE("these tests notice promises made when a commit returns") {
  conditions how;
  how.acknowledge_early = true;
  CHECK(count(live_until_bad(how), 'l') > 0);
}

TEST_CASE("these tests notice commits without a flush") {
  conditions how;
  how.commit_without_flush = true;
  auto result = live_until_bad(how);
  CHECK(bad(result) > count(result, 'l'));
}

TEST_CASE("these tests notice promises of what opening did not flush") {
  conditions how;
  how.open_without_flush = true;
  CHECK(count(live_until_bad(how), 'l') > 0);
}

TEST_CASE("these tests notice promises of what is in the page cache only") {
  conditions how;
  how.fail_write_back = true;
  how.open_from_cache = true;
  CHECK(count(live_until_bad(how), 'l') > 0);
}

TEST_CASE("these tests notice a journal that is not durable when it says so") {
  auto how = journal;
  how.commit_without_flush = true;
  CHECK(count(live_until_bad(how), 'l') > 0);
}

TEST_CASE("these tests notice a journal that opening did not flush") {
  auto how = journal;
  how.open_without_flush = true;
  CHECK(bad(live_until_bad(how)) > 0);
}

// Disks that fail.

#include "storage/contents.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <set>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

enum class operation { write, meta_write, flush };

/// Fails one operation on the data, or all from then on. As the kernel does, a
/// flush that failed tells so once for each descriptor.
class failing_io : public io_hooks {
public:
  /// Which operation: the first is number one. Zero: none.
  size_t number = 0;
  std::optional<operation> kind;
  int code = EIO;
  /// Instead of failing, write only a part.
  bool cut_short = false;
  bool for_ever = false;

  void fail(operation what, int with = EIO) {
    kind = what;
    code = with;
    number = count_ + 1;
  }

  void heal() {
    *this = failing_io{};
  }

  bool has_failed() const {
    return failed_;
  }

  ssize_t write(int fd, std::span<const std::byte> what, off_t where) override {
    // What ends a commit is shorter than a page.
    auto meta = where < 8192 && what.size() < 512;
    if ((!is_data_file(fd) && !is_journal(fd))
        || !fails(meta ? operation::meta_write : operation::write))
      return io_hooks::write(fd, what, where);
    if (cut_short)
      return io_hooks::write(fd, what.first(what.size() / 2), where);
    errno = code;
    return -1;
  }

  int flush(int fd) override {
    if (!is_data_file(fd) && !is_journal(fd))
      return 0;
    if (fails(operation::flush)) {
      told_ = {fd};
    } else if (told_.empty() || !told_.insert(fd).second) {
      return 0;
    }
    errno = code;
    return -1;
  }

  int drop_cache(int) override {
    return 0;
  }

private:
  bool fails(operation what) {
    if (kind && *kind != what)
      return false;
    ++count_;
    auto result = number != 0
                  && (for_ever ? count_ >= number : count_ == number);
    failed_ |= result;
    return result;
  }

  size_t count_ = 0;
  bool failed_ = false;
  std::set<int> told_;
};

void check_refuses_everything(log_store& store, log_reader& reader) {
  auto refused = [](const auto& x) {
    return !x && x.error().code == errc::storage_failed;
  };
  auto xs = appending(make_entries(1, 1, 1), group_id{9});
  CHECK(refused(store.commit({&xs, 1})));
  CHECK(refused(store.commit({})));
  CHECK(refused(store.sync()));
  CHECK(refused(store.recover(group, all)));
  CHECK(refused(store.found(cluster_id{9}, voters({1}))));
  CHECK(refused(reader.read(group, index_t{1}, index_t{2}, all)));
  CHECK(store.make_room());
}

} // namespace

TEST_CASE("a store that failed refuses everything until it is opened again") {
  failing_io io;
  hooked hook{io};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  {
    auto store = open_store(settings);
    auto reader = store->reader();
    put(*store, appending(make_entries(1, 1, 5)));
    REQUIRE(store->sync());
    put(*store, appending(make_entries(6, 1, 5)));
    auto next = appending(make_entries(11, 1, 5));
    auto failed = [&](const result_of<done>& x) {
      REQUIRE(io.has_failed());
      REQUIRE_FALSE(x);
      CHECK(x.error().code == errc::storage_failed);
    };
    SUBCASE("a flush fails in a commit") {
      io.fail(operation::flush);
      failed(commit(*store, next));
    }
    SUBCASE("a flush fails for lack of room") {
      // Nobody knows what it lost: this is no full disk.
      io.fail(operation::flush, ENOSPC);
      failed(commit(*store, next));
    }
    SUBCASE("a flush fails in a sync") {
      io.fail(operation::flush);
      failed(store->sync());
    }
    SUBCASE("a flush fails in a recovery") {
      io.fail(operation::flush);
      auto log = store->recover(group, all);
      REQUIRE_FALSE(log);
      CHECK(log.error().code == errc::storage_failed);
    }
    SUBCASE("founding cannot be flushed") {
      io.fail(operation::flush);
      failed(store->found(cluster_id{8}, voters({1})));
    }
    SUBCASE("a page cannot be written") {
      io.fail(operation::write);
      failed(commit(*store, next));
    }
    SUBCASE("a commit cannot be completed") {
      io.fail(operation::meta_write);
      failed(commit(*store, next));
    }
    SUBCASE("a commit cannot be completed for lack of room") {
      io.fail(operation::meta_write, ENOSPC);
      failed(commit(*store, next));
    }
    io.heal();
    check_refuses_everything(*store, *reader);
    CHECK(store->durable_commits() == 1);
  }
  // What was durable is there, and the rest wholly or not at all.
  auto log = recovered(*open_store(settings));
  CHECK(log.last_index >= index_t{5});
  CHECK(log.last_index.value % 5 == 0);
}

TEST_CASE("a failure to set room aside ends the store") {
  failing_io io;
  hooked hook{io};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  settings.reserve_bytes = 8 << 20;
  auto store = open_store(settings);
  io.fail(operation::write);
  CHECK(store->make_room());
  auto result = store->commit({});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::storage_failed);
}

TEST_CASE("a directory that cannot be flushed is not opened") {
  failing_io io;
  hooked hook{io};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  open_store(settings);
  for (auto for_ever : {false, true}) {
    io.heal();
    io.for_ever = for_ever;
    io.fail(operation::flush);
    auto why = why_not(settings);
    CHECK(why.code == errc::storage_failed);
    CHECK(why.text.find(dir.path()) != std::string::npos);
  }
  io.heal();
  open_store(settings);
}

namespace {

/// Commits what can be committed, each batch again where there was no room.
/// @returns The states that a later process may find.
std::vector<contents> work(const store_settings& settings, uint64_t seed) {
  generator numbers{seed};
  contents now;
  auto opened = open_log_store(settings);
  if (!opened)
    return {now};
  auto& store = **opened;
  while (settings.journal_bytes != 0 && !store.make_room())
    ; // nop
  std::vector<contents> after_commit;
  auto promised = now;
  for (auto i = 0; i < 6; ++i) {
    auto batch = random_batch(now, numbers);
    auto result = store.commit(batch);
    if (!result && result.error().code == errc::no_space) {
      auto intact = contents_of(store);
      REQUIRE(intact);
      CHECK(same(*intact, now));
      result = store.commit(batch);
      CHECK(result);
    }
    auto next = now;
    next.apply(batch);
    if (!result)
      return {promised, now, next};
    now = next;
    after_commit.push_back(now);
    if (i == 2 && !store.sync())
      return {promised, now};
    if (store.durable_commits() > 0)
      promised = after_commit[store.durable_commits() - 1];
  }
  return {promised, now};
}

} // namespace

TEST_CASE("any operation may fail and nothing promised is lost") {
  size_t runs = 0;
  auto journal = false;
  SUBCASE("without a journal") {
  }
  SUBCASE("with a journal") {
    journal = true;
  }
  struct fault {
    int code;
    bool for_ever;
    bool cut_short;
  };
  constexpr fault faults[] = {{EIO, false, false},
                              {EIO, true, false},
                              {ENOSPC, false, false},
                              {EIO, false, true}};
  for (auto& x : faults) {
    // Not a structured binding: clang captures none in a lambda.
    auto code = x.code;
    auto for_ever = x.for_ever;
    auto cut_short = x.cut_short;
    auto done = false;
    for (size_t n = 1; !done; ++n, ++runs) {
      CAPTURE(code);
      CAPTURE(for_ever);
      CAPTURE(cut_short);
      CAPTURE(n);
      temp_dir dir;
      auto settings = settings_for(dir.path());
      if (journal)
        settings = with_journal(settings);
      std::vector<contents> possible;
      {
        failing_io io;
        hooked hook{io};
        io.number = n;
        io.code = code;
        io.for_ever = for_ever;
        io.cut_short = cut_short;
        if (cut_short)
          io.kind = operation::write;
        possible = work(settings, n);
        done = !io.has_failed();
      }
      fast_io fast;
      hooked hook{fast};
      auto found = contents_of(*open_store(settings));
      REQUIRE(found);
      auto is_found = [&](auto& x) { return same(x, *found); };
      CHECK(std::any_of(possible.begin(), possible.end(), is_found));
    }
  }
  CHECK(runs > 60);
}

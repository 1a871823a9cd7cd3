// What a process that was killed leaves to the next one.

#include "storage/child.hpp"
#include "storage/contents.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <unistd.h>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

/// Kills the process at one of its flushes or writes; half of the pages of the
/// write are there then.
class deadly_io : public fast_io {
public:
  explicit deadly_io(size_t operations) : left_(operations) {
    // nop
  }

  ssize_t write(int fd, std::span<const std::byte> what, off_t where) override {
    if (!is_data_file(fd) && !is_journal(fd))
      return io_hooks::write(fd, what, where);
    if (--left_ == 0) {
      io_hooks::write(fd, what.first(what.size() / 8192 * 4096), where);
      raise(SIGKILL);
    }
    return io_hooks::write(fd, what, where);
  }

  int flush(int) override {
    if (--left_ == 0)
      raise(SIGKILL);
    return 0;
  }

  int resize(int fd, off_t size) override {
    if (--left_ == 0)
      raise(SIGKILL);
    return io_hooks::resize(fd, size);
  }

private:
  size_t left_;
};

void acknowledge(int out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (write(out, "a", 1) != 1)
      _exit(1);
}

/// Commits until the end; says for each commit when it is durable. The same
/// seed makes the same commits.
void write_for_ever(const store_settings& settings, contents now, uint64_t seed,
                    size_t most, int out) {
  auto store = open_log_store(settings);
  if (!store)
    _exit(1);
  while (!(*store)->make_room())
    ; // nop
  generator numbers{seed};
  uint64_t acknowledged = 0;
  for (size_t i = 0; i < most; ++i) {
    auto batch = random_batch(now, numbers);
    if (!(*store)->commit(batch))
      _exit(1);
    now.apply(batch);
    if (i % 7 == 0 && !(*store)->sync())
      _exit(1);
    auto durable = (*store)->durable_commits();
    acknowledge(out, durable - acknowledged);
    acknowledged = durable;
  }
}

/// What such a writer has written when it has made so many commits or more.
/// @returns Nothing if it was something else.
std::optional<contents> follow(const contents& end, contents now, uint64_t seed,
                               size_t at_least, size_t most) {
  generator numbers{seed};
  for (size_t i = 0; i <= most; ++i) {
    if (i >= at_least && same(now, end))
      return now;
    now.apply(random_batch(now, numbers));
  }
  return std::nullopt;
}

size_t read_all(child& from) {
  size_t result = 0;
  while (from.read() != -1)
    ++result;
  return result;
}

contents contents_in(const store_settings& settings) {
  auto result = contents_of(*open_store(settings));
  if (!result)
    FAIL(result.error().text);
  return *result;
}

} // namespace

TEST_CASE("nothing acknowledged is missing after kill -9") {
  fast_io fast;
  hooked hook{fast};
  temp_dir dir;
  auto settings = settings_for(dir.path());
  SUBCASE("without a journal") {
  }
  SUBCASE("with a journal") {
    settings = with_journal(settings);
  }
  generator numbers{2024};
  contents now;
  size_t total = 0;
  constexpr size_t most = 400;
  for (uint64_t life = 1; life <= repeats(60); ++life) {
    size_t acknowledged = 0;
    {
      child writer{
        [&](int out) { write_for_ever(settings, now, life, most, out); }};
      auto wanted = numbers.below(60);
      while (acknowledged < wanted && writer.read() != -1)
        ++acknowledged;
      writer.kill();
      acknowledged += read_all(writer);
    }
    auto next = follow(contents_in(settings), now, life, acknowledged, most);
    REQUIRE(next);
    now = *next;
    total += acknowledged;
  }
  MESSAGE(total, " commits acknowledged");
  CHECK(total > 0);
}

TEST_CASE("a process may be killed at any of its first writes and flushes") {
  fast_io fast;
  hooked hook{fast};
  constexpr size_t commits = 8;
  auto journal = false;
  SUBCASE("without a journal") {
  }
  SUBCASE("with a journal") {
    journal = true;
  }
  auto ended = false;
  size_t runs = 0;
  for (size_t n = 1; !ended; ++n, ++runs) {
    CAPTURE(n);
    temp_dir dir;
    auto settings = settings_for(dir / "a/b");
    if (journal)
      settings = with_journal(settings);
    size_t acknowledged = 0;
    {
      child writer{[&](int out) {
        deadly_io deadly{n};
        hooked deadly_hook{deadly};
        write_for_ever(settings, {}, n, commits, out);
      }};
      acknowledged = read_all(writer);
      ended = writer.join() == 0;
    }
    // The directory is another one only if nothing was promised.
    settings.incarnation = incarnation_t{78};
    auto store = open_store(settings);
    if (acknowledged > 0)
      CHECK(store->who().incarnation == incarnation_t{77});
    auto found = contents_of(*store);
    REQUIRE(found);
    CHECK(follow(*found, {}, n, acknowledged, commits));
  }
  CHECK(runs > 30);
}

// Snapshots that are made by processes that die, and on disks that fail or are full.

#include "storage/child.hpp"
#include "storage/io.hpp"
#include "storage/snapshots.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <unistd.h>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

const auto old_content = made_up_content(1, 2 * chunk_bytes + 9);
const auto new_content = made_up_content(2, 9 * chunk_bytes + 5);

bool is_snapshot(int fd) {
  return path_of(fd).find("/snapshots/") != std::string::npos;
}

/// At one operation on the snapshots, or from then on, something else happens.
class troubled_io : public fast_io {
public:
  /// Counted from one; zero: none.
  size_t number = 0;
  bool for_ever = false;
  bool deadly = false;
  /// Instead of failing, write only a part.
  bool cut_short = false;
  int code = EIO;
  bool has_happened = false;

  ssize_t write(int fd, std::span<const std::byte> what, off_t where) override {
    if (!is_snapshot(fd) || !happens())
      return io_hooks::write(fd, what, where);
    if (deadly || cut_short) {
      auto result = io_hooks::write(fd, what.first(what.size() / 2), where);
      die();
      return result;
    }
    errno = code;
    return -1;
  }

  int flush(int fd) override {
    if (!is_snapshot(fd) || cut_short || !happens())
      return 0;
    die();
    errno = code;
    return -1;
  }

  int resize(int fd, off_t size) override {
    if (is_snapshot(fd) && deadly && happens())
      die();
    return io_hooks::resize(fd, size);
  }

private:
  bool happens() {
    ++count_;
    auto result = number != 0
                  && (for_ever ? count_ >= number : count_ == number);
    has_happened |= result;
    return result;
  }

  void die() const {
    if (deadly)
      raise(SIGKILL);
  }

  size_t count_ = 0;
};

/// Receives or takes the new one; what meets a full disk is tried once more.
result_of<snapshot_head> make_new(snapshot_files& store, bool is_received) {
  auto head = head_of(9, new_content);
  auto begin = [&] {
    return is_received ? store.receive(group, head)
                       : store.take(group, head_at(9));
  };
  auto to = begin();
  if (!to && to.error().code == errc::no_space)
    to = begin();
  if (!to)
    return to.error();
  auto ok = write_chunks(**to, new_content);
  if (!ok && ok.error().code == errc::no_space)
    ok = write_chunks(**to, new_content);
  if (!ok)
    return ok.error();
  auto result = (*to)->finish();
  return !result && result.error().code == errc::no_space ? (*to)->finish()
                                                          : result;
}

/// Whether the next process finds what it must find, and can go on.
void check_next_life(const temp_dir& dir, bool is_new_finished) {
  fast_io fast;
  hooked hook{fast};
  auto store = open_snapshots(dir);
  auto found = newest_content(*store);
  REQUIRE(found);
  if (is_new_finished)
    CHECK(*found == new_content);
  else
    CHECK((*found == old_content || *found == new_content));
  REQUIRE(make_new(*store, true));
  CHECK(*newest_content(*store) == new_content);
  CHECK(names_of_snapshots(dir) == std::vector<std::string>{"1-3-9.snapshot"});
}

/// Notes what there is whenever the directory is flushed.
struct directory_recorder : fast_io {
  explicit directory_recorder(const temp_dir& where) : dir(where) {
    // nop
  }

  int flush(int fd) override {
    auto path = path_of(fd);
    if (path.ends_with("/snapshots"))
      seen.push_back(names_of_snapshots(dir));
    else
      ++flushes;
    return 0;
  }

  const temp_dir& dir;
  std::vector<std::vector<std::string>> seen;
  size_t flushes = 0;
};

} // namespace

TEST_CASE("the old snapshot goes when the name of the new one is durable") {
  temp_dir dir;
  auto store = open_snapshots(dir);
  take_all(*store, 5, old_content);
  directory_recorder recorder{dir};
  hooked hook{recorder};
  auto to = take(*store, 9);
  REQUIRE(write_chunks(*to, new_content));
  // Nothing is flushed before.
  CHECK(recorder.flushes == 0);
  REQUIRE(to->finish());
  CHECK(recorder.flushes > 0);
  REQUIRE(recorder.seen.size() == 1);
  CHECK(recorder.seen[0]
        == std::vector<std::string>{"1-3-5.snapshot", "1-3-9.snapshot"});
  CHECK(names_of_snapshots(dir) == std::vector<std::string>{"1-3-9.snapshot"});
}

TEST_CASE("a process may be killed at any of its writes and flushes") {
  auto is_received = false;
  SUBCASE("while it takes one") {
  }
  SUBCASE("while it receives one") {
    is_received = true;
  }
  auto ended = false;
  size_t runs = 0;
  for (size_t n = 1; !ended; ++n, ++runs) {
    CAPTURE(n);
    temp_dir dir;
    auto is_finished = false;
    {
      fast_io fast;
      hooked hook{fast};
      take_all(*open_snapshots(dir), 5, old_content);
      child process{[&](int out) {
        troubled_io io;
        io.number = n;
        io.deadly = true;
        hooked deadly{io};
        auto store = open_snapshots(dir);
        if (!make_new(*store, is_received) || write(out, "f", 1) != 1)
          _exit(1);
      }};
      is_finished = process.read() == 'f';
      ended = process.join() == 0;
    }
    check_next_life(dir, is_finished);
  }
  CHECK(runs > 10);
}

TEST_CASE("any operation may fail and a good snapshot stays") {
  auto is_received = false;
  SUBCASE("while one is taken") {
  }
  SUBCASE("while one is received") {
    is_received = true;
  }
  struct fault {
    int code;
    bool for_ever;
    bool cut_short;
  };
  size_t runs = 0;
  size_t finished = 0;
  for (auto& x : {fault{EIO, false, false}, fault{EIO, true, false},
                  fault{ENOSPC, false, false}, fault{ENOSPC, true, false},
                  fault{EIO, false, true}}) {
    auto done = false;
    for (size_t n = 1; !done; ++n, ++runs) {
      CAPTURE(n);
      CAPTURE(x.code);
      CAPTURE(x.for_ever);
      CAPTURE(x.cut_short);
      temp_dir dir;
      auto is_finished = false;
      {
        troubled_io io;
        hooked hook{io};
        auto store = open_snapshots(dir);
        take_all(*store, 5, old_content);
        // Now count anew.
        troubled_io trouble;
        trouble.number = n;
        trouble.code = x.code;
        trouble.for_ever = x.for_ever;
        trouble.cut_short = x.cut_short;
        hooked troubled{trouble};
        is_finished = bool{make_new(*store, is_received)};
        done = !trouble.has_happened;
        if (x.code == ENOSPC && !x.for_ever)
          finished += is_finished ? 1 : 0;
        auto found = newest_content(*store);
        REQUIRE(found);
        CHECK((*found == (is_finished ? new_content : old_content)));
      }
      check_next_life(dir, is_finished);
    }
  }
  CHECK(runs > 50);
  // A disk that is full for a while is waited for.
  CHECK(finished > 5);
}

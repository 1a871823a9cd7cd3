#include "caf/raft/storage/directory.hpp"

#include "caf/raft/storage/trouble.hpp"
#include "storage/child.hpp"
#include "storage/fixture.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

namespace {

failure why_no_directory(const std::string& path) {
  try {
    auto result = directory::open(path);
  } catch (const trouble& x) {
    return x.why();
  }
  FAIL("could be opened");
  return {};
}

/// Notes what was flushed.
struct flush_recorder : io_hooks {
  int flush(int fd) override {
    paths.insert(path_of(fd));
    return 0;
  }

  std::set<std::string> paths;
};

} // namespace

TEST_CASE("a directory is created with those above it") {
  temp_dir tmp;
  auto dir = directory::open(tmp / "a/b/c");
  CHECK(fs::is_directory(tmp / "a/b/c"));
  CHECK(dir.path() == fs::canonical(tmp / "a/b/c").string());
}

TEST_CASE("a directory is made durable with all above it on its file system") {
  temp_dir tmp;
  auto dir = directory::open(tmp / "a/b");
  flush_recorder flushes;
  {
    hooked hook{flushes};
    dir.make_durable();
  }
  auto top = fs::canonical(tmp.path());
  CHECK(flushes.paths.contains(dir.path()));
  CHECK(flushes.paths.contains((top / "a").string()));
  CHECK(flushes.paths.contains(top.string()));
}

TEST_CASE("a directory is not opened twice in one process") {
  temp_dir tmp;
  auto dir = std::make_optional(directory::open(tmp.path()));
  auto why = why_no_directory(tmp.path());
  CHECK(why.code == errc::storage_failed);
  CHECK(why.text == "it is in use by this process already");
  fs::create_directory_symlink(tmp.path(), tmp / "link");
  CHECK(why_no_directory(tmp / "link").text == why.text);
  dir.reset();
  CHECK_NOTHROW(directory::open(tmp.path()));
}

TEST_CASE("a directory is not opened by two processes") {
  temp_dir tmp;
  child other{[&](int out) {
    auto dir = directory::open(tmp.path());
    if (write(out, "x", 1) == 1)
      child::wait();
  }};
  REQUIRE(other.read() == 'x');
  CHECK(why_no_directory(tmp.path()).text == "it is in use by another process");
  other.kill();
  other.join();
  CHECK_NOTHROW(directory::open(tmp.path()));
}

TEST_CASE(
  "a process that was forked off does not hold its parent's directory") {
  temp_dir tmp;
  auto dir = std::make_optional(directory::open(tmp.path()));
  child other{[&](int out) {
    auto text = why_no_directory(tmp.path()).text;
    auto refused = text == "it is in use by another process";
    if (write(out, refused ? "y" : "n", 1) == 1)
      child::wait();
  }};
  CHECK(other.read() == 'y');
  // It still has the descriptor, and no claim.
  dir.reset();
  CHECK_NOTHROW(directory::open(tmp.path()));
}

TEST_CASE("a directory that cannot be created or written says why") {
  temp_dir tmp;
  CHECK(why_no_directory("").code == errc::invalid_argument);
  { file::open(tmp / "file", O_CREAT | O_RDWR); }
  CHECK(why_no_directory(tmp / "file").text.starts_with("cannot create it"));
}

TEST_CASE("a directory that one may not write to says so") {
  temp_dir tmp;
  chmod(tmp.path().c_str(), 0555);
  child other{[&](int out) {
    // Root may write everywhere.
    constexpr uid_t nobody = 65534;
    if (geteuid() == 0 && setuid(nobody) != 0)
      _exit(1);
    auto text = why_no_directory(tmp.path()).text;
    auto says_so = text.ends_with("LOCK: Permission denied");
    if (write(out, says_so ? "y" : "n", 1) != 1)
      _exit(1);
  }};
  CHECK(other.read() == 'y');
}

// Bits that flip in the journal.

#include "storage/child.hpp"
#include "storage/fixture.hpp"
#include "storage/io.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace fs = std::filesystem;

TEST_CASE("a bit that flips in the journal is found or costs the last batch") {
  fast_io fast;
  hooked hook{fast};
  temp_dir dir;
  auto settings = with_journal(settings_for(dir / "real"));
  constexpr uint64_t batches = 6;
  {
    auto store = open_store(settings);
    put(*store, appending(make_entries(1, 1, 1)));
    for (uint64_t i = 1; i <= batches; ++i)
      put(*store, appending(make_entries(3 * i - 1, 1, 3, 3000)));
  }
  auto journal = dir / "real/journal";
  auto image = file::open(journal, O_RDONLY);
  bytes whole(small_journal);
  REQUIRE(image.read_at(0, whole) == whole.size());
  fs::create_directories(dir / "kept");
  fs::copy(dir / "real", dir / "kept", fs::copy_options::recursive);
  constexpr uint64_t end = 1 + 3 * batches;
  // Three blocks each, behind the header and block zero, which there never was.
  constexpr auto used = (2 + 3 * batches) * tail_journal::block_size;
  auto run = [&](size_t i) {
    fs::remove_all(dir / "copy");
    fs::copy(dir / "kept", dir / "copy", fs::copy_options::recursive);
    generator numbers{i};
    auto where = numbers.below(used);
    if (where / tail_journal::block_size == 1)
      where = 0;
    auto flipped = whole[where] ^ static_cast<std::byte>(1 << i % 8);
    file::open(dir / "copy/journal", O_RDWR).write_at(where, {&flipped, 1});
    auto copy = settings;
    copy.directory = dir / "copy";
    auto store = open_log_store(copy);
    if (!store)
      return 'r';
    auto log = (*store)->recover(group, all);
    if (!log)
      return 'w';
    auto last = log->last_index.value;
    if (!same(log->recent, [&] {
          auto xs = make_entries(1, 1, 1);
          for (auto& x : make_entries(2, 1, last - 1, 3000))
            xs.push_back(x);
          return xs;
        }()))
      return 'w';
    auto in_the_last = where >= used - 3 * tail_journal::block_size;
    return last == end - 3 && in_the_last ? 'l' : 'w';
  };
  outcomes result;
  run_cases(repeats(400), run, result);
  MESSAGE("flipped bits: ",
          to_string(result, {{'r', "refused"}, {'l', "cost the last batch"}}));
  CHECK(count(result, 'r') + count(result, 'l') == repeats(400));
  CHECK(count(result, 'l') < repeats(100));
  CHECK(count(result, 'r') > repeats(200));
}

// Bits that change on disk: either nobody sees it, or the store says so. LMDB
// itself has no checksums, and may end the process over such a file.

#include "storage/child.hpp"
#include "storage/contents.hpp"
#include "storage/volatile_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

const std::map<char, std::string> names{{'s', "not seen"},
                                        {'r', "refused"},
                                        {'o', "one commit older"},
                                        {'w', "wrong"},
                                        {'x', "that end the process"},
                                        {'h', "that hang"}};

constexpr size_t page = 4096;

/// A file as it is after some work, and what it holds.
struct sample {
  temp_dir dir;
  store_settings settings = settings_for(dir.path());
  file_image file;
  contents now;
  contents before;

  sample() {
    fast_io fast;
    hooked hook{fast};
    generator numbers{11};
    settings.map_size = 64 << 20;
    auto store = open_store(settings);
    REQUIRE(store->found(cluster_id{3}, voters({1, 2, 3})));
    now.cluster = cluster_id{3};
    for (auto i = 0; i < 80; ++i) {
      before = now;
      auto batch = random_batch(now, numbers);
      REQUIRE(store->commit(batch));
      now.apply(batch);
    }
    REQUIRE(store->sync());
    store.reset();
    file = read_file(path());
  }

  std::string path() const {
    return dir / "log/data.mdb";
  }

  size_t used_pages() const {
    uint64_t last_page = 0;
    auto newest = number(1) > number(0) ? page : 0;
    std::memcpy(&last_page, file.data.data() + newest + 16 + 120, 8);
    return last_page + 1;
  }

  /// The number in a meta page.
  uint64_t number(size_t meta) const {
    uint64_t result = 0;
    std::memcpy(&result, file.data.data() + meta * page + 16 + 128, 8);
    return result;
  }

  /// The one bit that LMDB must be believed: without it, the number of the
  /// newest commit is that of the last but one, and the last one looks like the
  /// newest.
  size_t believed_bit() const {
    auto newest = number(1) > number(0) ? page : 0;
    return (newest + 16 + 128) * 8 + 1;
  }

  /// What a store makes of the file with one bit flipped.
  char with_flipped(size_t bit) const {
    fast_io fast;
    hooked hook{fast};
    auto damaged = file;
    damaged.data[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    write_file(path(), damaged);
    auto store = open_log_store(settings);
    if (!store)
      return 'r';
    auto found = contents_of(**store);
    if (!found || !readers_agree(**store, *found))
      return 'r';
    if (same(*found, now))
      return 's';
    return same(*found, before) ? 'o' : 'w';
  }

  static bool readers_agree(log_store& store, const contents& what) {
    auto reader = store.reader();
    for (auto& [id, log] : what.groups) {
      if (log.xs.empty())
        continue;
      auto first = log.base.id.index + 1;
      auto xs = reader->read(id, first, log.last() + 1, all);
      if (!xs || !same(*xs, log.xs))
        return false;
    }
    return true;
  }
};

void report(const outcomes& xs) {
  MESSAGE("flipped bits: ", to_string(xs, names));
}

} // namespace

TEST_CASE("a flipped bit is not seen or refused, never believed") {
  sample what;
  auto pages = what.used_pages();
  generator numbers{5};
  std::vector<size_t> bits;
  for (size_t i = 0; i < repeats(2000); ++i) {
    auto where = numbers.below(pages) * page + numbers.below(page);
    if (i % 4 == 0)
      where = numbers.below(2) * page + numbers.below(160);
    else if (i % 4 == 1)
      where = where / page * page + numbers.below(64);
    auto bit = where * 8 + numbers.below(8);
    if (bit != what.believed_bit())
      bits.push_back(bit);
  }
  auto run = [&](size_t i) { return what.with_flipped(bits[i]); };
  outcomes result;
  run_cases(bits.size(), run, result);
  report(result);
  CHECK(count(result, 'w') == 0);
  CHECK(count(result, 'o') == 0);
  CHECK(count(result, 'h') == 0);
  CHECK(count(result, 'r') > repeats(100));
}

TEST_CASE("of the meta pages one bit is believed, and costs one commit") {
  sample what;
  auto newest = std::max(what.number(0), what.number(1));
  auto believed = what.believed_bit();
  constexpr size_t size = 16 + 136;
  auto step = 8 / repeats(8);
  std::vector<size_t> bits;
  for (auto begin : {size_t{0}, page})
    for (auto bit = begin * 8; bit < (begin + size) * 8; bit += step)
      if (bit != believed)
        bits.push_back(bit);
  auto run = [&](size_t i) { return what.with_flipped(bits[i]); };
  outcomes result;
  run_cases(bits.size(), run, result);
  report(result);
  CHECK(count(result, 'w') == 0);
  CHECK(count(result, 'o') == 0);
  CHECK(count(result, 'h') == 0);
  outcomes exception;
  run_cases(
    1, [&](size_t) { return what.with_flipped(believed); }, exception);
  CHECK(count(exception, (newest & 2) != 0 ? 'o' : 'r') == 1);
}

#pragma once

#include "caf/raft/storage/journaled_store.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace caf::raft::test {

/// An empty directory below the system's one for such, removed in the end.
class temp_dir {
public:
  temp_dir();

  temp_dir(const temp_dir&) = delete;

  ~temp_dir();

  const std::string& path() const {
    return path_;
  }

  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

private:
  std::string path_;
  /// A forked process must not remove it.
  int owner_;
};

/// Writes only the ids of the voters; the store does not care.
storage::configuration_codec plain_codec();

configuration_ptr voters(std::initializer_list<uint64_t> ids);

/// Of server 1, small, with no room set aside, and without a journal unless
/// CAF_RAFT_TEST_JOURNAL=1 asks for one: some files of tests run both ways.
storage::store_settings settings_for(const std::string& directory);

/// Small: it begins anew often.
constexpr size_t small_journal = 256 << 10;

/// The same, with a small journal and room for what is in it.
storage::store_settings with_journal(storage::store_settings xs);

using store_ptr = std::unique_ptr<storage::log_store>;

/// Opens what must open; where there is a journal, makes room too.
store_ptr open_store(const storage::store_settings& xs);

/// Says why a directory cannot be opened.
failure why_not(const storage::store_settings& xs);

constexpr auto all = size_t{1} << 40;

constexpr auto group = group_id{1};

/// @param payload_size Of each; what is in it depends on index and term.
entries make_entries(index_t first, term_t term, size_t count,
                     size_t payload_size = 40);

entries make_entries(uint64_t first, uint64_t term, size_t count,
                     size_t payload_size = 40);

log_write appending(entries xs, group_id to = group);

result_of<done> commit(storage::log_store& store, log_write what);

/// Commits what must be stored.
void put(storage::log_store& store, log_write what);

storage::recovered_log recovered(storage::log_store& store,
                                 group_id what = group);

bool same(const entry& x, const entry& y);

bool same(const entries& xs, const entries& ys);

/// A small generator with the same numbers everywhere.
class generator {
public:
  explicit generator(uint64_t seed) : state_(seed) {
    // nop
  }

  uint64_t operator()();

  /// @returns A number below `end`, which is not zero.
  uint64_t below(uint64_t end) {
    return (*this)() % end;
  }

  bool one_in(uint64_t n) {
    return below(n) == 0;
  }

private:
  uint64_t state_;
};

/// How often to do what is better done often: less often where time is short
/// or a sanitizer makes everything slow.
size_t repeats(size_t usual);

} // namespace caf::raft::test

// Logs that hold what a store did not put there.

#include "caf/raft/storage/trouble.hpp"
#include "storage/fixture.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace caf::raft;
using namespace caf::raft::storage;
using namespace caf::raft::test;

namespace {

/// Changes a log of 100 entries behind the store's back.
struct damaged_log {
  temp_dir dir;
  store_settings settings = settings_for(dir.path());

  damaged_log() {
    auto store = open_store(settings);
    put(*store, appending(make_entries(1, 1, 50)));
    put(*store, appending(make_entries(51, 2, 50)));
  }

  void change(const std::function<void(MDB_txn*, lmdb::table)>& how) {
    auto env = lmdb::environment::open(dir / "log", {MDB_NOTLS, 1 << 30, 16});
    lmdb::transaction txn{env, lmdb::transaction::access::write};
    how(txn.native(), *txn.open_table("log.1", false));
    txn.put(txn.main_table(), commit_key, encode_commit(txn.id()));
    txn.commit();
  }

  void replace(uint64_t index, bytes_view record) {
    change([&](MDB_txn* txn, lmdb::table table) {
      MDB_val key{sizeof(index), &index};
      MDB_val value{record.size(), const_cast<std::byte*>(record.data())};
      REQUIRE(mdb_put(txn, table, &key, &value, 0) == 0);
    });
  }

  void remove(uint64_t index) {
    change([&](MDB_txn* txn, lmdb::table table) {
      MDB_val key{sizeof(index), &index};
      REQUIRE(mdb_del(txn, table, &key, nullptr) == 0);
    });
  }

  /// Whether it is refused, in these words.
  bool is_refused(const std::string& what) const {
    auto store = open_store(settings);
    auto result = store->recover(group, all);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == errc::storage_failed);
    auto& text = result.error().text;
    CAPTURE(text);
    // It says what to do.
    CHECK(text.find("move the data directory away") != std::string::npos);
    return text.starts_with("the log of group 1 is damaged: " + what);
  }

  errc reading(uint64_t first, uint64_t last) const {
    auto store = open_store(settings);
    auto xs = store->reader()->read(group, index_t{first}, index_t{last}, all);
    return xs ? errc::none : xs.error().code;
  }
};

bytes record_of(uint64_t index, uint64_t term, size_t size = 40) {
  auto xs = make_entries(index, term, 1, size);
  auto record = xs.front().record();
  return {record.begin(), record.end()};
}

} // namespace

TEST_CASE("a damaged record is refused and nothing is cut off") {
  damaged_log log;
  auto record = record_of(70, 2);
  record[30] ^= std::byte{1};
  log.replace(70, record);
  CHECK(log.is_refused("the record of entry 70 fails its checksum"));
  CHECK(log.is_refused("the record of entry 70 fails its checksum"));
  CHECK(log.reading(69, 72) == errc::storage_failed);
  CHECK(log.reading(60, 70) == errc::none);
}

TEST_CASE("an entry in the wrong place is refused") {
  damaged_log log;
  log.replace(70, record_of(71, 2));
  CHECK(log.is_refused("the record of entry 70 fails its checksum"));
}

TEST_CASE("a missing entry is refused") {
  damaged_log log;
  SUBCASE("the first") {
    log.remove(1);
    CHECK(log.is_refused("entry 1 is missing"));
  }
  SUBCASE("in the middle") {
    log.remove(70);
    CHECK(log.is_refused("entry 70 is missing"));
    CHECK(log.reading(69, 72) == errc::storage_failed);
    CHECK(log.reading(70, 72) == errc::storage_failed);
  }
  SUBCASE("the last") {
    log.remove(100);
    CHECK(log.is_refused("it ends with 99@2 instead of 100@2"));
  }
}

TEST_CASE("an entry that must be gone is refused") {
  damaged_log log;
  SUBCASE("behind the last one") {
    log.replace(101, record_of(101, 2));
    CHECK(log.is_refused("it ends with 101@2 instead of 100@2"));
  }
  SUBCASE("of an older term") {
    log.replace(70, record_of(70, 1));
    CHECK(log.is_refused("entry 70 has an older term than the one before"));
  }
  SUBCASE("of the right term") {
    log.replace(51, record_of(51, 1));
    CHECK(log.is_refused("its checksum is wrong"));
  }
}

TEST_CASE("a configuration that cannot be read is refused") {
  damaged_log log;
  auto odd = entry::make(index_t{70}, term_t{2}, entry_kind::configuration,
                         as_bytes("odd"));
  log.replace(70, odd.record());
  CHECK(
    log.is_refused("the configuration at index 70 cannot be read: cut off"));
  CHECK(log.reading(70, 71) == errc::storage_failed);
}

TEST_CASE("a truncation that meets damage ends the store") {
  damaged_log log;
  log.remove(90);
  auto store = open_store(log.settings);
  log_write write;
  write.group = group;
  write.truncate_from = index_t{80};
  auto result = commit(*store, write);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::storage_failed);
  CHECK_FALSE(store->sync());
}

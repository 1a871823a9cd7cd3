#pragma once

#include "caf/raft/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <lmdb.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The part of LMDB that the log needs. All functions throw `trouble`:
/// `no_space` where the disk or the map is full, `overloaded` where there are
/// too many readers at once, `storage_failed` for all else.
namespace caf::raft::storage::lmdb {

/// One tree of keys and values.
using table = MDB_dbi;

struct environment_info {
  size_t page_size;
  /// All pages up to this one may be in use.
  uint64_t last_page;
  /// Of the newest commit.
  uint64_t transaction;
};

/// An LMDB environment: a directory with `data.mdb` and `lock.mdb`.
class environment {
public:
  struct options {
    unsigned flags = 0;
    size_t map_size = 0;
    unsigned max_tables = 0;
  };

  static environment open(const std::string& path, const options& xs);

  environment_info info() const;

  /// Makes all commits durable.
  void sync();

  /// Frees what dead readers left behind.
  void check_readers();

  /// Whether transactions are still possible. They are not after a failed write
  /// of what completes a commit.
  bool is_alive() const;

  MDB_env* native() const {
    return env_.get();
  }

private:
  struct closer {
    void operator()(MDB_env* x) const {
      mdb_env_close(x);
    }
  };

  std::unique_ptr<MDB_env, closer> env_;
};

/// A transaction, aborted by the destructor if it was not committed. A writing
/// one belongs to one thread.
class transaction {
public:
  enum class access { read, write };

  transaction(const environment& env, access how);

  void commit();

  /// For reading ones: lets go of what it sees, and takes a new look. Cheaper
  /// than a new transaction.
  void reset();

  void renew();

  /// The number of this commit, or of the commit that is read.
  uint64_t id() const;

  /// The nameless table that also holds the names of all others.
  table main_table();

  /// Opens a table for keys that are numbers.
  /// @param create For writing transactions: create it if it is missing.
  /// @returns Nothing if there is no such table. The handle is good for all
  ///          later transactions once this one is committed.
  std::optional<table> open_table(const std::string& name, bool create);

  size_t size(table which) const;

  /// How many pages the table has, those of large values too.
  size_t pages(table which) const;

  /// @returns What is valid until the next write or the end of the transaction.
  std::optional<bytes_view> get(table which, std::string_view key) const;

  void put(table which, std::string_view key, bytes_view value);

  /// Removes all that is in a table; the table stays.
  void clear(table which);

  MDB_txn* native() const {
    return txn_.get();
  }

private:
  struct aborter {
    void operator()(MDB_txn* x) const {
      mdb_txn_abort(x);
    }
  };

  std::unique_ptr<MDB_txn, aborter> txn_;
};

/// A place in a table. Must not outlive its transaction.
class cursor {
public:
  cursor(const transaction& txn, table which);

  // They return whether there is such a place.

  bool first();

  bool last();

  bool next();

  bool previous();

  /// Goes to exactly this number.
  bool find(uint64_t key);

  bytes_view key() const;

  /// The key as a number.
  uint64_t number() const;

  bytes_view value() const;

  /// Removes what is at this place.
  void erase();

  /// Adds a value behind the last one; its number is higher than all others.
  void append(uint64_t key, bytes_view value);

private:
  bool move(MDB_cursor_op how);

  struct closer {
    void operator()(MDB_cursor* x) const {
      mdb_cursor_close(x);
    }
  };

  std::unique_ptr<MDB_cursor, closer> cursor_;
  MDB_val key_{};
  MDB_val value_{};
};

} // namespace caf::raft::storage::lmdb

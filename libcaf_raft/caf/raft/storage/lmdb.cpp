#include "caf/raft/storage/lmdb.hpp"

#include "caf/raft/storage/trouble.hpp"

#include <cstring>

namespace caf::raft::storage::lmdb {

namespace {

errc code_of(int code) {
  if (code == MDB_MAP_FULL || is_no_space(code))
    return errc::no_space;
  return code == MDB_READERS_FULL ? errc::overloaded : errc::storage_failed;
}

void check(int code, const std::string& attempt) {
  if (code != MDB_SUCCESS)
    throw trouble{
      {code_of(code), "cannot " + attempt + ": " + mdb_strerror(code)}, code};
}

/// @returns Whether it was found.
bool check_found(int code, const char* attempt) {
  if (code == MDB_NOTFOUND)
    return false;
  check(code, attempt);
  return true;
}

MDB_val to_val(bytes_view xs) {
  // LMDB does not write through what it is given.
  return {xs.size(), const_cast<std::byte*>(xs.data())};
}

bytes_view to_view(const MDB_val& x) {
  return {static_cast<const std::byte*>(x.mv_data), x.mv_size};
}

} // namespace

environment environment::open(const std::string& path, const options& xs) {
  MDB_env* env = nullptr;
  check(mdb_env_create(&env), "create an LMDB environment");
  environment result;
  result.env_.reset(env);
  check(mdb_env_set_mapsize(env, xs.map_size), "set the size of the map");
  check(mdb_env_set_maxdbs(env, xs.max_tables), "set the number of tables");
  check(mdb_env_open(env, path.c_str(), xs.flags, 0600), "open " + path);
  return result;
}

environment_info environment::info() const {
  MDB_envinfo info;
  MDB_stat stat;
  check(mdb_env_info(env_.get(), &info), "look at the environment");
  check(mdb_env_stat(env_.get(), &stat), "look at the environment");
  return {stat.ms_psize, info.me_last_pgno, info.me_last_txnid};
}

void environment::sync() {
  check(mdb_env_sync(env_.get(), 1), "make the log durable");
}

void environment::check_readers() {
  int dead = 0;
  check(mdb_reader_check(env_.get(), &dead), "look for dead readers");
}

bool environment::is_alive() const {
  MDB_txn* txn = nullptr;
  if (mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn) != MDB_SUCCESS)
    return false;
  mdb_txn_abort(txn);
  return true;
}

transaction::transaction(const environment& env, access how) {
  MDB_txn* txn = nullptr;
  auto flags = how == access::read ? MDB_RDONLY : 0u;
  check(mdb_txn_begin(env.native(), nullptr, flags, &txn),
        "begin a transaction");
  txn_.reset(txn);
}

void transaction::commit() {
  check(mdb_txn_commit(txn_.release()), "commit a transaction");
}

void transaction::reset() {
  mdb_txn_reset(txn_.get());
}

void transaction::renew() {
  check(mdb_txn_renew(txn_.get()), "begin to read");
}

uint64_t transaction::id() const {
  return mdb_txn_id(txn_.get());
}

table transaction::main_table() {
  table result = 0;
  check(mdb_dbi_open(txn_.get(), nullptr, 0, &result), "open the main table");
  return result;
}

std::optional<table> transaction::open_table(const std::string& name,
                                             bool create) {
  table result = 0;
  auto flags = MDB_INTEGERKEY | (create ? MDB_CREATE : 0u);
  auto code = mdb_dbi_open(txn_.get(), name.c_str(), flags, &result);
  if (code == MDB_NOTFOUND)
    return std::nullopt;
  check(code, "open the table " + name);
  return result;
}

size_t transaction::size(table which) const {
  MDB_stat stat;
  check(mdb_stat(txn_.get(), which, &stat), "look at a table");
  return stat.ms_entries;
}

size_t transaction::pages(table which) const {
  MDB_stat stat;
  check(mdb_stat(txn_.get(), which, &stat), "look at a table");
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

std::optional<bytes_view> transaction::get(table which,
                                           std::string_view key) const {
  auto k = to_val(as_bytes(key));
  MDB_val value;
  if (!check_found(mdb_get(txn_.get(), which, &k, &value), "read a record"))
    return std::nullopt;
  return to_view(value);
}

void transaction::put(table which, std::string_view key, bytes_view value) {
  auto k = to_val(as_bytes(key));
  auto v = to_val(value);
  check(mdb_put(txn_.get(), which, &k, &v, 0), "store a record");
}

void transaction::clear(table which) {
  check(mdb_drop(txn_.get(), which, 0), "empty a table");
}

cursor::cursor(const transaction& txn, table which) {
  MDB_cursor* ptr = nullptr;
  check(mdb_cursor_open(txn.native(), which, &ptr), "open a cursor");
  cursor_.reset(ptr);
}

bool cursor::move(MDB_cursor_op how) {
  return check_found(mdb_cursor_get(cursor_.get(), &key_, &value_, how),
                     "read the log");
}

bool cursor::first() {
  return move(MDB_FIRST);
}

bool cursor::last() {
  return move(MDB_LAST);
}

bool cursor::next() {
  return move(MDB_NEXT);
}

bool cursor::previous() {
  return move(MDB_PREV);
}

bool cursor::find(uint64_t key) {
  key_ = {sizeof(key), &key};
  return move(MDB_SET_KEY);
}

bytes_view cursor::key() const {
  return to_view(key_);
}

uint64_t cursor::number() const {
  uint64_t result = 0;
  if (key_.mv_size != sizeof(result))
    throw damage("a key of the log has a wrong size");
  std::memcpy(&result, key_.mv_data, sizeof(result));
  return result;
}

bytes_view cursor::value() const {
  return to_view(value_);
}

void cursor::erase() {
  check(mdb_cursor_del(cursor_.get(), 0), "remove an entry");
}

void cursor::append(uint64_t key, bytes_view value) {
  MDB_val k{sizeof(key), &key};
  auto v = to_val(value);
  check(mdb_cursor_put(cursor_.get(), &k, &v, MDB_APPEND), "store an entry");
}

} // namespace caf::raft::storage::lmdb

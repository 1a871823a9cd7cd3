// How a data directory is opened: lmdb_store::open_log and what it needs.

#include "caf/raft/storage/lmdb_store.hpp"
#include "caf/raft/storage/meta_pages.hpp"

#include <fcntl.h>
#include <filesystem>

namespace caf::raft::storage {

namespace fs = std::filesystem;

using lmdb::transaction;

namespace {

lmdb::environment open_environment(const std::string& path,
                                   const store_settings& settings) {
  // The main table does not count.
  return lmdb::environment::open(
    path, {MDB_NOTLS | MDB_NOMETASYNC, settings.map_size, settings.max_groups});
}

/// Makes a new log, aside, so that one under its proper name is complete.
void create_log(const directory& dir, const store_settings& settings) {
  auto aside = dir.path() + "/log.new";
  auto path = dir.path() + "/log";
  std::error_code code;
  fs::remove_all(aside, code);
  if (!code)
    fs::create_directory(aside, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot create " + aside);
  {
    auto env = open_environment(aside, settings);
    transaction txn{env, transaction::access::write};
    auto main = txn.main_table();
    identity who{settings.id, settings.incarnation, {}, nullptr};
    txn.put(main, format_key, encode_format(format_without_journal));
    txn.put(main, identity_key, encode_identity(who, settings.codec));
    txn.put(main, commit_key, encode_commit(txn.id()));
    txn.commit();
    env.sync();
  }
  sync_directory(aside);
  fs::rename(aside, path, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot create " + path);
}

bytes_view required(const transaction& txn, lmdb::table main,
                    std::string_view key) {
  auto result = txn.get(main, key);
  if (!result)
    throw damage("the record " + std::string{key} + " is missing");
  return *result;
}

} // namespace

void lmdb_store::open_log() {
  auto path = dir_.path() + "/log";
  if (!fs::exists(path))
    create_log(dir_, settings_);
  // Nothing is believed before this process has made it durable: an earlier one
  // may have died before it had.
  sync_directory(path);
  dir_.make_durable();
  data_ = file::open(path + "/data.mdb", O_RDWR);
  data_.flush();
  // What could not be written to the disk may still be in the cache.
  data_.drop_cache();
  check_meta_pages(data_);
  env_ = open_environment(path, settings_);
  env_.check_readers();
  transaction txn{env_, transaction::access::read};
  main_ = txn.main_table();
  load_identity(txn);
  load_groups(txn);
  txn.commit();
  env_.sync();
  // The rest of the map is for what makes room again.
  headroom_ = headroom{data_, used(), settings_.reserve_bytes,
                       settings_.map_size / 10 * 9};
}

void lmdb_store::load_identity(const transaction& txn) {
  auto version = decode_format(required(txn, main_, format_key));
  if (version < format_without_journal || version > format_version)
    throw damage("it has format " + std::to_string(version)
                 + "; this version of the program knows formats "
                 + std::to_string(format_without_journal) + " to "
                 + std::to_string(format_version) + " only");
  if (auto mark = txn.get(main_, journal_key))
    mark_ = decode_mark(*mark);
  if (mark_.has_value() != (version > format_without_journal))
    throw damage("it is damaged: its format does not go with its journal");
  who_ = decode_identity(required(txn, main_, identity_key), settings_.codec);
  if (who_.id != settings_.id)
    throw damage("it belongs to server " + to_string(who_.id) + ", not to "
                 + to_string(settings_.id));
  auto writer = decode_commit(required(txn, main_, commit_key));
  if (writer != txn.id())
    throw damage("it is damaged: LMDB takes commit " + std::to_string(txn.id())
                 + " for the newest, but finds what commit "
                 + std::to_string(writer) + " wrote");
}

void lmdb_store::load_groups(transaction& txn) {
  size_t records = 0;
  size_t parts = 0;
  lmdb::cursor at{txn, main_};
  for (auto more = at.first(); more; more = at.next(), ++records) {
    auto key = as_text(at.key());
    if (auto group = group_of(base_prefix, key)) {
      groups_[*group].base = decode_base(key, at.value(), settings_.codec);
    } else if (auto group = group_of(log_prefix, key)) {
      auto table = *txn.open_table(std::string{key}, false);
      groups_[*group].entries = table;
      groups_[*group].pages = txn.pages(table);
      tables_.add(*group, table);
    } else if (auto group = group_of(state_prefix, key)) {
      groups_[*group].id = *group;
      groups_[*group].state = decode_state(key, at.value());
    } else if (key == format_key || key == identity_key || key == commit_key
               || key == journal_key) {
      continue;
    } else {
      throw damage("it has a record that it must not have");
    }
    ++parts;
  }
  // No key stands there twice, so this tells that no group lacks a part.
  if (records != txn.size(main_) || parts != 3 * groups_.size())
    throw damage("it is damaged: records are missing");
}

} // namespace caf::raft::storage

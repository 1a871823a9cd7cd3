#pragma once

#include "caf/raft/storage/directory.hpp"
#include "caf/raft/storage/file.hpp"
#include "caf/raft/storage/group_log.hpp"
#include "caf/raft/storage/headroom.hpp"
#include "caf/raft/storage/lmdb.hpp"
#include "caf/raft/storage/lmdb_reader.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/storage/records.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace caf::raft::storage {

struct store_settings {
  /// Created if it is missing.
  std::string directory;

  server_id id;

  /// Drawn at random by the caller, not zero; a directory that is used for the
  /// first time gets it.
  incarnation_t incarnation;

  configuration_codec codec;

  /// The most that the log can ever take. Costs address space alone.
  size_t map_size = size_t{64} << 30;

  /// How much room to keep set aside ahead of what is written.
  size_t reserve_bytes = 64 << 20;

  /// How many groups the directory can hold.
  unsigned max_groups = 256;

  /// The size of the journal; zero: none. A directory that has one of another
  /// size gets a new one. (`open_log_store` heeds this, not `lmdb_store` alone.)
  size_t journal_bytes = 0;
};

/// The log of all groups of a node in one LMDB environment.
///
/// A commit costs one flush: it makes all commits before it durable, and itself
/// only so far that it is whole or absent after a power loss. docs/storage.md
/// tells why, and what is in the directory.
class lmdb_store : public log_store {
public:
  /// Takes the directory and checks all of it but the entries; all that it then
  /// finds there is durable.
  /// @returns `storage_failed` with the reason where the directory is in use,
  ///          belongs to another server, has a newer format or is damaged;
  ///          `no_space` where a new one cannot be made for lack of room.
  static result_of<std::unique_ptr<lmdb_store>> open(const store_settings& xs);

  const identity& who() const override {
    return who_;
  }

  result_of<done> found(cluster_id cluster, configuration_ptr zero) override;

  result_of<recovered_log> recover(group_id group,
                                   size_t max_recent_bytes) override;

  result_of<done> commit(std::span<const log_write> batch) override;

  /// As above, for what stands in a journal: the mark is stored with it.
  result_of<done> commit(std::span<const log_write> batch,
                         const journal_mark& mark);

  /// None where there never was a journal.
  const std::optional<journal_mark>& mark() const {
    return mark_;
  }

  uint64_t durable_commits() const override {
    return durable_;
  }

  result_of<done> sync() override;

  size_t room() const override;

  /// The same without what compaction gave back within the file: that may be too
  /// scattered for entries that take several pages each.
  size_t sure_room() const;

  bool make_room() override;

  std::unique_ptr<log_reader> reader() override;

  /// Whether a group was written to before.
  bool has(group_id group) const {
    return groups_.contains(group);
  }

  /// Where the directory is, absolute.
  const std::string& path() const {
    return dir_.path();
  }

  /// Why everything is refused, if it is.
  const std::optional<failure>& failed() const {
    return failed_;
  }

  /// Whether everything is refused; from any thread.
  const std::atomic<bool>& has_failed() const {
    return tables_.failed;
  }

  /// From now on everything is refused, and by all readers, for this reason.
  failure give_up(failure why);

private:
  /// The groups that a transaction changes, as they will be.
  using changes = std::map<group_id, group_log>;

  explicit lmdb_store(const store_settings& settings);

  void open_log();

  void load_identity(const lmdb::transaction& txn);

  void load_groups(lmdb::transaction& txn);

  result_of<done> commit(std::span<const log_write> batch,
                         const journal_mark* mark);

  void store(lmdb::transaction& txn, changes& what,
             std::span<const log_write> batch);

  void store(lmdb::transaction& txn, const journal_mark& mark);

  group_log& change(lmdb::transaction& txn, changes& what, group_id group);

  void store_base(lmdb::transaction& txn, const group_log& log);

  /// Runs a function that writes in a transaction and commits it.
  /// @param bytes What it adds.
  template <class F>
  result_of<done> write(size_t bytes, F f);

  result_of<done> make_durable();

  /// Decides whether the store can go on.
  failure judge(const trouble& why);

  uint64_t used() const;

  /// How many the entries of a group take.
  size_t pages(group_id group) const;

  /// What a transaction must find room for beside its records.
  size_t overhead() const;

  store_settings settings_;
  // LMDB wants all other descriptors of its files closed after itself, and the
  // directory is ours until then.
  directory dir_;
  file data_;
  lmdb::environment env_;
  log_tables tables_;
  headroom headroom_;
  lmdb::table main_ = 0;
  identity who_;
  std::optional<journal_mark> mark_;
  std::map<group_id, group_log> groups_;
  uint64_t commits_ = 0;
  uint64_t durable_ = 0;
  std::optional<failure> failed_;
};

} // namespace caf::raft::storage

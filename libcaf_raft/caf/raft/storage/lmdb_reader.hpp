#pragma once

#include "caf/raft/storage/lmdb.hpp"
#include "caf/raft/storage/log_store.hpp"
#include "caf/raft/storage/records.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace caf::raft::storage {

/// What a store and its readers share across threads.
class log_tables {
public:
  std::optional<lmdb::table> find(group_id group) const;

  void add(group_id group, lmdb::table table);

  /// Set once the store has failed and nothing must be believed any more.
  std::atomic<bool> failed = false;

private:
  mutable std::mutex mutex_;
  std::unordered_map<group_id, lmdb::table> tables_;
};

/// Reads beside the writer, each time what was committed last. Any thread, one
/// at a time.
class lmdb_reader : public log_reader {
public:
  /// @param env,tables Outlive this.
  lmdb_reader(const lmdb::environment& env, const log_tables& tables,
              const configuration_codec& codec)
    : env_(env),
      tables_(tables),
      codec_(codec) {
    // nop
  }

  result_of<entries> read(group_id group, index_t first, index_t last,
                          size_t max_bytes) override;

private:
  const lmdb::environment& env_;
  const log_tables& tables_;
  configuration_codec codec_;
  /// Kept, but looks at nothing between two reads.
  std::optional<lmdb::transaction> txn_;
};

} // namespace caf::raft::storage

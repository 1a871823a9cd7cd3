#include "caf/raft/storage/lmdb_reader.hpp"

#include "caf/raft/storage/group_log.hpp"
#include "caf/raft/storage/trouble.hpp"

namespace caf::raft::storage {

std::optional<lmdb::table> log_tables::find(group_id group) const {
  std::lock_guard guard{mutex_};
  auto i = tables_.find(group);
  if (i == tables_.end())
    return std::nullopt;
  return i->second;
}

void log_tables::add(group_id group, lmdb::table table) {
  std::lock_guard guard{mutex_};
  tables_.emplace(group, table);
}

result_of<entries> lmdb_reader::read(group_id group, index_t first,
                                     index_t last, size_t max_bytes) {
  if (tables_.failed)
    return failure{errc::storage_failed, "the log has failed before"};
  if (first >= last)
    return failure{errc::invalid_argument, "nothing is asked for"};
  auto table = tables_.find(group);
  if (!table)
    return failure{errc::compacted,
                   "group " + to_string(group) + " has no log here"};
  auto result = guarded([&]() -> result_of<entries> {
    if (txn_)
      txn_->renew();
    else
      txn_.emplace(env_, lmdb::transaction::access::read);
    return copy_entries(*txn_, group, *table, first, last, max_bytes, codec_);
  });
  if (!result)
    txn_.reset();
  return result;
}

} // namespace caf::raft::storage

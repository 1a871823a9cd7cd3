#pragma once

#include "caf/raft/entry.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/storage/log_store.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <span>

namespace caf::raft::storage {

/// The newest entries of all groups, as they stand above what another store
/// holds: what was written to the journal and is not in LMDB yet. The writer
/// adds, readers look; any thread.
class log_overlay {
public:
  /// Writes that were stored, in order; none of them with a base: what is above
  /// the store below has only one beginning, which that store knows.
  void add(std::span<const log_write> batch);

  /// The store below holds all of it now.
  void clear();

  /// Reads as `log_reader::read` does.
  /// @returns Nothing where the store below has the answer, for indexes below
  ///          the new `last`.
  std::optional<result_of<entries>> read(group_id group, index_t first,
                                         index_t& last, size_t max_bytes) const;

private:
  struct part {
    index_t begin;
    entries xs;

    index_t end() const {
      return begin + xs.size();
    }
  };

  mutable std::mutex mutex_;
  std::map<group_id, part> parts_;
};

} // namespace caf::raft::storage

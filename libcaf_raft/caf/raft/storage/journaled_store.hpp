#pragma once

#include "caf/raft/storage/lmdb_store.hpp"
#include "caf/raft/storage/log_overlay.hpp"
#include "caf/raft/storage/tail_journal.hpp"

#include <memory>
#include <vector>

namespace caf::raft::storage {

/// The log of all groups of a node: a journal for what is newest, and LMDB for
/// the rest. A commit is one write to the journal, durable when it returns; LMDB
/// takes the writes over many at a time. What is large, moves the base of a log, or
/// might not fit into LMDB, goes there at once, with two flushes. docs/storage.md
/// tells how the two are put together again after a crash.
class journaled_store : public log_store {
public:
  /// Puts a journal before a store that was just opened: makes one where there
  /// is none, and takes over what an earlier process left in it. Throws
  /// `trouble`.
  /// @param ring  Drawn at random, not zero: for a new journal.
  /// @param bytes Its size.
  journaled_store(std::unique_ptr<lmdb_store> below, uint64_t ring,
                  size_t bytes);

  /// Takes over what an earlier process left in the journal of a store that was
  /// just opened, if it has one. Throws `trouble`.
  static void take_over(lmdb_store& what);

  const identity& who() const override {
    return below_->who();
  }

  result_of<done> found(cluster_id cluster, configuration_ptr zero) override;

  result_of<recovered_log> recover(group_id group,
                                   size_t max_recent_bytes) override;

  result_of<done> commit(std::span<const log_write> batch) override;

  uint64_t durable_commits() const override {
    return commits_;
  }

  result_of<done> sync() override;

  size_t room() const override;

  bool make_room() override;

  std::unique_ptr<log_reader> reader() override;

private:
  journal_mark mark() const;

  /// Whether there is enough for LMDB to take over.
  bool is_due() const;

  result_of<done> take_over();

  /// The same, durably: then the whole ring is free.
  result_of<done> empty_journal();

  /// Stores a batch, and all before it, in LMDB at once.
  result_of<done> write_through(std::span<const log_write> batch);

  /// Whether LMDB may take this over later, and will be able to, come what may:
  /// what it cannot take must not be promised.
  bool can_be_taken_over(std::span<const log_write> batch) const;

  /// Stores a batch in the journal.
  /// @returns False where it did not and the batch has to be written through.
  result_of<bool> write_to_journal(std::span<const log_write> batch);

  void forget_pending();

  std::unique_ptr<lmdb_store> below_;
  tail_journal journal_;
  /// What the journal has and LMDB has not.
  std::vector<log_write> pending_;
  size_t pending_entries_ = 0;
  size_t pending_bytes_ = 0;
  log_overlay overlay_;
  uint64_t commits_ = 0;
  /// Up to which block LMDB has taken over.
  uint64_t taken_ = 0;
  /// The journal cannot be used before LMDB has passed what failed there.
  bool journal_is_broken_ = false;
};

/// Opens the log of a node as the settings say: with a journal or without.
/// @returns As `lmdb_store::open`; the same where the journal is missing, is
///          another's or damaged.
result_of<std::unique_ptr<log_store>> open_log_store(const store_settings& xs);

} // namespace caf::raft::storage

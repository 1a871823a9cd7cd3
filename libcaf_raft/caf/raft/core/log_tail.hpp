#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/durable.hpp"
#include "caf/raft/entry.hpp"
#include "caf/raft/log_write.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace caf::raft::core {

/// What is known of a log without reading it: the terms of all retained entries
/// as runs, the newest entries themselves, the configurations, and how far it
/// is durable. Answers every question of log matching without I/O (§3.5).
///
/// It also numbers what is handed to the log actor: each write has a number,
/// and an entry is durable only when the write that put it where it stands now
/// is stored. Index and term do not tell: an entry can be truncated and come
/// back while the queue of the log actor drains.
///
/// Passed on from role to role; all of it belongs to one thread.
class log_tail {
public:
  /// What the log held when it was opened; all of it is durable.
  struct contents {
    /// The entry before the first one.
    entry_id base;
    /// The newest configuration as of `base`, and where it stands.
    configuration_ptr base_configuration;
    index_t base_configuration_index;
    /// For each term the first index in that term, in order.
    std::vector<entry_id> term_starts;
    index_t last_index;
    /// Those behind the base, in order.
    std::vector<placed_configuration> configurations;
    /// The newest entries.
    entries recent;
    /// How many bytes of records stay in memory once they are durable.
    size_t max_recent_bytes = 8 << 20;
  };

  /// An empty log with a base of 0@0 and a configuration without members.
  log_tail();

  /// @pre `xs.recent` is empty or ends at `xs.last_index`, the runs begin right
  ///      behind the base, `base_configuration` is not null.
  explicit log_tail(contents xs);

  // -- what is there ----------------------------------------------------------

  /// The entry before the first one: 0@0 or the last one of the snapshot.
  entry_id base() const;

  index_t first_index() const;

  /// The base's index where the log is empty.
  index_t last_index() const;

  entry_id last() const;

  /// The term of an entry, the base included; empty outside of the log.
  std::optional<term_t> term_at(index_t index) const;

  /// Whether this very entry is in the log, the base included (§3.5).
  bool has(entry_id id) const;

  /// The last entry, the base included, whose index is not above `bound.index`
  /// and whose term is not above `bound.term`; the base where there is none.
  /// Both sides of the term-aware hint: a conflict of any length is passed in
  /// one round trip per term at most.
  entry_id last_not_above(entry_id bound) const;

  /// The first index behind the base that has this term, zero where none has.
  index_t first_index_of(term_t term) const;

  /// The newest configuration in the log, committed or not (§4.1); the one as of
  /// the base where the log has none.
  const placed_configuration& newest_configuration() const;

  /// The newest configuration at or before `index`.
  const placed_configuration& configuration_at(index_t index) const;

  // -- how it changes ---------------------------------------------------------

  /// Draws the number of the next write.
  write_id next_write();

  /// The number that was drawn last.
  write_id newest_write() const;

  /// All writes up to this one are stored.
  write_id stored_write() const;

  /// Adds entries behind the last one.
  /// @param with The write that stores them: drawn, and not stored before.
  ///             Writes do not go back; several appends may share one.
  /// @pre Contiguous behind `last_index()`, terms do not go back, entries of
  ///      the kind `configuration` have theirs attached.
  void append(const entries& xs, write_id with);

  /// Removes all entries from `from` on; configurations among them fall back to
  /// the one before. Does nothing where the log ends before `from`.
  /// @pre `from` is above the base.
  void truncate(index_t from);

  /// Removes all entries up to `last`, which becomes the base (§5.1).
  /// @pre `last` is in the log, the base included, and durable.
  void compact(index_t last);

  /// Replaces the whole log by an empty one that begins behind a snapshot (§5.2).
  /// The base counts as an entry: it is durable when the write is stored.
  /// @param with As for `append`.
  void reset(const log_base& base, write_id with);

  /// Where the log would begin if it were compacted up to there.
  /// @pre `last` is in the log, the base included.
  log_base base_at(index_t last) const;

  /// The log actor has stored all writes up to this one, those without entries
  /// among them. Hearing of fewer than before changes nothing.
  void stored(const durable<write_id>& up_to);

  /// The highest index up to which all entries are durable.
  index_t durable_index() const;

  // -- the newest entries -----------------------------------------------------

  /// Returns entries from memory.
  /// @param last      Half-open; not above `last_index() + 1`.
  /// @param max_bytes Stop before the records pass this, but return at least
  ///                  one entry where `first < last`.
  /// @returns Empty optional where `first` is not in memory (any more): read it
  ///          from the log then. Never gapped.
  /// @note Entries stay in memory until they are durable, whatever the bound.
  std::optional<entries> recent(index_t first, index_t last, size_t max_bytes,
                                size_t max_entries) const;

  /// How many entries `recent` would return, and how many bytes.
  struct extent {
    size_t count = 0;
    size_t bytes = 0;
  };

  /// As `recent`, without taking the entries.
  std::optional<extent> extent_of(index_t first, index_t last,
                                  size_t max_bytes) const;

private:
  /// Entries from `first` on were put there by `write`.
  struct unstored {
    index_t first;
    write_id write;
  };

  void forget_old_entries();

  entry_id base_;
  /// The first entry of each term, in order: both terms and indexes rise.
  std::vector<entry_id> term_starts_;
  index_t last_index_;
  /// The base's first, so never empty.
  std::vector<placed_configuration> configurations_;
  /// The end of the log: contiguous, up to `last_index_`.
  std::deque<entry> recent_;
  size_t recent_bytes_ = 0;
  size_t max_recent_bytes_ = 8 << 20;
  /// The end of the log in segments: both indexes and writes rise.
  std::deque<unstored> unstored_;
  write_id newest_write_;
  write_id stored_;
};

} // namespace caf::raft::core

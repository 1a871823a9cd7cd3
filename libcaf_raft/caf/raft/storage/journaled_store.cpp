#include "caf/raft/storage/journaled_store.hpp"

#include "caf/raft/storage/batch_codec.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

namespace caf::raft::storage {

namespace {

/// LMDB takes over so many entries at a time: many enough to cost little, few
/// enough not to hold up what comes next for long.
constexpr size_t entries_at_a_time = 512;

/// Or when so much of the ring is in use.
constexpr uint64_t share_in_use = 4;

/// So many bytes cost more to write twice than the second flush that LMDB needs.
constexpr size_t large_batch = 256 << 10;

/// Writes that are taken over at the start, in one transaction.
constexpr size_t bytes_at_the_start = 4 << 20;

size_t bytes_of(std::span<const log_write> batch) {
  size_t result = 0;
  for (auto& x : batch)
    result += size_in_bytes(x.append);
  return result;
}

void check(const result_of<done>& x) {
  if (!x)
    throw trouble{x.error()};
}

bool has_journal(const lmdb_store& below) {
  return below.mark() && below.mark()->ring != 0;
}

void set_mark(lmdb_store& below, const journal_mark& to) {
  check(below.commit({}, to));
  check(below.sync());
}

tail_journal open_journal(const lmdb_store& below) {
  return tail_journal::open(below.path(), below.mark()->ring);
}

/// Makes a journal with nothing in it, and only then known to LMDB: one that
/// LMDB does not know means nothing.
tail_journal make_journal(lmdb_store& below, uint64_t ring, size_t bytes) {
  if (has_journal(below))
    set_mark(below, {});
  tail_journal::create(below.path(), ring, bytes);
  set_mark(below, {ring, 0});
  return open_journal(below);
}

/// @returns A journal in which nothing is wanted any more.
tail_journal prepare_journal(lmdb_store& below, uint64_t ring, size_t bytes) {
  constexpr auto block = tail_journal::block_size;
  if (!has_journal(below))
    return make_journal(below, ring, bytes);
  journaled_store::take_over(below);
  auto result = open_journal(below);
  if (result.size() != bytes / block * block)
    return make_journal(below, ring, bytes);
  result.restart(below.mark()->taken);
  return result;
}

/// Reads both: first what the journal has, then, below it, LMDB.
class journaled_reader : public log_reader {
public:
  journaled_reader(std::unique_ptr<log_reader> below,
                   const log_overlay& overlay, const std::atomic<bool>& failed)
    : below_(std::move(below)),
      overlay_(overlay),
      failed_(failed) {
    // nop
  }

  result_of<entries> read(group_id group, index_t first, index_t last,
                          size_t max_bytes) override {
    // The overlay goes only when LMDB has all of it, so whoever does not find
    // an entry here finds it there.
    if (first < last && !failed_)
      if (auto newest = overlay_.read(group, first, last, max_bytes))
        return std::move(*newest);
    return below_->read(group, first, last, max_bytes);
  }

private:
  std::unique_ptr<log_reader> below_;
  const log_overlay& overlay_;
  const std::atomic<bool>& failed_;
};

} // namespace

journaled_store::journaled_store(std::unique_ptr<lmdb_store> below,
                                 uint64_t ring, size_t bytes)
  : below_(std::move(below)),
    journal_(prepare_journal(*below_, ring, bytes)),
    taken_(journal_.newest()) {
  // nop
}

void journaled_store::take_over(lmdb_store& what) {
  if (!has_journal(what))
    return;
  auto mark = *what.mark();
  auto left = open_journal(what).recover(mark.taken);
  std::vector<log_write> writes;
  size_t bytes = 0;
  for (auto& batch : left.batches) {
    auto some = decode_batch(batch.content);
    std::move(some.begin(), some.end(), std::back_inserter(writes));
    bytes += batch.content.size();
    mark.taken = batch.last;
    if (bytes < bytes_at_the_start)
      continue;
    check(what.commit(writes, mark));
    writes.clear();
    bytes = 0;
  }
  // Numbers that may stand in the ring already are not used again.
  mark.taken = left.newest;
  if (mark.taken != what.mark()->taken || !writes.empty())
    check(what.commit(writes, mark));
  check(what.sync());
}

result_of<done> journaled_store::found(cluster_id cluster,
                                       configuration_ptr zero) {
  return below_->found(cluster, std::move(zero));
}

result_of<recovered_log> journaled_store::recover(group_id group,
                                                  size_t max_recent_bytes) {
  if (auto ok = empty_journal(); !ok)
    return ok.error();
  return below_->recover(group, max_recent_bytes);
}

result_of<done> journaled_store::commit(std::span<const log_write> batch) {
  if (auto& why = below_->failed())
    return *why;
  auto written = write_to_journal(batch);
  if (!written)
    return written.error();
  if (!*written)
    if (auto ok = write_through(batch); !ok)
      return ok;
  ++commits_;
  return done{};
}

result_of<done> journaled_store::sync() {
  if (auto& why = below_->failed())
    return *why;
  return done{};
}

size_t journaled_store::room() const {
  auto result = below_->room();
  return result - std::min(result, pending_bytes_);
}

bool journaled_store::make_room() {
  // A full disk does not matter yet; if the store failed, the next call tells.
  if (!below_->failed() && is_due())
    (void) take_over();
  return below_->make_room();
}

std::unique_ptr<log_reader> journaled_store::reader() {
  return std::make_unique<journaled_reader>(below_->reader(), overlay_,
                                            below_->has_failed());
}

journal_mark journaled_store::mark() const {
  return {below_->mark()->ring, journal_.newest()};
}

bool journaled_store::is_due() const {
  return pending_entries_ >= entries_at_a_time
         || journal_.newest() - taken_ >= journal_.blocks() / share_in_use;
}

result_of<done> journaled_store::take_over() {
  if (taken_ == journal_.newest())
    return done{};
  if (auto ok = below_->commit(pending_, mark()); !ok)
    return ok;
  forget_pending();
  // This commit made the one before it durable.
  journal_.release(taken_);
  taken_ = journal_.newest();
  return done{};
}

result_of<done> journaled_store::empty_journal() {
  if (auto ok = take_over(); !ok)
    return ok;
  if (auto ok = below_->sync(); !ok)
    return ok;
  journal_.release(taken_);
  return done{};
}

result_of<done>
journaled_store::write_through(std::span<const log_write> batch) {
  auto all = pending_;
  all.insert(all.end(), batch.begin(), batch.end());
  if (auto ok = below_->commit(all, mark()); !ok)
    return ok;
  if (auto ok = below_->sync(); !ok)
    return ok;
  forget_pending();
  taken_ = journal_.newest();
  journal_.restart(taken_);
  journal_is_broken_ = false;
  return done{};
}

bool journaled_store::can_be_taken_over(
  std::span<const log_write> batch) const {
  for (auto& x : batch) {
    // A new group needs a table, and there may be no more of them.
    if (!below_->has(x.group))
      return false;
    // Rare, and then nothing above LMDB has to know where a log begins.
    if (x.base)
      return false;
  }
  return below_->sure_room() > pending_bytes_ + bytes_of(batch);
}

result_of<bool>
journaled_store::write_to_journal(std::span<const log_write> batch) {
  if (journal_is_broken_ || bytes_of(batch) >= large_batch
      || !can_be_taken_over(batch))
    return false;
  auto content = encode_batch(batch);
  if (!journal_.can_hold(content.size()))
    return false;
  if (!journal_.has_room_for(content.size()))
    if (auto ok = empty_journal(); !ok)
      return ok.error();
  try {
    journal_.write(content);
  } catch (const trouble& x) {
    if (x.why().code != errc::no_space)
      return below_->give_up(x.why());
    // Of a file system that never writes in place. Whether the batch is in the
    // journal or not is decided when LMDB has it.
    journal_is_broken_ = true;
    return false;
  }
  for (auto& x : batch)
    pending_entries_ += x.append.size();
  pending_bytes_ += bytes_of(batch);
  pending_.insert(pending_.end(), batch.begin(), batch.end());
  overlay_.add(batch);
  return true;
}

void journaled_store::forget_pending() {
  overlay_.clear();
  pending_.clear();
  pending_entries_ = 0;
  pending_bytes_ = 0;
}

result_of<std::unique_ptr<log_store>> open_log_store(const store_settings& xs) {
  auto below = lmdb_store::open(xs);
  if (!below)
    return below.error();
  using store_ptr = std::unique_ptr<log_store>;
  auto result = guarded([&]() -> result_of<store_ptr> {
    if (xs.journal_bytes == 0) {
      journaled_store::take_over(**below);
      return store_ptr{std::move(*below)};
    }
    return store_ptr{std::make_unique<journaled_store>(
      std::move(*below), xs.incarnation.value, xs.journal_bytes)};
  });
  if (!result)
    return failure{result.error().code, "cannot use the data directory "
                                          + xs.directory + ": "
                                          + result.error().text};
  return result;
}

} // namespace caf::raft::storage

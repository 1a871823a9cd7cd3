#include "caf/raft/storage/lmdb_store.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <set>

namespace caf::raft::storage {

using lmdb::transaction;

namespace {

/// One read when a log is recovered; its entries share memory and stay as long
/// as one of them is wanted.
constexpr size_t recent_chunk = 256 << 10;

/// What a commit may take beyond its records: copies of the pages on the way to
/// what it changes, until the readers of the old ones are gone.
constexpr size_t least_overhead = 1 << 20;
constexpr size_t overhead_per_group = 64 << 10;

/// What is removed is noted with so many bytes for each page.
constexpr size_t bytes_per_free_page = sizeof(uint64_t);

} // namespace

result_of<std::unique_ptr<lmdb_store>>
lmdb_store::open(const store_settings& xs) {
  CAF_RAFT_ASSERT(xs.id && xs.incarnation);
  CAF_RAFT_ASSERT(xs.codec.encode != nullptr && xs.codec.decode != nullptr);
  using store_ptr = std::unique_ptr<lmdb_store>;
  auto result = guarded([&]() -> result_of<store_ptr> {
    store_ptr store{new lmdb_store(xs)};
    store->open_log();
    return store;
  });
  if (!result)
    return failure{result.error().code, "cannot use the data directory "
                                          + xs.directory + ": "
                                          + result.error().text};
  return result;
}

lmdb_store::lmdb_store(const store_settings& settings)
  : settings_(settings),
    dir_(directory::open(settings.directory)) {
  // nop
}

result_of<done> lmdb_store::found(cluster_id cluster, configuration_ptr zero) {
  CAF_RAFT_ASSERT(cluster && zero != nullptr);
  if (who_.cluster == cluster)
    return done{};
  if (who_.cluster)
    return failure{errc::wrong_cluster, "this member belongs to cluster "
                                          + to_string(who_.cluster)
                                          + " already"};
  identity founded{who_.id, who_.incarnation, cluster, std::move(zero)};
  auto record = encode_identity(founded, settings_.codec);
  auto stored = write(record.size(), [&](transaction& txn) {
    txn.put(main_, identity_key, record);
  });
  if (!stored)
    return stored;
  who_ = std::move(founded);
  return make_durable();
}

result_of<recovered_log> lmdb_store::recover(group_id group,
                                             size_t max_recent_bytes) {
  if (auto synced = sync(); !synced)
    return synced.error();
  auto i = groups_.find(group);
  if (i == groups_.end())
    return recovered_log{};
  auto& log = i->second;
  return guarded([&]() -> result_of<recovered_log> {
    transaction txn{env_, transaction::access::read};
    auto result = check_log(txn, log, settings_.codec);
    auto end = result.last_index + 1;
    auto next = first_recent(txn, log, max_recent_bytes);
    while (next < end) {
      auto some = copy_entries(txn, group, log.entries, next, end, recent_chunk,
                               settings_.codec);
      next = some.back().index() + 1;
      std::move(some.begin(), some.end(), std::back_inserter(result.recent));
      txn.renew();
    }
    return result;
  });
}

result_of<done> lmdb_store::commit(std::span<const log_write> batch) {
  return commit(batch, nullptr);
}

result_of<done> lmdb_store::commit(std::span<const log_write> batch,
                                   const journal_mark& mark) {
  auto result = commit(batch, &mark);
  if (result)
    mark_ = mark;
  return result;
}

result_of<done> lmdb_store::commit(std::span<const log_write> batch,
                                   const journal_mark* mark) {
  size_t bytes = 0;
  std::set<group_id> changed;
  for (auto& x : batch) {
    bytes += size_in_bytes(x.append);
    if (x.base)
      bytes += pages(x.group) * bytes_per_free_page;
    changed.insert(x.group);
  }
  bytes += changed.size() * overhead_per_group;
  changes what;
  auto result = write(bytes, [&](transaction& txn) {
    store(txn, what, batch);
    if (mark != nullptr)
      store(txn, *mark);
  });
  if (!result)
    return result;
  for (auto& [group, log] : what) {
    tables_.add(group, log.entries);
    groups_.insert_or_assign(group, std::move(log));
  }
  // The flush of this commit has made the one before it durable.
  durable_ = commits_;
  ++commits_;
  return result;
}

result_of<done> lmdb_store::sync() {
  if (failed_)
    return *failed_;
  return durable_ == commits_ ? done{} : make_durable();
}

size_t lmdb_store::room() const {
  auto info = env_.info();
  uint64_t pages = 0;
  for (auto& [id, log] : groups_)
    pages += log.pages;
  auto free = (info.last_page + 1 - pages) * info.page_size;
  auto kept = overhead();
  // A little less than above: the list of these pages takes pages too.
  return sure_room() + (free > kept ? (free - kept) / 32 * 14 : 0);
}

size_t lmdb_store::sure_room() const {
  auto ahead = headroom_.ahead(used());
  auto kept = overhead();
  // In the worst case, of entries just larger than half a page or than a page,
  // little more than every second byte of the pages is used.
  return ahead > kept ? (ahead - kept) / 32 * 15 : 0;
}

bool lmdb_store::make_room() {
  if (failed_)
    return true;
  try {
    return headroom_.grow(used());
  } catch (const trouble& x) {
    give_up(x.why());
    return true;
  }
}

std::unique_ptr<log_reader> lmdb_store::reader() {
  return std::make_unique<lmdb_reader>(env_, tables_, settings_.codec);
}

void lmdb_store::store(transaction& txn, changes& what,
                       std::span<const log_write> batch) {
  for (auto& x : batch) {
    auto& log = change(txn, what, x.group);
    if (x.state)
      log.state.promise = *x.state;
    if (x.base) {
      begin_behind(txn, log, *x.base);
      store_base(txn, log);
    }
    if (x.truncate_from)
      truncate(txn, log, x.truncate_from);
    append(txn, log, x.append);
  }
  for (auto& [group, log] : what) {
    auto key = key_of(state_prefix, group);
    txn.put(main_, key, encode_state(key, log.state));
    log.pages = txn.pages(log.entries);
  }
}

void lmdb_store::store(transaction& txn, const journal_mark& mark) {
  if (!mark_)
    txn.put(main_, format_key, encode_format(format_version));
  txn.put(main_, journal_key, encode_mark(mark));
}

group_log& lmdb_store::change(transaction& txn, changes& what, group_id group) {
  if (auto i = what.find(group); i != what.end())
    return i->second;
  if (auto i = groups_.find(group); i != groups_.end())
    return what.emplace(group, i->second).first->second;
  auto& log = what[group];
  log.id = group;
  log.entries = *txn.open_table(key_of(log_prefix, group), true);
  store_base(txn, log);
  return log;
}

void lmdb_store::store_base(transaction& txn, const group_log& log) {
  auto key = key_of(base_prefix, log.id);
  txn.put(main_, key, encode_base(key, log.base, settings_.codec));
}

template <class F>
result_of<done> lmdb_store::write(size_t bytes, F f) {
  if (failed_)
    return *failed_;
  try {
    headroom_.cover(used(), bytes);
    transaction txn{env_, transaction::access::write};
    f(txn);
    txn.put(main_, commit_key, encode_commit(txn.id()));
    txn.commit();
    return done{};
  } catch (const trouble& x) {
    return judge(x);
  } catch (const std::exception& x) {
    return give_up({errc::storage_failed, x.what()});
  }
}

result_of<done> lmdb_store::make_durable() {
  try {
    env_.sync();
    durable_ = commits_;
    return done{};
  } catch (const trouble& x) {
    return give_up(x.why());
  }
}

failure lmdb_store::judge(const trouble& why) {
  auto is_full = [&] {
    if (why.why().code == errc::no_space)
      return true;
    // What LMDB calls a write that was cut short for lack of room.
    return why.code() == EIO && headroom_.disk_is_full(used());
  };
  try {
    // If it was a flush that failed, the kernel tells our own descriptor too.
    data_.flush();
    if (env_.is_alive() && is_full())
      return {errc::no_space, why.why().text};
  } catch (const trouble&) {
    // Then it is not merely full.
  }
  return give_up(why.why());
}

failure lmdb_store::give_up(failure why) {
  why.code = errc::storage_failed;
  tables_.failed = true;
  failed_ = why;
  return why;
}

size_t lmdb_store::overhead() const {
  return least_overhead + groups_.size() * overhead_per_group;
}

size_t lmdb_store::pages(group_id group) const {
  auto i = groups_.find(group);
  return i == groups_.end() ? 0 : i->second.pages;
}

uint64_t lmdb_store::used() const {
  auto info = env_.info();
  return (info.last_page + 1) * info.page_size;
}

} // namespace caf::raft::storage

#include "caf/raft/storage/snapshot_file.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/crc32c.hpp"
#include "caf/raft/storage/meta_pages.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace caf::raft::storage {

using lmdb::transaction;

namespace {

constexpr auto common_flags = unsigned{MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS};

lmdb::environment open_environment(const std::string& path, unsigned flags,
                                   size_t map_size) {
  return lmdb::environment::open(path, {common_flags | flags, map_size, 1});
}

/// Looks at the file before LMDB does.
lmdb::environment open_complete(const std::string& path) {
  auto data = file::open(path, O_RDONLY);
  check_meta_pages(data);
  return open_environment(path, MDB_RDONLY, data.size());
}

} // namespace

// -- a complete one -----------------------------------------------------------

snapshot_file::snapshot_file(const std::string& path,
                             const configuration_codec& codec)
  : path_(path),
    env_(open_complete(path)) {
  transaction txn{env_, transaction::access::read};
  auto head = txn.get(txn.main_table(), head_key);
  if (!head)
    throw damage("it has no head");
  record_ = decode_snapshot(*head, codec);
  auto chunks = txn.open_table(std::string{chunk_table}, false);
  if (!record_.is_complete || !chunks
      || txn.size(*chunks) != record_.head.chunks())
    throw damage("it is not complete");
  chunks_ = *chunks;
  // Only then the table is good for other transactions.
  txn.commit();
}

snapshot_file::~snapshot_file() {
  // What is shortened must not be mapped.
  env_ = {};
  if (left_to_)
    left_to_->take_over(std::move(open_));
}

void snapshot_file::leave_to(std::shared_ptr<removals> to, file open) {
  left_to_ = std::move(to);
  open_ = std::move(open);
}

bytes snapshot_file::read(uint64_t number) const {
  CAF_RAFT_ASSERT(number < record_.head.chunks());
  transaction txn{env_, transaction::access::read};
  lmdb::cursor at{txn, chunks_};
  if (!at.find(number))
    throw damage("chunk " + std::to_string(number) + " is missing");
  auto content = decode_chunk(number, at.value());
  return {content.begin(), content.end()};
}

// -- one that is not complete -------------------------------------------------

unfinished_snapshot::unfinished_snapshot(const std::string& path,
                                         size_t map_size)
  : env_(open_environment(path, MDB_NOSYNC, map_size)),
    // From now on it is told of every page that could not be written.
    data_(file::open(path, O_RDWR)) {
  // nop
}

unfinished_snapshot unfinished_snapshot::create(const std::string& path,
                                                size_t map_size) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT)
    throw trouble::from_errno(errno, "cannot remove " + path);
  unfinished_snapshot result{path, map_size};
  result.write([&](transaction& txn) {
    result.table_ = *txn.open_table(std::string{chunk_table}, true);
  });
  return result;
}

unfinished_snapshot unfinished_snapshot::resume(const std::string& path,
                                                size_t map_size) {
  {
    auto data = file::open(path, O_RDWR);
    // What could not be written to the disk may still be in the cache.
    data.flush();
    data.drop_cache();
    check_meta_pages(data);
  }
  unfinished_snapshot result{path, map_size};
  result.recount();
  return result;
}

std::optional<snapshot_record>
unfinished_snapshot::record(const configuration_codec& codec) const {
  transaction txn{env_, transaction::access::read};
  auto head = txn.get(txn.main_table(), head_key);
  if (!head)
    return std::nullopt;
  return decode_snapshot(*head, codec);
}

void unfinished_snapshot::add(bytes_view chunk) {
  write([&](transaction& txn) {
    lmdb::cursor at{txn, table_};
    at.append(chunks_, encode_chunk(chunks_, chunk));
  });
  write_back();
  count(chunk);
}

/// Lets the disk have what was added before there is more: a flush of all of it at
/// the end would keep the log from its disk for as long, and so, in turn, would four
/// chunks at once.
void unfinished_snapshot::write_back() {
  constexpr auto how = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE
                       | SYNC_FILE_RANGE_WAIT_AFTER;
  if (sync_file_range(data_.descriptor(), 0, 0, how) != 0
      && (errno == EIO || errno == ENOSPC))
    throw trouble{{errc::storage_failed, "cannot write " + data_.path()},
                  errno};
}

void unfinished_snapshot::put(const snapshot_record& what,
                              const configuration_codec& codec) {
  write([&](transaction& txn) {
    txn.put(txn.main_table(), head_key, encode_snapshot(what, codec));
  });
}

void unfinished_snapshot::complete(const snapshot_record& what,
                                   const configuration_codec& codec) {
  CAF_RAFT_ASSERT(what.is_complete);
  put(what, codec);
  auto info = env_.info();
  // LMDB counts pages as in use that it never wrote.
  data_.extend_to((info.last_page + 1) * info.page_size);
  try {
    env_.sync();
    if (fsync(data_.descriptor()) != 0)
      throw trouble::from_errno(errno, "cannot flush " + data_.path());
  } catch (const trouble& x) {
    // Also for lack of room: what it lost is not known.
    throw trouble{{errc::storage_failed, x.why().text}, x.code()};
  }
  env_ = {};
}

template <class F>
void unfinished_snapshot::write(F f) {
  try {
    transaction txn{env_, transaction::access::write};
    f(txn);
    txn.commit();
  } catch (const trouble& x) {
    // What LMDB calls a write that was cut short for lack of room.
    constexpr size_t page = 4096;
    if (x.code() == EIO && env_.is_alive()
        && data_.write_zeros(data_.size(), page) < page)
      throw trouble{{errc::no_space, x.why().text}, x.code()};
    throw;
  }
}

void unfinished_snapshot::count(bytes_view content) {
  ++chunks_;
  size_ += content.size();
  checksum_ = crc32c(checksum_, content);
}

void unfinished_snapshot::recount() {
  write([&](transaction& txn) {
    table_ = *txn.open_table(std::string{chunk_table}, true);
    lmdb::cursor at{txn, table_};
    try {
      for (auto more = at.first(); more; more = at.next()) {
        if (at.number() != chunks_)
          break;
        count(decode_chunk(chunks_, at.value()));
      }
    } catch (const trouble&) {
      // It ends before this one.
    }
    while (at.last() && at.number() >= chunks_)
      at.erase();
  });
}

} // namespace caf::raft::storage

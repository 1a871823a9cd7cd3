#include "caf/raft/storage/group_log.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <cstring>

namespace caf::raft::storage {

namespace {

/// Whoever finds damage in a log shall know what to do about it.
trouble bad_log(group_id group, const std::string& what) {
  return damage("the log of group " + to_string(group) + " is damaged: " + what
                + ". Nothing was changed. If other members hold this log, move"
                  " the data directory away and let this one come back with an"
                  " empty one");
}

uint32_t checksum_of(bytes_view record) {
  uint32_t result = 0;
  if (record.size() >= sizeof(result))
    std::memcpy(&result, record.data(), sizeof(result));
  return result;
}

/// Reads the entry at a cursor without copying it.
entry peek(group_id group, const lmdb::cursor& at) {
  auto result = entry::parse(index_t{at.number()}, at.value(), nullptr);
  if (!result)
    throw bad_log(group, result.error().text);
  return std::move(*result);
}

void attach(group_id group, entry& to, const configuration_codec& codec) {
  if (to.kind() != entry_kind::configuration)
    return;
  auto value = codec.decode(to.payload());
  if (!value)
    throw bad_log(group, "the configuration at index " + to_string(to.index())
                           + " cannot be read: " + value.error().text);
  to.attach(std::move(*value));
}

std::string missing(index_t index) {
  return "entry " + to_string(index) + " is missing";
}

constexpr size_t padded(size_t n) {
  return (n + 7) & ~size_t{7};
}

/// Records in one piece of memory, each aligned.
struct copied_records {
  std::shared_ptr<std::byte[]> memory;
  std::vector<size_t> sizes;
};

/// @param at At the first record; no gap up to `last`.
copied_records copy(group_id group, lmdb::cursor& at, index_t last,
                    size_t max_bytes) {
  copied_records result;
  auto first = index_t{at.number()};
  size_t total = 0;
  std::vector<bytes_view> records;
  auto index = first;
  do {
    if (at.number() != index.value)
      throw bad_log(group, missing(index));
    auto record = at.value();
    if (index != first && total + record.size() > max_bytes)
      break;
    records.push_back(record);
    total += padded(record.size());
    ++index;
  } while (index < last && at.next());
  result.memory = std::make_shared_for_overwrite<std::byte[]>(total);
  result.sizes.reserve(records.size());
  auto* to = result.memory.get();
  for (auto& record : records) {
    std::memcpy(to, record.data(), record.size());
    to += padded(record.size());
    result.sizes.push_back(record.size());
  }
  return result;
}

/// @pre Between the base and the last entry.
bool has_entry(const lmdb::transaction& txn, const group_log& log,
               const entry_id& what) {
  lmdb::cursor at{txn, log.entries};
  if (!at.find(what.index.value))
    throw bad_log(log.id, missing(what.index));
  return peek(log.id, at).id() == what;
}

/// Removes the entries up to `last`, which is not the last one of the log.
void remove_first(const lmdb::transaction& txn, group_log& log, index_t last) {
  lmdb::cursor at{txn, log.entries};
  for (auto index = log.base.id.index + 1; index <= last; ++index) {
    if (!at.first() || at.number() != index.value)
      throw bad_log(log.id, missing(index));
    log.state.sum ^= checksum_of(at.value());
    at.erase();
  }
}

/// Says why `first` is not in the log.
trouble not_there(group_id group, lmdb::cursor& log, index_t first) {
  auto where = std::string{"the log is empty"};
  if (log.first()) {
    auto begin = log.number();
    if (!log.last() || (begin <= first.value && first.value <= log.number()))
      return bad_log(group, missing(first));
    where = "the log has " + std::to_string(begin) + " to "
            + std::to_string(log.number());
  }
  return {{errc::compacted, "entry " + to_string(first) + " of group "
                              + to_string(group) + " is not there: " + where}};
}

} // namespace

void begin_behind(lmdb::transaction& txn, group_log& log,
                  const log_base& base) {
  if (base.id == log.base.id)
    return;
  CAF_RAFT_ASSERT(base.id.index > log.base.id.index);
  if (base.id.index < log.state.last.index && has_entry(txn, log, base.id)) {
    remove_first(txn, log, base.id.index);
  } else {
    txn.clear(log.entries);
    log.state.last = base.id;
    log.state.sum = 0;
  }
  log.base = base;
}

void truncate(lmdb::transaction& txn, group_log& log, index_t from) {
  CAF_RAFT_ASSERT(from > log.base.id.index);
  auto& last = log.state.last;
  if (from > last.index)
    return;
  lmdb::cursor at{txn, log.entries};
  while (last.index >= from) {
    if (!at.last() || at.number() != last.index.value)
      throw bad_log(log.id, missing(last.index));
    log.state.sum ^= checksum_of(at.value());
    at.erase();
    last.index = last.index - 1;
  }
  last = log.base.id;
  if (from - log.base.id.index > 1) {
    if (!at.last() || at.number() + 1 != from.value)
      throw bad_log(log.id, missing(from - 1));
    last = peek(log.id, at).id();
  }
}

void append(lmdb::transaction& txn, group_log& log, const entries& xs) {
  if (xs.empty())
    return;
  lmdb::cursor at{txn, log.entries};
  for (auto& x : xs) {
    CAF_RAFT_ASSERT(x.index() == log.state.last.index + 1);
    at.append(x.index().value, x.record());
    log.state.sum ^= checksum_of(x.record());
    log.state.last = x.id();
  }
}

entries copy_entries(lmdb::transaction& txn, group_id group, lmdb::table table,
                     index_t first, index_t last, size_t max_bytes,
                     const configuration_codec& codec) {
  copied_records copies;
  {
    lmdb::cursor at{txn, table};
    if (!at.find(first.value))
      throw not_there(group, at, first);
    copies = copy(group, at, last, max_bytes);
  }
  txn.reset();
  entries result;
  result.reserve(copies.sizes.size());
  const auto* from = copies.memory.get();
  for (auto size : copies.sizes) {
    auto parsed = entry::parse(first, {from, size}, copies.memory);
    if (!parsed)
      throw bad_log(group, parsed.error().text);
    attach(group, *parsed, codec);
    result.push_back(std::move(*parsed));
    from += padded(size);
    ++first;
  }
  return result;
}

recovered_log check_log(const lmdb::transaction& txn, const group_log& log,
                        const configuration_codec& codec) {
  recovered_log result;
  result.state = log.state.promise;
  result.base = log.base.id;
  result.base_configuration = log.base.members;
  result.base_configuration_index = log.base.members_index;
  auto last = log.base.id;
  uint32_t sum = 0;
  size_t count = 0;
  lmdb::cursor at{txn, log.entries};
  for (auto more = at.first(); more; more = at.next(), ++count) {
    if (at.number() != last.index.value + 1)
      throw bad_log(log.id, missing(last.index + 1));
    auto x = peek(log.id, at);
    if (x.term() < last.term || x.term() == term_t{})
      throw bad_log(log.id, "entry " + to_string(x.index())
                              + " has an older term than the one before");
    if (x.term() > last.term || result.term_starts.empty())
      result.term_starts.push_back(x.id());
    if (x.kind() == entry_kind::configuration) {
      attach(log.id, x, codec);
      result.configurations.push_back({x.index(), x.configuration()});
    }
    sum ^= checksum_of(x.record());
    last = x.id();
  }
  if (last != log.state.last || count != txn.size(log.entries))
    throw bad_log(log.id, "it ends with " + to_string(last) + " instead of "
                            + to_string(log.state.last));
  if (sum != log.state.sum)
    throw bad_log(log.id, "its checksum is wrong, so that an entry must be one"
                          " that was replaced");
  result.last_index = last.index;
  return result;
}

index_t first_recent(const lmdb::transaction& txn, const group_log& log,
                     size_t max_bytes) {
  auto result = log.state.last.index + 1;
  lmdb::cursor at{txn, log.entries};
  size_t total = 0;
  for (auto more = at.last(); more; more = at.previous()) {
    total += at.value().size();
    if (total > max_bytes)
      break;
    result = index_t{at.number()};
  }
  return result;
}

} // namespace caf::raft::storage

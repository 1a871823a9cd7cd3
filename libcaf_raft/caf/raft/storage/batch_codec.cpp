#include "caf/raft/storage/batch_codec.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <cstdint>
#include <cstring>
#include <memory>

namespace caf::raft::storage {

namespace {

constexpr uint64_t with_state = 1;
constexpr uint64_t with_truncation = 2;

struct write_header {
  uint64_t group;
  uint64_t flags;
  uint64_t term;
  uint64_t voted_for;
  uint64_t truncate_from;
  uint64_t first_index;
  uint64_t entries;
};

template <class T>
void put(bytes& to, const T& x) {
  auto* from = reinterpret_cast<const std::byte*>(&x);
  to.insert(to.end(), from, from + sizeof(x));
}

size_t size_of(std::span<const log_write> batch) {
  size_t result = 0;
  for (auto& x : batch)
    result += sizeof(write_header) + size_in_bytes(x.append)
              + x.append.size() * sizeof(uint64_t);
  return result;
}

/// Takes a batch apart from its beginning.
class source {
public:
  explicit source(bytes_view from)
    : memory_(std::make_shared_for_overwrite<std::byte[]>(from.size())),
      rest_(memory_.get(), from.size()) {
    if (!from.empty())
      std::memcpy(memory_.get(), from.data(), from.size());
  }

  bool is_empty() const {
    return rest_.empty();
  }

  template <class T>
  T take() {
    T result;
    auto from = take_bytes(sizeof(result));
    std::memcpy(&result, from.data(), sizeof(result));
    return result;
  }

  entry take_entry(index_t index) {
    auto record = take_bytes(take<uint64_t>());
    auto result = entry::parse(index, record, memory_);
    if (!result)
      throw damage("an entry in the journal is damaged: "
                   + result.error().text);
    return std::move(*result);
  }

private:
  bytes_view take_bytes(uint64_t size) {
    if (size > rest_.size())
      throw damage("a batch in the journal ends too early");
    auto result = rest_.first(size);
    rest_ = rest_.subspan(size);
    return result;
  }

  std::shared_ptr<std::byte[]> memory_;
  bytes_view rest_;
};

log_write take_write(source& from) {
  auto header = from.take<write_header>();
  log_write result;
  result.group = group_id{header.group};
  if ((header.flags & with_state) != 0)
    result.state = hard_state{term_t{header.term}, server_id{header.voted_for}};
  if ((header.flags & with_truncation) != 0)
    result.truncate_from = index_t{header.truncate_from};
  for (uint64_t i = 0; i < header.entries; ++i)
    result.append.push_back(from.take_entry(index_t{header.first_index} + i));
  return result;
}

} // namespace

bytes encode_batch(std::span<const log_write> batch) {
  bytes result;
  result.reserve(size_of(batch));
  for (auto& x : batch) {
    CAF_RAFT_ASSERT(!x.base);
    auto state = x.state.value_or(hard_state{});
    uint64_t flags = (x.state ? with_state : 0)
                     | (x.truncate_from ? with_truncation : 0);
    auto first = x.append.empty() ? index_t{} : x.append.front().index();
    put(result, write_header{x.group.value, flags, state.term.value,
                             state.voted_for.value, x.truncate_from.value,
                             first.value, x.append.size()});
    for (auto& y : x.append) {
      auto record = y.record();
      put(result, uint64_t{record.size()});
      result.insert(result.end(), record.begin(), record.end());
    }
  }
  return result;
}

std::vector<log_write> decode_batch(bytes_view from) {
  std::vector<log_write> result;
  source rest{from};
  while (!rest.is_empty())
    result.push_back(take_write(rest));
  return result;
}

} // namespace caf::raft::storage

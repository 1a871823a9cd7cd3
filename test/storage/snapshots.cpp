#include "storage/snapshots.hpp"

#include "caf/raft/crc32c.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace caf::raft::test {

namespace fs = std::filesystem;

snapshots_ptr open_snapshots(const temp_dir& dir) {
  auto result = storage::snapshot_files::open(dir.path(), plain_codec());
  if (!result)
    FAIL(result.error().text);
  return std::move(*result);
}

bytes made_up_content(uint64_t seed, size_t size) {
  bytes result(size);
  generator numbers{seed};
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    auto x = numbers();
    std::memcpy(result.data() + i, &x, std::min(sizeof(x), size - i));
  }
  return result;
}

snapshot_head head_at(uint64_t index) {
  snapshot_head result;
  result.last = {term_t{3}, index_t{index}};
  result.members = voters({1, 2, 3});
  result.members_index = index_t{2};
  return result;
}

snapshot_head head_of(uint64_t index, const bytes& content) {
  auto result = head_at(index);
  result.size = content.size();
  result.checksum = crc32c(0, content);
  return result;
}

bytes_view chunk_of(const bytes& content, uint64_t number) {
  auto rest = bytes_view{content}.subspan(number * chunk_bytes);
  return rest.first(std::min(rest.size(), chunk_bytes));
}

result_of<done> write_chunks(storage::snapshot_writer& to, const bytes& content,
                             uint64_t end) {
  auto last = (content.size() + chunk_bytes - 1) / chunk_bytes;
  for (auto i = to.chunks(); i < std::min<uint64_t>(last, end); ++i)
    if (auto ok = to.write(chunk_of(content, i)); !ok)
      return ok;
  return done{};
}

writer_ptr take(storage::snapshot_store& store, uint64_t index) {
  auto result = store.take(group, head_at(index));
  if (!result)
    FAIL(result.error().text);
  return std::move(*result);
}

writer_ptr receive(storage::snapshot_store& store, const snapshot_head& what) {
  auto result = store.receive(group, what);
  if (!result)
    FAIL(result.error().text);
  return std::move(*result);
}

void take_all(storage::snapshot_store& store, uint64_t index,
              const bytes& content) {
  auto to = take(store, index);
  REQUIRE(write_chunks(*to, content));
  auto head = to->finish();
  if (!head)
    FAIL(head.error().text);
  CHECK(head->is_same(head_of(index, content)));
}

reader_ptr reader_of(storage::snapshot_store& store) {
  auto result = store.open(group);
  if (!result)
    FAIL(result.error().text);
  return std::move(*result);
}

result_of<bytes> read_all(storage::snapshot_reader& from) {
  bytes result;
  for (uint64_t i = 0; i < from.head().chunks(); ++i) {
    auto chunk = from.read(i);
    if (!chunk)
      return chunk.error();
    result.insert(result.end(), chunk->begin(), chunk->end());
  }
  return result;
}

result_of<bytes> newest_content(storage::snapshot_store& store) {
  auto head = store.newest(group);
  if (!head)
    return head.error();
  if (!*head)
    return failure{errc::rejected, "there is none"};
  auto reader = store.open(group);
  if (!reader)
    return reader.error();
  auto result = read_all(**reader);
  if (result && !(*head)->is_same(head_of((*head)->last.index.value, *result)))
    return failure{errc::invalid_argument, "it is not what its head says"};
  return result;
}

std::vector<std::string> names_of_snapshots(const temp_dir& dir) {
  std::vector<std::string> result;
  for (auto& x : fs::directory_iterator{dir / "snapshots"})
    result.push_back(x.path().filename().string());
  std::sort(result.begin(), result.end());
  return result;
}

} // namespace caf::raft::test

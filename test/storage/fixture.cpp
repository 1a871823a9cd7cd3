#include "storage/fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace caf::raft::test {

namespace fs = std::filesystem;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr auto under_sanitizer = true;
#elif defined(__has_feature)
constexpr auto under_sanitizer = __has_feature(address_sanitizer) != 0;
#else
constexpr auto under_sanitizer = false;
#endif

bytes encode(const configuration& what) {
  bytes result(what.voters.size() * sizeof(uint64_t));
  std::memcpy(result.data(), what.voters.data(), result.size());
  return result;
}

result_of<configuration_ptr> decode(bytes_view from) {
  if (from.size() % sizeof(uint64_t) != 0)
    return failure{errc::invalid_argument, "cut off"};
  auto result = std::make_shared<configuration>();
  result->voters.resize(from.size() / sizeof(uint64_t));
  std::memcpy(result->voters.data(), from.data(), from.size());
  return configuration_ptr{std::move(result)};
}

} // namespace

temp_dir::temp_dir() : owner_(getpid()) {
  path_ = (fs::temp_directory_path() / "caf_raft-XXXXXX").string();
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

temp_dir::~temp_dir() {
  std::error_code code;
  if (owner_ == getpid())
    fs::remove_all(path_, code);
}

storage::configuration_codec plain_codec() {
  return {encode, decode};
}

configuration_ptr voters(std::initializer_list<uint64_t> ids) {
  auto result = std::make_shared<configuration>();
  for (auto id : ids)
    result->voters.emplace_back(id);
  return result;
}

storage::store_settings settings_for(const std::string& directory) {
  storage::store_settings result;
  result.directory = directory;
  result.id = server_id{1};
  result.incarnation = incarnation_t{77};
  result.codec = plain_codec();
  result.map_size = size_t{1} << 30;
  result.reserve_bytes = 0;
  auto* on = std::getenv("CAF_RAFT_TEST_JOURNAL");
  return on != nullptr && std::strcmp(on, "1") == 0 ? with_journal(result)
                                                    : result;
}

storage::store_settings with_journal(storage::store_settings xs) {
  xs.journal_bytes = small_journal;
  xs.reserve_bytes = std::max(xs.reserve_bytes, size_t{4} << 20);
  return xs;
}

store_ptr open_store(const storage::store_settings& xs) {
  auto result = storage::open_log_store(xs);
  if (!result)
    FAIL(result.error().text);
  // The journal takes nothing that LMDB might have no room for.
  while (xs.journal_bytes != 0 && !(*result)->make_room())
    ; // nop
  return std::move(*result);
}

failure why_not(const storage::store_settings& xs) {
  auto result = storage::open_log_store(xs);
  REQUIRE(!result);
  return result.error();
}

entries make_entries(index_t first, term_t term, size_t count,
                     size_t payload_size) {
  entries result;
  bytes payload(payload_size);
  for (size_t i = 0; i < count; ++i) {
    generator numbers{(first.value + i) * 1000003 + term.value};
    for (auto& x : payload)
      x = static_cast<std::byte>(numbers());
    result.push_back(
      entry::make(first + i, term, entry_kind::command, payload));
  }
  return result;
}

entries make_entries(uint64_t first, uint64_t term, size_t count,
                     size_t payload_size) {
  return make_entries(index_t{first}, term_t{term}, count, payload_size);
}

log_write appending(entries xs, group_id to) {
  log_write result;
  result.group = to;
  result.append = std::move(xs);
  return result;
}

result_of<done> commit(storage::log_store& store, log_write what) {
  return store.commit(std::span{&what, 1});
}

void put(storage::log_store& store, log_write what) {
  auto result = commit(store, std::move(what));
  if (!result)
    FAIL(result.error().text);
}

storage::recovered_log recovered(storage::log_store& store, group_id what) {
  auto result = store.recover(what, all);
  if (!result)
    FAIL(result.error().text);
  return std::move(*result);
}

bool same(const entry& x, const entry& y) {
  auto xs = x.record();
  auto ys = y.record();
  return x.index() == y.index() && as_text(xs) == as_text(ys);
}

bool same(const entries& xs, const entries& ys) {
  auto pairwise = [](const entry& x, const entry& y) { return same(x, y); };
  return std::equal(xs.begin(), xs.end(), ys.begin(), ys.end(), pairwise);
}

uint64_t generator::operator()() {
  // splitmix64
  auto z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

size_t repeats(size_t usual) {
  auto* is_short = std::getenv("CAF_RAFT_SHORT");
  auto few = is_short != nullptr && std::strcmp(is_short, "1") == 0;
  if (few)
    usual = (usual + 3) / 4;
  return under_sanitizer ? (usual + 3) / 4 : usual;
}

} // namespace caf::raft::test

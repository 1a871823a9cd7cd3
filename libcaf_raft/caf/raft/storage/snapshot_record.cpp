#include "caf/raft/storage/snapshot_record.hpp"

#include "caf/raft/crc32c.hpp"
#include "caf/raft/storage/sealed.hpp"

#include <charconv>
#include <cstring>
#include <fstream>
#include <vector>

namespace caf::raft::storage {

namespace {

/// The encoded configuration follows.
struct head_body {
  uint64_t version;
  uint64_t group;
  uint64_t term;
  uint64_t index;
  uint64_t members_index;
  uint64_t size;
  uint64_t checksum;
  uint64_t is_complete;
};

uint32_t chunk_checksum(uint64_t number, bytes_view content) {
  return crc32c(static_cast<uint32_t>(number), content);
}

/// Splits at each dash.
/// @returns Nothing where there is something else than numbers.
std::optional<std::vector<uint64_t>> numbers_in(std::string_view text) {
  std::vector<uint64_t> result;
  auto* at = text.data();
  auto* end = at + text.size();
  while (true) {
    auto parsed = std::from_chars(at, end, result.emplace_back());
    if (parsed.ec != std::errc{})
      return std::nullopt;
    if (parsed.ptr == end)
      return result;
    if (*parsed.ptr != '-')
      return std::nullopt;
    at = parsed.ptr + 1;
  }
}

constexpr std::string_view suffix_of(snapshot_state state) {
  switch (state) {
    case snapshot_state::complete:
      return ".snapshot";
    case snapshot_state::received:
      return ".part";
    default:
      return ".new";
  }
}

constexpr size_t numbers_of(snapshot_state state) {
  switch (state) {
    case snapshot_state::complete:
      return 3;
    case snapshot_state::received:
      return 5;
    default:
      return 1;
  }
}

std::optional<snapshot_name> parse_as(snapshot_state state,
                                      std::string_view text) {
  auto suffix = suffix_of(state);
  if (!text.ends_with(suffix))
    return std::nullopt;
  auto xs = numbers_in(text.substr(0, text.size() - suffix.size()));
  if (!xs || xs->size() != numbers_of(state))
    return std::nullopt;
  xs->resize(numbers_of(snapshot_state::received));
  snapshot_name result{group_id{(*xs)[0]},
                       state,
                       {term_t{(*xs)[1]}, index_t{(*xs)[2]}},
                       static_cast<uint32_t>((*xs)[3]),
                       (*xs)[4]};
  // There is one way only to write a name.
  if (to_string(result) != text)
    return std::nullopt;
  return result;
}

} // namespace

uint64_t this_boot() {
  // A random UUID: hexadecimal digits, and dashes. Half of it will do.
  std::ifstream in{"/proc/sys/kernel/random/boot_id"};
  std::string text;
  in >> text;
  std::erase(text, '-');
  uint64_t result = 0;
  auto digits = std::string_view{text}.substr(0, 16);
  std::from_chars(digits.data(), digits.data() + digits.size(), result, 16);
  return result;
}

bytes encode_snapshot(const snapshot_record& x,
                      const configuration_codec& codec) {
  auto& head = x.head;
  auto members = head.members ? codec.encode(*head.members) : bytes{};
  return seal(head_key,
              head_body{snapshot_version, x.group.value, head.last.term.value,
                        head.last.index.value, head.members_index.value,
                        head.size, head.checksum, x.is_complete ? 1u : 0u},
              members);
}

snapshot_record decode_snapshot(bytes_view from,
                                const configuration_codec& codec) {
  auto [body, tail] = unseal<head_body>(head_key, from);
  if (body.version != snapshot_version)
    throw damage("it has format " + std::to_string(body.version)
                 + "; this version of the program knows format "
                 + std::to_string(snapshot_version) + " only");
  snapshot_record result;
  result.group = group_id{body.group};
  result.head = {{term_t{body.term}, index_t{body.index}},
                 nullptr,
                 index_t{body.members_index},
                 body.size,
                 static_cast<uint32_t>(body.checksum)};
  result.is_complete = body.is_complete != 0;
  if (tail.empty())
    return result;
  auto members = codec.decode(tail);
  if (!members)
    throw damage("its configuration cannot be read: " + members.error().text);
  result.head.members = std::move(*members);
  return result;
}

bytes encode_chunk(uint64_t number, bytes_view content) {
  bytes result(checksum_size + content.size());
  auto crc = chunk_checksum(number, content);
  std::memcpy(result.data(), &crc, sizeof(crc));
  if (!content.empty())
    std::memcpy(result.data() + checksum_size, content.data(), content.size());
  return result;
}

bytes_view decode_chunk(uint64_t number, bytes_view from) {
  uint64_t crc = 0;
  if (from.size() < sizeof(crc))
    throw damage("chunk " + std::to_string(number) + " is too short");
  std::memcpy(&crc, from.data(), sizeof(crc));
  auto result = from.subspan(checksum_size);
  if (chunk_checksum(number, result) != crc)
    throw damage("chunk " + std::to_string(number) + " fails its checksum");
  return result;
}

std::string to_string(const snapshot_name& x) {
  auto result = to_string(x.group);
  if (x.state != snapshot_state::taken)
    result += "-" + to_string(x.last.term) + "-" + to_string(x.last.index);
  if (x.state == snapshot_state::received)
    result += "-" + std::to_string(x.checksum) + "-" + std::to_string(x.boot);
  return result + std::string{suffix_of(x.state)};
}

std::optional<snapshot_name> parse_snapshot_name(std::string_view text) {
  for (auto state : {snapshot_state::complete, snapshot_state::received,
                     snapshot_state::taken})
    if (auto result = parse_as(state, text))
      return result;
  return std::nullopt;
}

} // namespace caf::raft::storage

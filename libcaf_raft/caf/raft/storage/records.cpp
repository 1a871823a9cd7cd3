#include "caf/raft/storage/records.hpp"

#include "caf/raft/storage/sealed.hpp"

#include <charconv>
#include <cstring>

namespace caf::raft::storage {

namespace {

struct format_body {
  uint64_t version;
};

/// The encoded configuration zero follows, where there is one.
struct identity_body {
  uint64_t id;
  uint64_t incarnation;
  uint64_t cluster;
};

struct commit_body {
  uint64_t transaction;
};

struct mark_body {
  uint64_t ring;
  uint64_t taken;
};

struct state_body {
  uint64_t term;
  uint64_t voted_for;
  uint64_t last_term;
  uint64_t last_index;
  uint64_t sum;
};

/// Where there is a configuration, its index follows, and then itself, encoded.
struct base_body {
  uint64_t term;
  uint64_t index;
};

bytes encode(const configuration_ptr& what, const configuration_codec& codec) {
  return what == nullptr ? bytes{} : codec.encode(*what);
}

configuration_ptr decode(std::string_view key, bytes_view from,
                         const configuration_codec& codec) {
  if (from.empty())
    return nullptr;
  auto result = codec.decode(from);
  if (!result)
    throw damage("the configuration in the record " + std::string{key}
                 + " cannot be read: " + result.error().text);
  return std::move(*result);
}

} // namespace

std::string key_of(std::string_view prefix, group_id group) {
  return std::string{prefix} + to_string(group);
}

std::optional<group_id> group_of(std::string_view prefix,
                                 std::string_view key) {
  if (!key.starts_with(prefix))
    return std::nullopt;
  group_id result;
  auto* end = key.data() + key.size();
  auto parsed = std::from_chars(key.data() + prefix.size(), end, result.value);
  // There is one way only to write a number.
  if (parsed.ec != std::errc{} || parsed.ptr != end
      || key_of(prefix, result) != key)
    return std::nullopt;
  return result;
}

bytes encode_format(uint32_t version) {
  return seal(format_key, format_body{version});
}

bytes encode_identity(const identity& x, const configuration_codec& codec) {
  return seal(identity_key,
              identity_body{x.id.value, x.incarnation.value, x.cluster.value},
              encode(x.zero, codec));
}

bytes encode_commit(uint64_t transaction) {
  return seal(commit_key, commit_body{transaction});
}

bytes encode_mark(const journal_mark& x) {
  return seal(journal_key, mark_body{x.ring, x.taken});
}

bytes encode_state(std::string_view key, const group_state& x) {
  return seal(key, state_body{x.promise.term.value, x.promise.voted_for.value,
                              x.last.term.value, x.last.index.value, x.sum});
}

bytes encode_base(std::string_view key, const log_base& x,
                  const configuration_codec& codec) {
  bytes tail;
  if (x.members != nullptr) {
    auto members = encode(x.members, codec);
    tail.resize(sizeof(uint64_t));
    std::memcpy(tail.data(), &x.members_index.value, sizeof(uint64_t));
    tail.insert(tail.end(), members.begin(), members.end());
  }
  return seal(key, base_body{x.id.term.value, x.id.index.value}, tail);
}

uint32_t decode_format(bytes_view record) {
  auto body = unseal<format_body>(format_key, record).body;
  return static_cast<uint32_t>(body.version);
}

identity decode_identity(bytes_view record, const configuration_codec& codec) {
  auto [body, tail] = unseal<identity_body>(identity_key, record);
  return {server_id{body.id}, incarnation_t{body.incarnation},
          cluster_id{body.cluster}, decode(identity_key, tail, codec)};
}

uint64_t decode_commit(bytes_view record) {
  return unseal<commit_body>(commit_key, record).body.transaction;
}

journal_mark decode_mark(bytes_view record) {
  auto body = unseal<mark_body>(journal_key, record).body;
  return {body.ring, body.taken};
}

group_state decode_state(std::string_view key, bytes_view record) {
  auto body = unseal<state_body>(key, record).body;
  return {{term_t{body.term}, server_id{body.voted_for}},
          {term_t{body.last_term}, index_t{body.last_index}},
          static_cast<uint32_t>(body.sum)};
}

log_base decode_base(std::string_view key, bytes_view record,
                     const configuration_codec& codec) {
  auto [body, tail] = unseal<base_body>(key, record);
  log_base result{{term_t{body.term}, index_t{body.index}}, nullptr, {}};
  if (tail.empty())
    return result;
  if (tail.size() < sizeof(uint64_t))
    throw damage("the record " + std::string{key} + " is too short");
  std::memcpy(&result.members_index.value, tail.data(), sizeof(uint64_t));
  result.members = decode(key, tail.subspan(sizeof(uint64_t)), codec);
  return result;
}

} // namespace caf::raft::storage

#include "caf/raft/wire/single_segment.hpp"

#include <cstring>

namespace caf::raft::wire {

result_of<kj::ArrayPtr<const capnp::word>> segment_of(bytes_view message) {
  auto bad = [](const char* why) {
    return failure{errc::invalid_argument, why};
  };
  if (reinterpret_cast<uintptr_t>(message.data()) % sizeof(uint64_t) != 0)
    return bad("the message is not aligned");
  if (message.size() % sizeof(uint64_t) != 0)
    return bad("the message is not made of whole words");
  auto words = message.size() / sizeof(uint64_t);
  if (words <= table_words)
    return bad("the message is empty");
  uint64_t table;
  std::memcpy(&table, message.data(), sizeof(table));
  if (table != static_cast<uint64_t>(words - table_words) << 32)
    return bad("the message is not one whole segment");
  auto* first = reinterpret_cast<const capnp::word*>(message.data());
  return kj::arrayPtr(first + table_words, words - table_words);
}

} // namespace caf::raft::wire

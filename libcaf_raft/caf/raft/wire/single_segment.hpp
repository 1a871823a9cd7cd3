#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/error.hpp"

#include <capnp/message.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

// All Cap'n Proto messages of ours are one segment behind a segment table of
// one word, the standard form that every tool of Cap'n Proto reads. A writer
// knows how large the segment gets at most, so it is built where it is sent
// from; a reader takes no other form.

namespace caf::raft::wire {

/// Words of the segment table.
inline constexpr size_t table_words = 1;

/// Thrown by decoding functions, inside of `read_message` only.
struct malformed {
  std::string why;
};

/// @throws malformed unless `ok`.
inline void require(bool ok, const char* why) {
  if (!ok)
    throw malformed{why};
}

/// Returns what a pointer refers to.
/// @param is_there Whether the pointer is set; where it is not, Cap'n Proto
///                 reads a struct of zeros or an empty list.
/// @throws malformed where it is not.
template <class Reader>
Reader required(bool is_there, Reader from) {
  require(is_there, "a part of the message is missing");
  return from;
}

/// Finds the one segment of a message.
/// @param message 8-byte aligned.
result_of<kj::ArrayPtr<const capnp::word>> segment_of(bytes_view message);

/// Limits for reading a message of `words` words: everything can be read about
/// twice, so that many pointers to one large object are an error rather than
/// work; and no message of ours nests deeper than five pointers.
inline capnp::ReaderOptions reader_limits(size_t words) {
  capnp::ReaderOptions result;
  result.traversalLimitInWords = 2 * words + 1024;
  result.nestingLimit = 8;
  return result;
}

/// Decodes a message whose root is a `Root`.
/// @param message 8-byte aligned.
/// @param decode  Gets a `Root::Reader`; may throw `malformed`.
/// @returns What `decode` returns; `invalid_argument` with the reason for
///          anything that is not a message.
template <class Root, class F>
auto read_message(bytes_view message, F decode)
  -> result_of<std::invoke_result_t<F&, typename Root::Reader>> {
  auto segment = segment_of(message);
  if (!segment)
    return segment.error();
  try {
    capnp::SegmentArrayMessageReader reader{kj::arrayPtr(&*segment, 1),
                                            reader_limits(segment->size())};
    return decode(reader.getRoot<Root>());
  } catch (const malformed& x) {
    return failure{errc::invalid_argument, x.why};
  } catch (const kj::Exception& x) {
    return failure{errc::invalid_argument, x.getDescription().cStr()};
  }
}

/// Builds a message in place, table included.
/// @param at    Zero as far as `fill` does not overwrite it.
/// @param words The room there. Too little breaks an invariant.
/// @param fill  Gets a `Root::Builder`.
/// @returns How many words the message takes.
template <class Root, class F>
size_t build_message(uint64_t* at, size_t words, F fill) noexcept {
  auto* segment = reinterpret_cast<capnp::word*>(at + table_words);
  capnp::FlatMessageBuilder builder{kj::arrayPtr(segment, words - table_words)};
  fill(builder.initRoot<Root>());
  auto used = builder.getSegmentsForOutput()[0].size();
  // The table: the number of segments less one, and the words of the first.
  *at = static_cast<uint64_t>(used) << 32;
  return table_words + used;
}

/// How many words a text takes, with the zero byte that Cap'n Proto puts behind
/// it.
inline size_t words_of_text(size_t size) {
  return size / sizeof(uint64_t) + 1;
}

} // namespace caf::raft::wire

#include "caf/raft/wire/text.hpp"

#include "caf/raft/wire/limits.hpp"
#include "caf/raft/wire/single_segment.hpp"

namespace caf::raft::wire {

capnp::Text::Reader text_of(const std::string& text) {
  return {text.data(), text.size()};
}

std::string cut(const std::string& text) {
  if (text.size() <= max_text_size)
    return text;
  auto inside_character = [&](size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  auto size = max_text_size;
  while (size > 0 && inside_character(size))
    --size;
  return text.substr(0, size);
}

std::string read_text(bool is_there, capnp::Text::Reader from) {
  require(is_there, "a text is missing");
  require(from.size() <= max_text_size, "a text is too long");
  return {from.begin(), from.size()};
}

} // namespace caf::raft::wire

#include "caf/raft/incoming_link.hpp"

#include "caf/raft/wire/codec.hpp"

#include <variant>

namespace caf::raft {

namespace {

/// What may be said on a connection once its sender was let in.
bool may_follow(const node_message& what) {
  return std::holds_alternative<introduce>(what)
         || std::holds_alternative<introduction_answer>(what)
         || std::holds_alternative<founded>(what);
}

} // namespace

incoming_link::listener::~listener() {
  // nop
}

incoming_link::incoming_link(byte_stream& stream, listener& owner)
  : stream_(stream),
    owner_(owner),
    reader_(wire::max_handshake_body_size) {
  // nop
}

void incoming_link::on_bytes(bytes_view arrived) {
  if (state_ == state_t::down)
    return;
  if (state_ == state_t::asked)
    return malformed("it spoke before it was let in");
  reader_.feed(arrived);
  while (state_ != state_t::down) {
    auto next = reader_.next();
    if (!next)
      return malformed(next.error().text);
    if (!*next)
      return;
    on_frame(**next);
  }
}

void incoming_link::on_closed(const std::string& reason) {
  if (state_ == state_t::down)
    return;
  state_ = state_t::down;
  owner_.on_down(reason, std::nullopt);
}

void incoming_link::on_handshake_deadline() {
  if (state_ == state_t::hello)
    close("it did not say hello in time");
  else if (state_ == state_t::asked)
    refuse({refusal_reason::busy, "nobody decided in time"});
}

void incoming_link::admit(const welcome& answer, size_t max_body_size) {
  if (state_ != state_t::asked)
    return;
  state_ = state_t::up;
  limit(max_body_size);
  stream_.out(wire::encode(node_message{answer}));
}

void incoming_link::refuse(const refusal& why) {
  if (state_ == state_t::down)
    return;
  stream_.out(wire::encode(node_message{why}));
  end("refused: " + why.text, why);
}

void incoming_link::limit(size_t max_body_size) {
  if (state_ == state_t::up)
    reader_.limit(max_body_size);
}

void incoming_link::close(const std::string& reason) {
  if (state_ == state_t::down)
    return;
  end(reason);
}

void incoming_link::on_frame(const wire::received_frame& what) {
  if (state_ == state_t::hello)
    return on_hello_frame(what);
  if (state_ == state_t::asked)
    return malformed("it spoke before it was let in");
  if (what.type == wire::frame_type::group) {
    auto msg = wire::decode_group(from_, what.body, what.owner);
    if (!msg)
      return malformed(msg.error().text);
    return owner_.on_message(*msg);
  }
  auto msg = wire::decode_node(from_, what.body);
  if (!msg)
    return malformed(msg.error().text);
  if (!may_follow(*msg))
    return malformed("it repeats the handshake");
  owner_.on_message(*msg);
}

void incoming_link::on_hello_frame(const wire::received_frame& what) {
  if (what.type != wire::frame_type::node)
    return malformed("it did not say hello first");
  auto msg = wire::decode_node(sender{}, what.body);
  if (!msg)
    return malformed(msg.error().text);
  auto* content = std::get_if<hello>(&*msg);
  if (content == nullptr)
    return malformed("it did not say hello first");
  state_ = state_t::asked;
  from_ = {content->id, content->incarnation};
  owner_.on_hello(*content);
}

void incoming_link::malformed(const std::string& why) {
  refuse({refusal_reason::malformed, "malformed message: " + why});
}

void incoming_link::end(const std::string& reason,
                        const std::optional<refusal>& refused) {
  state_ = state_t::down;
  stream_.close();
  owner_.on_down(reason, refused);
}

} // namespace caf::raft

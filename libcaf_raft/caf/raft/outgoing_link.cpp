#include "caf/raft/outgoing_link.hpp"

#include "caf/raft/wire/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace caf::raft {

namespace {

constexpr size_t mebibyte = 1 << 20;

std::string_view to_string(refusal_reason reason) {
  switch (reason) {
    case refusal_reason::version:
      return "another version of the protocol";
    case refusal_reason::wrong_cluster:
      return "another cluster";
    case refusal_reason::wrong_id:
      return "another member";
    case refusal_reason::wrong_incarnation:
      return "another life of the data directory";
    case refusal_reason::busy:
      return "too many connections";
    case refusal_reason::malformed:
      return "a malformed message";
  }
  return "unknown";
}

link_down refused(const refusal& why) {
  auto text = why.text.empty() ? std::string{to_string(why.reason)} : why.text;
  return {"refused: " + text, why};
}

/// What does not fit in an answer; empty where all does. The other side has
/// checked the same, by what it knows.
std::optional<refusal> complaint(const hello& me, const welcome& msg) {
  if (msg.version != me.version)
    return refusal{refusal_reason::version,
                   fmt::format("it speaks version {} of the protocol, we {}",
                               msg.version, me.version)};
  if (me.to && msg.id != me.to)
    return refusal{refusal_reason::wrong_id,
                   fmt::format("member {} answers there, not member {}",
                               msg.id.value, me.to.value)};
  if (me.cluster && msg.cluster && msg.cluster != me.cluster)
    return refusal{refusal_reason::wrong_cluster,
                   fmt::format("a member of cluster {} answers there, ours is "
                               "{}: that directory was used before",
                               to_string(msg.cluster), to_string(me.cluster))};
  return std::nullopt;
}

} // namespace

outgoing_link::listener::~listener() {
  // nop
}

outgoing_link::outgoing_link(byte_stream& stream, listener& owner, hello me)
  : stream_(stream),
    owner_(owner),
    me_(std::move(me)),
    reader_(wire::max_handshake_body_size) {
  // nop
}

void outgoing_link::start() {
  stream_.out(wire::encode(node_message{me_}));
}

void outgoing_link::send(const wire::frame_ptr& what) {
  if (state_ != state_t::up)
    return;
  stream_.out(what);
  largest_ = std::max(largest_, what->view().size());
  if (auto n = stream_.outstanding(); n > max_outstanding_bytes + largest_)
    close(fmt::format("it takes nothing: {} MiB are waiting", n / mebibyte));
}

void outgoing_link::on_bytes(bytes_view arrived) {
  if (state_ == state_t::down)
    return;
  reader_.feed(arrived);
  while (state_ != state_t::down) {
    auto next = reader_.next();
    if (!next)
      return close("it sent something malformed: " + next.error().text);
    if (!*next)
      return;
    on_frame(**next);
  }
}

void outgoing_link::on_closed(const std::string& reason) {
  if (state_ == state_t::down)
    return;
  state_ = state_t::down;
  owner_.on_down({reason, std::nullopt});
}

void outgoing_link::on_handshake_deadline() {
  if (state_ == state_t::handshake)
    close("no answer in time");
}

void outgoing_link::close(const std::string& reason) {
  end({reason, std::nullopt});
}

void outgoing_link::on_frame(const wire::received_frame& what) {
  if (what.type != wire::frame_type::node)
    return close("it sent a message where only an answer may come");
  auto msg = wire::decode_node(sender{}, what.body);
  if (!msg)
    return close("it sent something malformed: " + msg.error().text);
  if (auto* why = std::get_if<refusal>(&*msg))
    end(refused(*why));
  else if (auto* answer = std::get_if<welcome>(&*msg))
    on_welcome(*answer);
  else
    close("it sent a message where only an answer may come");
}

void outgoing_link::on_welcome(const welcome& msg) {
  if (state_ != state_t::handshake)
    return close("it answered twice");
  if (auto why = complaint(me_, msg))
    return end({why->text, why});
  state_ = state_t::up;
  owner_.on_up(msg);
}

void outgoing_link::end(const link_down& why) {
  if (state_ == state_t::down)
    return;
  state_ = state_t::down;
  stream_.close();
  owner_.on_down(why);
}

} // namespace caf::raft

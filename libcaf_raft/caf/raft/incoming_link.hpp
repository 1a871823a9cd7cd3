#pragma once

#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/transport.hpp"
#include "caf/raft/wire/frame.hpp"

#include <optional>
#include <string>

namespace caf::raft {

/// The protocol of a connection that the other side opened, over any stream of
/// bytes: a hello comes, we answer by `admit` or `refuse`, then messages come,
/// one way. Whatever is wrong with them ends the link with a refusal.
class incoming_link {
public:
  /// Who hears what comes.
  class listener {
  public:
    virtual ~listener();

    /// To be answered by `admit` or `refuse`, now or later; until then the
    /// other side has nothing to say.
    virtual void on_hello(const hello& msg) = 0;

    virtual void on_message(envelope& msg) = 0;

    virtual void on_message(node_message& msg) = 0;

    /// Said once and last. The link has closed the stream, if it was not the
    /// stream that ended.
    /// @param refused Set where it was we who ended it so.
    virtual void
    on_down(const std::string& reason, const std::optional<refusal>& refused)
      = 0;
  };

  incoming_link(byte_stream& stream, listener& owner);

  void on_bytes(bytes_view arrived);

  /// The stream ended by itself.
  void on_closed(const std::string& reason);

  /// Ends the link if nobody was let in. The host calls it `handshake_timeout`
  /// (transport.hpp) after the stream was accepted.
  void on_handshake_deadline();

  /// Lets the other side in. Does nothing if the link has ended.
  /// @param max_body_size See `limit`.
  void admit(const welcome& answer, size_t max_body_size);

  /// Ends the link, before or after it was let in.
  void refuse(const refusal& why);

  /// Sets how large frames may be from now on.
  void limit(size_t max_body_size);

  /// Ends the link without giving a reason to the other side.
  void close(const std::string& reason);

  /// Who the handshake established; none before.
  const sender& from() const {
    return from_;
  }

private:
  enum class state_t : uint8_t { hello, asked, up, down };

  void on_frame(const wire::received_frame& what);
  void on_hello_frame(const wire::received_frame& what);
  void malformed(const std::string& why);
  void end(const std::string& reason,
           const std::optional<refusal>& refused = std::nullopt);

  byte_stream& stream_;
  listener& owner_;
  wire::frame_reader reader_;
  sender from_;
  state_t state_ = state_t::hello;
};

} // namespace caf::raft

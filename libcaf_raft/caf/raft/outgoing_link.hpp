#pragma once

#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/transport.hpp"
#include "caf/raft/wire/frame.hpp"

#include <optional>
#include <string>

namespace caf::raft {

/// What may wait for the other side before a connection is given up.
inline constexpr size_t max_outstanding_bytes = 64 << 20;

/// The protocol of a connection that we opened, over any stream of bytes:
/// hello, then `welcome` or `refusal` comes back, then frames go out, one way.
class outgoing_link {
public:
  /// Who hears what becomes of the link.
  class listener {
  public:
    virtual ~listener();

    /// The handshake is done; frames go out from now on.
    virtual void on_up(const welcome& remote) = 0;

    /// Said once and last. The link has closed the stream, if it was not the
    /// stream that ended.
    virtual void on_down(const link_down& why) = 0;
  };

  /// @param me `me.to` is whom we expect to find there.
  outgoing_link(byte_stream& stream, listener& owner, hello me);

  /// Says hello. The stream may still be connecting, if it keeps what it is
  /// given.
  void start();

  /// Drops the frame unless the link is up. Closes the link when too much waits
  /// besides one frame of the largest size so far, which must get through
  /// however large it is.
  void send(const wire::frame_ptr& what);

  void on_bytes(bytes_view arrived);

  /// The stream ended by itself or was never made.
  void on_closed(const std::string& reason);

  /// Ends the link unless the handshake is done. The host calls it
  /// `handshake_timeout` after the start.
  void on_handshake_deadline();

  /// Ends the link; what was sent before still goes out.
  void close(const std::string& reason);

private:
  enum class state_t : uint8_t { handshake, up, down };

  void on_frame(const wire::received_frame& what);
  void on_welcome(const welcome& msg);
  void end(const link_down& why);

  byte_stream& stream_;
  listener& owner_;
  hello me_;
  wire::frame_reader reader_;
  state_t state_ = state_t::handshake;
  size_t largest_ = 0;
};

} // namespace caf::raft

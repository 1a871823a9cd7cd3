#pragma once

#include "kvnode/http_message.hpp"

#include <memory>

namespace kvnode {

/// Makes requests of what comes over a connection; knows no socket. Boost.Beast
/// does the reading.
class http_parser {
public:
  struct limits {
    /// Of the first line and the header together, about: has room for two
    /// keys, percent-encoded.
    size_t max_header = 32 << 10;
    size_t max_body = 1 << 20;
  };

  enum class state_t : uint8_t {
    /// More bytes are needed.
    incomplete,
    /// `request()` is there.
    complete,
    /// Not HTTP, or too large: `refusal()` says so. Nothing more can be read.
    broken,
  };

  struct progress {
    state_t state;
    /// What comes next has to begin behind so many bytes of what was given.
    size_t consumed;
  };

  explicit http_parser(limits bounds);

  ~http_parser();

  /// Takes what has arrived: all that was not consumed so far, and at least one
  /// byte more than last time.
  progress feed(std::string_view arrived);

  /// @pre `feed` said that it is complete. Valid until `next`.
  http_request request() const;

  /// Starts with the next request.
  void next();

  /// @pre `feed` said that it is broken.
  http_answer refusal() const;

  /// Whether a request has begun and is not complete.
  bool in_request() const;

  /// Whether the client waits to be told before it sends the body.
  bool awaits_continue() const;

  /// How much of the body is known to be missing, in bytes.
  uint64_t body_left() const;

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

} // namespace kvnode

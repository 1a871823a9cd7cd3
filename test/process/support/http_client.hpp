#pragma once

#include "process/support/socket.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harness {

/// What became of a request.
enum class outcome {
  /// There is an answer.
  answered,
  /// The server was never reached: nothing has happened.
  not_sent,
  /// It may have reached the server, which went away.
  broken,
  /// It may have reached the server, which did not answer in time.
  timed_out,
};

struct http_answer {
  outcome what = outcome::not_sent;
  int status = 0;
  /// Names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The value of a header; empty if there is none.
  std::string header(std::string_view name) const;
};

/// "204", or why there is no answer.
std::string to_string(const http_answer& answer);

struct http_request {
  std::string method = "GET";
  std::string target = "/";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Talks HTTP/1.1 to one port of 127.0.0.1 over a connection that it keeps, and
/// makes anew where it was lost. For one thread.
class http_client {
public:
  explicit http_client(uint16_t port, milliseconds limit = seconds(10));
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;
  ~http_client();

  /// Sends a request once and waits for the answer, up to the client's limit. A
  /// request on a kept connection that the server had closed meanwhile counts as
  /// `broken`.
  http_answer send(const http_request& request);

  http_answer get(std::string target);
  http_answer put(std::string target, std::string body);
  http_answer remove(std::string target);
  http_answer post(std::string target, std::string body = {});

  /// Closes the connection.
  void disconnect();

  uint16_t port() const {
    return port_;
  }

private:
  http_answer receive(bool head, const deadline& limit);

  uint16_t port_;
  milliseconds limit_;
  file_descriptor fd_;
  /// Received and not yet used.
  std::string buffer_;
};

/// Sends bytes as they are, over a connection of their own.
/// @returns What came back until the server closed or `limit` passed.
std::string send_raw(uint16_t port, std::string_view bytes, milliseconds limit);

/// As above, but is content with the header of an answer.
std::string header_after(uint16_t port, std::string_view bytes,
                         milliseconds limit);

} // namespace harness

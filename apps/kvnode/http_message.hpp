#pragma once

// HTTP requests and answers as values, without sockets and parsers.

#include "kvnode/kv_codec.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kvnode {

enum class http_method : uint8_t { get, head, put, post, del, other };

/// A request that arrived in full. Points into the parser.
struct http_request {
  http_method method = http_method::get;
  /// As it stands in the first line.
  std::string_view target;
  std::optional<std::string_view> if_match;
  std::optional<std::string_view> if_none_match;
  std::string_view body;
  bool keep_alive = true;
  /// HTTP/1.0: a client that wants to keep the connection waits to be told.
  bool http_1_0 = false;
};

struct http_answer {
  enum class content_t : uint8_t { none, json, octets };

  unsigned status = 200;
  content_t content = content_t::none;
  /// The body, if it is made for this answer.
  std::string text;
  /// The body, if it stands somewhere else.
  std::string_view view;
  /// The ETag.
  std::optional<version_t> version;
  /// The methods that the target takes, maybe none; points to a literal.
  std::optional<std::string_view> allow;
  /// What stands in Server-Timing; empty: it is left out.
  std::string timing{};

  std::string_view body() const {
    return text.empty() ? view : std::string_view{text};
  }
};

/// How an answer is written, by what its request was.
struct answer_form {
  /// Of a HEAD request: no body.
  bool head = false;
  /// The last one on its connection.
  bool last = false;
  bool http_1_0 = false;
};

/// Writes an answer as it goes over the wire.
void append(std::string& to, const http_answer& what, const answer_form& form);

/// Makes an answer of JSON text.
http_answer json_answer(std::string text);

/// Makes the answer for what was not done: `{"error":"CODE","message":"TEXT"}`.
http_answer error_answer(unsigned status, std::string_view code,
                         std::string_view message);

} // namespace kvnode

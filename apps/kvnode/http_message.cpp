#include "kvnode/http_message.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace kvnode {

namespace {

std::string_view status_line(unsigned status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 412:
      return "HTTP/1.1 412 Precondition Failed\r\n";
    case 413:
      return "HTTP/1.1 413 Payload Too Large\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 504:
      return "HTTP/1.1 504 Gateway Timeout\r\n";
    default:
      return "HTTP/1.1 503 Service Unavailable\r\n";
  }
}

} // namespace

void append(std::string& to, const http_answer& what, const answer_form& form) {
  auto out = std::back_inserter(to);
  to += status_line(what.status);
  if (what.version)
    fmt::format_to(out, "ETag: \"{}\"\r\n", what.version->value);
  if (what.allow)
    fmt::format_to(out, "Allow: {}\r\n", *what.allow);
  if (!what.timing.empty())
    fmt::format_to(out, "Server-Timing: {}\r\n", what.timing);
  if (what.status == 429 || what.status == 503)
    to += "Retry-After: 1\r\n";
  if (form.last)
    to += "Connection: close\r\n";
  else if (form.http_1_0)
    to += "Connection: keep-alive\r\n";
  if (what.content == http_answer::content_t::json)
    to += "Content-Type: application/json\r\n";
  else if (what.content == http_answer::content_t::octets)
    to += "Content-Type: application/octet-stream\r\n";
  // An answer without content has no length either (RFC 9110, 8.6).
  if (what.status != 204 && what.status != 304)
    fmt::format_to(out, "Content-Length: {}\r\n", what.body().size());
  to += "\r\n";
  if (!form.head)
    to += what.body();
}

http_answer json_answer(std::string text) {
  http_answer result;
  result.content = http_answer::content_t::json;
  result.text = std::move(text);
  return result;
}

http_answer error_answer(unsigned status, std::string_view code,
                         std::string_view message) {
  using json = nlohmann::ordered_json;
  json content{{"error", code}, {"message", message}};
  // Messages may quote what a client sent.
  auto text = content.dump(-1, ' ', false, json::error_handler_t::replace);
  auto result = json_answer(std::move(text));
  result.status = status;
  return result;
}

} // namespace kvnode

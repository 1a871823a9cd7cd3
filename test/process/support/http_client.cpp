#include "process/support/http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cctype>

namespace harness {

namespace http = boost::beast::http;

namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string text_of(const http_request& request, uint16_t port) {
  auto result = request.method + " " + request.target + " HTTP/1.1\r\n";
  result += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  for (const auto& [name, value] : request.headers)
    result += name + ": " + value + "\r\n";
  if (!request.body.empty() || request.method == "PUT"
      || request.method == "POST")
    result += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return result + "\r\n" + request.body;
}

using parser_type = http::response_parser<http::string_body>;

/// Feeds the parser.
/// @returns Whether the message is complete; nothing if it is not HTTP.
std::optional<bool> feed(parser_type& parser, std::string& buffer) {
  while (!buffer.empty() && !parser.is_done()) {
    boost::beast::error_code code;
    auto used = parser.put(boost::asio::buffer(buffer), code);
    buffer.erase(0, used);
    if (code == http::error::need_more)
      return false;
    if (code)
      return std::nullopt;
  }
  return parser.is_done();
}

http_answer answer_of(parser_type& parser) {
  http_answer result;
  result.what = outcome::answered;
  result.status = parser.get().result_int();
  for (const auto& field : parser.get())
    result.headers.emplace_back(lower_case(std::string{field.name_string()}),
                                std::string{field.value()});
  result.body = std::move(parser.get().body());
  return result;
}

http_answer no_answer(outcome what) {
  http_answer result;
  result.what = what;
  return result;
}

} // namespace

std::string http_answer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name)
      return value;
  return {};
}

std::string to_string(const http_answer& answer) {
  switch (answer.what) {
    case outcome::answered:
      return std::to_string(answer.status);
    case outcome::not_sent:
      return "not sent";
    case outcome::broken:
      return "connection lost";
    case outcome::timed_out:
      break;
  }
  return "no answer in time";
}

http_client::http_client(uint16_t port, milliseconds limit)
  : port_(port),
    limit_(limit) {
  // nop
}

http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;
http_client::~http_client() = default;

http_answer http_client::send(const http_request& request) {
  deadline limit{limit_};
  if (!fd_) {
    buffer_.clear();
    fd_ = connect_to(port_, limit);
    if (!fd_)
      return no_answer(outcome::not_sent);
  }
  if (!send_all(fd_.get(), text_of(request, port_), limit)) {
    disconnect();
    return no_answer(limit.passed() ? outcome::timed_out : outcome::broken);
  }
  auto result = receive(request.method == "HEAD", limit);
  if (result.what != outcome::answered
      || result.header("connection") == "close")
    disconnect();
  return result;
}

http_answer http_client::receive(bool head, const deadline& limit) {
  parser_type parser;
  parser.eager(true);
  parser.skip(head);
  parser.body_limit(size_t{1} << 30);
  for (;;) {
    auto complete = feed(parser, buffer_);
    if (!complete)
      return no_answer(outcome::broken);
    if (*complete && parser.get().result_int() >= 200)
      return answer_of(parser);
    if (*complete)
      return receive(head, limit); // It was "100 Continue".
    switch (receive_some(fd_.get(), buffer_, limit)) {
      case received::bytes:
        break;
      case received::timed_out:
        return no_answer(outcome::timed_out);
      default:
        return no_answer(outcome::broken);
    }
  }
}

http_answer http_client::get(std::string target) {
  return send({.method = "GET", .target = std::move(target)});
}

http_answer http_client::put(std::string target, std::string body) {
  return send({"PUT", std::move(target), std::move(body)});
}

http_answer http_client::remove(std::string target) {
  return send({.method = "DELETE", .target = std::move(target)});
}

http_answer http_client::post(std::string target, std::string body) {
  return send({"POST", std::move(target), std::move(body)});
}

void http_client::disconnect() {
  fd_.reset();
  buffer_.clear();
}

namespace {

std::string raw_answer(uint16_t port, std::string_view bytes,
                       milliseconds limit, std::string_view end) {
  deadline until{limit};
  auto fd = connect_to(port, until);
  std::string result;
  if (fd && send_all(fd.get(), bytes, until))
    while (end.empty() || result.find(end) == result.npos)
      if (receive_some(fd.get(), result, until) != received::bytes)
        break;
  return result;
}

} // namespace

std::string send_raw(uint16_t port, std::string_view bytes,
                     milliseconds limit) {
  return raw_answer(port, bytes, limit, {});
}

std::string header_after(uint16_t port, std::string_view bytes,
                         milliseconds limit) {
  return raw_answer(port, bytes, limit, "\r\n\r\n");
}

} // namespace harness
